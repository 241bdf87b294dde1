/** `workgroup` with double buffering: the next tile is loaded while one is multiplied. For GPUs: barriers are very slow on software drivers. */
import wgsl from "../../../shaders/conv/prefetch.wgsl?raw";
import { KernelError } from "../../base/errors";
import type { AnyKernel, KernelPlan } from "../kernel";
import { wholeStep, type ConvAlgorithm } from "./algorithm";
import { CONV_BINDINGS } from "./epilogue";
import { gatherPlan, gathersVectors } from "./gather";
import { convSizes, type Conv2dParams } from "./params";

export const convPrefetch: AnyKernel = { name: "conv/prefetch", wgsl, bindings: CONV_BINDINGS };

/** Invocations along pixels by variant: "output pixels x channels" per workgroup, whose memory is at most 14 KiB. */
const WORKGROUP_X: Readonly<Record<string, 8 | 16>> = { "64x64": 8, "128x64": 16 };
/** Tiles of 16 input channels under all taps from which on there is a next tile most of the time. */
const LEAST_TILES = 4;

export function prefetchPlan(params: Conv2dParams, variant: string): KernelPlan {
  const x = WORKGROUP_X[variant];
  if (!x || !gathersVectors(params))
    throw new KernelError("prefetch", `one of ${Object.keys(WORKGROUP_X).join(", ")}, channels in fours`, variant);
  return gatherPlan(params, {
    ...{ pixels: 8 * x, channels: 64, block: 8 },
    constants: { WORKGROUP_X: x },
    runtime: { GROUP_BLOCKS: Math.ceil(params.outChannels / params.groups / 8) },
    flags: { WIDE: x === 16 },
  });
}

/** Variants: output pixels x output channels per workgroup. */
export const prefetch: ConvAlgorithm = {
  name: "prefetch",
  readsSlices: true,
  variants(params, { software }) {
    if (software || !gathersVectors(params)) return [];
    const { pixels, taps, groupIn, groupOut } = convSizes(params);
    if (taps * Math.ceil(groupIn / 16) < LEAST_TILES || groupOut < 32) return [];
    // Large tiles need many pixels to keep a GPU busy.
    return pixels < 4096 ? ["64x64", "128x64"] : ["128x64", "64x64"];
  },
  plan: (params, variant) => ({ steps: [wholeStep("convPrefetch", prefetchPlan(params, variant), params)] }),
};
