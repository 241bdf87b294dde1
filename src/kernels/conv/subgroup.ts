/** Implicit matrix product in which lanes of a subgroup broadcast src to each other, for GPUs with subgroups. */
import wgsl from "../../../shaders/conv/subgroup.wgsl?raw";
import { KernelError } from "../../base/errors";
import type { AnyKernel, KernelPlan } from "../kernel";
import { wholeStep, type ConvAlgorithm } from "./algorithm";
import { CONV_BINDINGS } from "./epilogue";
import { gatherPlan, gathersVectors } from "./gather";
import type { ConvStepParams } from "./params";

export const convSubgroup: AnyKernel = { name: "conv/subgroup", wgsl, bindings: CONV_BINDINGS };

/** The smallest subgroup that the shader supports. Smaller ones are rare: SwiftShader has 4, and compiles this for minutes. */
const LEAST_LANES = 8;
/** Invocations per workgroup by variant; each computes 4 output channels of 8 pixels. */
const INVOCATIONS: Readonly<Record<string, number>> = { "8x32": 8, "8x128": 32 };

/** The plan of convSubgroup; Winograd also uses it for its products. */
export function subgroupPlan(params: ConvStepParams, variant: string): KernelPlan {
  const invocations = INVOCATIONS[variant];
  if (!invocations || !gathersVectors(params))
    throw new KernelError("subgroup", `one of ${Object.keys(INVOCATIONS).join(", ")}, channels in fours`, variant);
  const channels = 4 * invocations;
  return gatherPlan(params, { pixels: 8, channels, block: channels, constants: { WORKGROUP_X: invocations } });
}

/** Variants: output pixels x output channels per workgroup. A workgroup has at least as many invocations as a subgroup. */
export const subgroup: ConvAlgorithm = {
  name: "subgroup",
  readsSlices: true,
  variants(params, { features, subgroupMinSize: least = 0 }) {
    if (!features.has("subgroups") || least < LEAST_LANES || !gathersVectors(params)) return [];
    return Object.keys(INVOCATIONS).filter((variant) => INVOCATIONS[variant]! >= least);
  },
  plan: (params, variant) => ({ steps: [wholeStep("convSubgroup", subgroupPlan(params, variant), params)] }),
};
