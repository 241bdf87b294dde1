/** Implicit matrix product whose lanes broadcast src to each other, for GPUs with subgroups. */
import wgsl from "../../shaders/conv-subgroup.wgsl?raw";
import { KernelError } from "../errors";
import type { ConvAlgorithm } from "./conv-algorithm";
import { gatherLibs, gatherPlan, gathersVectors, oneStep } from "./conv-gather";
import { conv2d, type Conv2dParams } from "./conv2d";
import type { Kernel } from "./kernel";

export const convSubgroup: Omit<Kernel<Conv2dParams>, "plan"> = {
  name: "conv-subgroup",
  wgsl,
  libs: gatherLibs,
  bindings: conv2d.bindings,
};

/** Four would do, but of drivers only SwiftShader has so few, which compiles this for minutes. */
const LEAST_LANES = 8;

/** Variants: invocations of a workgroup, each with 4 output channels of 8 pixels. */
export const subgroup: ConvAlgorithm = {
  name: "subgroup",
  readsSlices: true,
  variants: (params, { features, subgroupMinSize = 0 }) =>
    features.has("subgroups") && subgroupMinSize >= LEAST_LANES && gathersVectors(params) ? ["32"] : [],
  plan(params, variant) {
    const LANES = Number(variant);
    if (LANES !== 32 || !gathersVectors(params))
      throw new KernelError("conv-subgroup", "variant 32, channels in fours", variant);
    const plan = gatherPlan(params, 8, 4 * LANES, { LANES });
    const weights = { ...plan.packing!["weights"]!, block: 4 * LANES };
    return oneStep("convSubgroup", { ...plan, packing: { ...plan.packing, weights } }, params);
  },
};
