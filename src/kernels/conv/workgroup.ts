/** Implicit matrix product with tiles in workgroup memory. For GPUs: barriers are very slow on software drivers. */
import wgsl from "../../../shaders/conv/workgroup.wgsl?raw";
import { KernelError } from "../../base/errors";
import type { AnyKernel, KernelPlan } from "../kernel";
import { wholeStep, type ConvAlgorithm } from "./algorithm";
import { CONV_BINDINGS } from "./epilogue";
import { gatherPlan, gathersVectors } from "./gather";
import type { Conv2dParams } from "./params";

export const convWorkgroup: AnyKernel = { name: "conv/workgroup", wgsl, bindings: CONV_BINDINGS };

/** By variant, "output pixels x channels" per workgroup: [pixels per invocation, invocations along pixels, along blocks of 8 channels]. */
const TILES: Readonly<Record<string, readonly [4 | 8, number, number]>> = {
  "32x64": [4, 8, 8],
  "64x64": [8, 8, 8],
  "128x64": [8, 16, 8],
};

/** Bytes of workgroup memory: 5/4 of the left tile, the right tile, an index for each pixel. */
function workgroupBytes([pixels, x, y]: readonly [number, number, number]): number {
  return 16 * (pixels * x * 5 + y * 32) + 4 * pixels * x;
}

export function workgroupPlan(params: Conv2dParams, variant: string, halfProducts = false): KernelPlan {
  const tile = TILES[variant];
  if (!tile || !gathersVectors(params))
    throw new KernelError("workgroup", `one of ${Object.keys(TILES).join(", ")}, channels in fours`, variant);
  const [pixels, x, y] = tile;
  return gatherPlan(params, {
    pixels: pixels * x,
    channels: 8 * y,
    block: 8,
    halfProducts,
    constants: { INVOCATION_PIXELS: pixels, WORKGROUP_X: x, WORKGROUP_Y: y },
    runtime: { GROUP_BLOCKS: Math.ceil(params.outChannels / params.groups / 8) },
    flags: { EIGHT_PIXELS: pixels === 8 },
  });
}

/** Variants: output pixels x output channels per workgroup. */
export const workgroup: ConvAlgorithm = {
  name: "workgroup",
  readsSlices: true,
  variants(params, device) {
    if (!gathersVectors(params)) return [];
    const fitting = Object.keys(TILES).filter((variant) => workgroupBytes(TILES[variant]!) <= device.workgroupBytes);
    // Large tiles need many pixels to keep a GPU busy.
    return params.batch * params.outHeight * params.outWidth < 4096 ? fitting : fitting.reverse();
  },
  plan: (params, variant) => ({ steps: [wholeStep("convWorkgroup", workgroupPlan(params, variant), params)] }),
};
