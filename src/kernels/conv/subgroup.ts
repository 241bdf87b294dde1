/** Implicit matrix product whose lanes broadcast src to each other, for GPUs with subgroups. */
import wgsl from "../../../shaders/conv/subgroup.wgsl?raw";
import { KernelError } from "../../errors";
import type { ConvAlgorithm } from "./algorithm";
import { gatherLibs, gatherPlan, gathersVectors, oneStep } from "./gather";
import { conv2d, type Conv2dParams } from "./conv2d";
import type { Kernel } from "../kernel";

export const convSubgroup: Omit<Kernel<Conv2dParams>, "plan"> = {
  name: "conv-subgroup",
  wgsl,
  libs: gatherLibs,
  bindings: conv2d.bindings,
};

/** As the shader needs. Fewer are rare: SwiftShader has 4, and compiles this for minutes. */
const LEAST_LANES = 8;
/** Invocations of a workgroup, each with 4 output channels of 8 pixels. */
const LANES: Readonly<Record<string, number>> = { "8x32": 8, "8x128": 32 };

/** Variants: output pixels x channels of a workgroup, which is no smaller than a subgroup. */
export const subgroup: ConvAlgorithm = {
  name: "subgroup",
  readsSlices: true,
  variants(params, { features, subgroupMinSize: least = 0 }) {
    if (!features.has("subgroups") || least < LEAST_LANES || !gathersVectors(params)) return [];
    return Object.keys(LANES).filter((variant) => LANES[variant]! >= least);
  },
  plan(params, variant) {
    const lanes = LANES[variant];
    if (!lanes || !gathersVectors(params))
      throw new KernelError("conv-subgroup", `one of ${Object.keys(LANES).join(", ")}, channels in fours`, variant);
    const plan = gatherPlan(params, 8, 4 * lanes, { LANES: lanes });
    const weights = { ...plan.packing!["weights"]!, block: 4 * lanes };
    return oneStep("convSubgroup", { ...plan, packing: { ...plan.packing, weights } }, params);
  },
};
