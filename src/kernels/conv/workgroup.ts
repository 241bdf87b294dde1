/** Implicit matrix product with tiles in workgroup memory, for GPUs: barriers are very slow on software drivers. */
import wgsl from "../../../shaders/conv/workgroup.wgsl?raw";
import { KernelError } from "../../errors";
import type { ConvAlgorithm } from "./algorithm";
import { gatherLibs, gatherPlan, gathersVectors, oneStep } from "./gather";
import { conv2d, type Conv2dParams } from "./conv2d";
import type { Kernel, KernelPlan } from "../kernel";

/** Output pixels x channels of a workgroup: [pixels of an invocation, invocations along pixels, along blocks of 8 channels]. */
const TILES: Readonly<Record<string, readonly [4 | 8, number, number]>> = {
  "32x64": [4, 8, 8],
  "64x64": [8, 8, 8],
  "128x64": [8, 16, 8],
};

/** Bytes of workgroup memory: 5/4 of the left tile, the right tile, an index for each pixel. */
function workgroupBytes([rows, x, y]: readonly [number, number, number]): number {
  return 16 * (rows * x * 5 + y * 32) + 4 * rows * x;
}

export function workgroupPlan(params: Conv2dParams, variant: string): KernelPlan {
  const tile = TILES[variant];
  if (!tile || !gathersVectors(params))
    throw new KernelError("conv-workgroup", `one of ${Object.keys(TILES).join(", ")}, channels in fours`, variant);
  const [ROWS, GROUP_X, GROUP_Y] = tile;
  const GROUP_BLOCKS = Math.ceil(params.outChannels / params.groups / 8);
  const plan = gatherPlan(params, ROWS * GROUP_X, 8 * GROUP_Y, { ROWS, GROUP_X, GROUP_Y, GROUP_BLOCKS });
  return { ...plan, runtime: [...plan.runtime!, "GROUP_BLOCKS"], flags: { ...plan.flags, WIDE: ROWS === 8 } };
}

export const convWorkgroup: Omit<Kernel<Conv2dParams>, "plan"> = {
  name: "conv-workgroup",
  wgsl,
  libs: gatherLibs,
  bindings: conv2d.bindings,
};

/** Variants: output pixels x channels of a workgroup. */
export const workgroup: ConvAlgorithm = {
  name: "workgroup",
  readsSlices: true,
  variants(params, device) {
    if (!gathersVectors(params)) return [];
    const fitting = Object.keys(TILES).filter((variant) => workgroupBytes(TILES[variant]!) <= device.workgroupBytes);
    // Large tiles need many pixels to keep a GPU busy.
    return params.batch * params.outHeight * params.outWidth < 4096 ? fitting : fitting.reverse();
  },
  plan: (params, variant) => oneStep("convWorkgroup", workgroupPlan(params, variant), params),
};
