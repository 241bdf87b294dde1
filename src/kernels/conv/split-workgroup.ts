/**
 * Split-K inside a workgroup, for convolutions with few output pixels and many input channels: as `split`, but without a second
 * dispatch and without storing the parts. For GPUs: barriers are very slow on software drivers.
 */
import wgsl from "../../../shaders/conv/split-workgroup.wgsl?raw";
import { KernelError } from "../../base/errors";
import type { AnyKernel, KernelPlan } from "../kernel";
import { wholeStep, type ConvAlgorithm } from "./algorithm";
import { CONV_BINDINGS } from "./epilogue";
import { gatherPlan, gathersVectors } from "./gather";
import { convSizes, type Conv2dParams } from "./params";

export const convSplitWorkgroup: AnyKernel = { name: "conv/split-workgroup", wgsl, bindings: CONV_BINDINGS };

/** By variant: [parts, pieces of 4 pixels, blocks of 8 output channels] of a workgroup, which has 64 invocations and 8 KiB. */
const FORMS: Readonly<Record<string, readonly [number, number, number]>> = {
  "8": [8, 2, 4],
  "16": [16, 2, 2],
  "32": [32, 2, 1],
};
/** With more output pixels there are enough workgroups without parts. */
const MOST_PIXELS = 512;
/** Steps of four input channels that a part has at least, so that adding the parts costs little. */
const LEAST_STEPS = 4;

function splits(params: Conv2dParams, parts: number): boolean {
  if (!gathersVectors(params)) return false;
  const { pixels, taps, groupIn } = convSizes(params);
  const steps = groupIn / 4;
  return pixels <= MOST_PIXELS && steps >= parts && taps * steps >= LEAST_STEPS * parts;
}

export function splitWorkgroupPlan(params: Conv2dParams, variant: string): KernelPlan {
  const form = FORMS[variant];
  if (!form || !gathersVectors(params))
    throw new KernelError("split-workgroup", `one of ${Object.keys(FORMS).join(", ")}, channels in fours`, variant);
  const [parts, x, y] = form;
  return gatherPlan(params, {
    ...{ pixels: 4 * x, channels: 8 * y, block: 8 },
    constants: { SPLITS: parts, WORKGROUP_X: x, WORKGROUP_Y: y },
    runtime: { GROUP_BLOCKS: Math.ceil(params.outChannels / params.groups / 8) },
  });
}

/** Variants: number of parts. */
export const splitWorkgroup: ConvAlgorithm = {
  name: "split-workgroup",
  readsSlices: true,
  variants: (params, { software }) =>
    software ? [] : Object.keys(FORMS).filter((variant) => splits(params, FORMS[variant]![0])),
  plan: (params, variant) => ({
    steps: [wholeStep("convSplitWorkgroup", splitWorkgroupPlan(params, variant), params)],
  }),
};
