/** Implicit matrix product in which lanes of a subgroup broadcast src to each other, for GPUs with subgroups. */
import wgsl from "../../../shaders/conv/subgroup.wgsl?raw";
import { KernelError } from "../../base/errors";
import type { AnyKernel, KernelPlan } from "../kernel";
import { wholeStep, type ConvAlgorithm } from "./algorithm";
import { CONV_BINDINGS } from "./epilogue";
import { gatherPlan, gathersVectors } from "./gather";
import type { Conv2dParams, ConvStepParams } from "./params";

export const convSubgroup: AnyKernel = { name: "conv/subgroup", wgsl, bindings: CONV_BINDINGS };

/** The smallest subgroup that the shader supports. Smaller ones are rare: SwiftShader has 4, and compiles this for minutes. */
const LEAST_LANES = 8;
/**
 * By variant: invocations per workgroup, each of which computes 4 output channels of 8 pixels, and lanes that load different
 * input channels. The more they are, the fewer loads there are for each product, but each of them takes 4 channels.
 */
const FORMS: Readonly<Record<string, readonly [invocations: number, sharing: 8 | 32]>> = {
  "8x32": [8, 8],
  "8x128": [32, 8],
  "8x128-32": [32, 32],
};
/** Input channels that idle lanes may add to those of a group, as a share of these. */
const MOST_IDLE = 1 / 8;

/** The plan of convSubgroup; Winograd also uses it for its products. */
export function subgroupPlan(params: ConvStepParams, variant: string): KernelPlan {
  const form = FORMS[variant];
  if (!form || !gathersVectors(params))
    throw new KernelError("subgroup", `one of ${Object.keys(FORMS).join(", ")}, channels in fours`, variant);
  const [invocations, sharing] = form;
  const channels = 4 * invocations;
  const constants = { WORKGROUP_X: invocations, SHARING: sharing };
  return gatherPlan(params, { pixels: 8, channels, block: channels, constants });
}

/** Whether so many lanes have input channels to load nearly all of the time. */
function keepsBusy({ inChannels, groups }: Conv2dParams, sharing: number): boolean {
  const channels = inChannels / groups;
  const step = 4 * sharing;
  return Math.ceil(channels / step) * step <= (1 + MOST_IDLE) * channels;
}

/**
 * Variants: output pixels x output channels per workgroup, and -32 where 32 lanes share instead of 8. A workgroup has at least as many
 * invocations as a subgroup.
 */
export const subgroup: ConvAlgorithm = {
  name: "subgroup",
  readsSlices: true,
  variants(params, { features, subgroupMinSize: least = 0 }) {
    if (!features.has("subgroups") || least < LEAST_LANES || !gathersVectors(params)) return [];
    return Object.entries(FORMS)
      .filter(([, [invocations, sharing]]) => invocations >= least && sharing <= least)
      .filter(([, [, sharing]]) => sharing === LEAST_LANES || keepsBusy(params, sharing))
      .map(([variant]) => variant);
  },
  plan: (params, variant) => ({ steps: [wholeStep("convSubgroup", subgroupPlan(params, variant), params)] }),
};
