/** Choices measured on adapters like these, where they differ from the rules. Written by `npm run tune -- --table`. */
import type { ConvChoice } from "../kernels/conv/algorithms";

/** By adapterClass().row, then by shapeKey(). */
export const CONV_TABLE: Readonly<Record<string, Readonly<Record<string, ConvChoice>>>> = {
  llvmpipe: {
    "0x0x0x128 0x0x128 k3x3 s1x1 p0x0 d1x1 g1 f16 pool int8@4096": "subgroup/8x32",
    "0x0x0x128 0x0x256 k4x4 s1x1 p0x0 d1x1 g1 f16 int8@1024": "subgroup/8x32",
    "0x0x0x256 0x0x256 k4x4 s1x1 p0x0 d1x1 g1 f16 int8@256": "winograd/2-subgroup",
    "0x0x0x256 0x0x256 k3x3 s1x1 p0x0 d1x1 g1 f16 int8@256": "winograd/2-subgroup",
    "0x0x0x128 0x0x64 k4x4 s1x1 p0x0 d1x1 g1 f16 up2x2 int8@4096": "direct/4",
  },
};
