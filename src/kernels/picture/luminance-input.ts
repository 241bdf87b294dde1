/** Writes L* into a network's input: scaled, repeated over channels, padded. */
import wgsl from "../../../shaders/picture/luminance-input.wgsl?raw";
import { KernelError } from "../../base/errors";
import { elemBytes, type Elem, type Kernel } from "../kernel";
import type { Size } from "../../base/size";
import { pictureGrid } from "./grid";

export interface LuminanceInputParams {
  readonly size: Size;
  /** At least `size`; the last column and row are repeated. */
  readonly padded: Size;
  /** Number of channels, all equal (NCHW). */
  readonly channels: number;
  /** "lightness": value = L*, 0 to 100. "grey": value = the sRGB component of the grey with this L*, 0 to 1. */
  readonly value: "lightness" | "grey";
  /** dst = value x scale + offset. */
  readonly scale: number;
  readonly offset: number;
  /** dst has one sample for the mean of reduction x reduction; 1 (default): for each. It divides `padded`. */
  readonly reduction?: number;
  readonly elem: Elem;
}

/** src: f32 [height, width] -> dst: [1, channels, padded.height / reduction, padded.width / reduction]. */
export const luminanceInput: Kernel<LuminanceInputParams> = {
  name: "picture/luminance-input",
  wgsl,
  bindings: { src: "read", dst: "write" },
  plan({ size, padded, channels, value, scale, offset, reduction = 1, elem }) {
    if (padded.width < size.width || padded.height < size.height)
      throw new KernelError(
        "luminance-input",
        `padding to at least ${size.width} x ${size.height}`,
        `${padded.width} x ${padded.height}`,
      );
    const out = { width: padded.width / reduction, height: padded.height / reduction };
    const count = out.width * out.height;
    return {
      constants: { elem, CHANNELS: channels, SCALE: scale, OFFSET: offset },
      runtime: {
        ...{ SRC_W: size.width, SRC_H: size.height, DST_W: out.width, DST_H: out.height },
        REDUCTION: reduction,
      },
      flags: { GREY: value === "grey" },
      grid: pictureGrid("luminance-input", out),
      flops: (1 + reduction ** 2) * count,
      bytes: 4 * size.width * size.height + channels * count * elemBytes(elem),
    };
  },
};
