/** Products in f16, four of them summed there before they are added to a sum of f32: on many GPUs twice as fast as in f32. */
import { KernelError } from "../../base/errors";
import { wholeStep, type ConvAlgorithm } from "./algorithm";
import { convDirect, direct, pixelsOf } from "./direct";
import { phasesOf } from "./phases";
import { convWorkgroup, workgroup, workgroupPlan } from "./workgroup";

/** As convDirect, with `halfProducts`. */
export const convHalf = convDirect;
/** As convWorkgroup, likewise. */
export const convHalfWorkgroup = convWorkgroup;

/**
 * Variants: those of `direct` and of `workgroup`, where src and weights are stored in f16. Sums of four products must
 * stay below 65,504.
 */
export const half: ConvAlgorithm = {
  name: "half",
  readsSlices: true,
  variants: (params, device) =>
    params.elem === "f16" ? [direct, workgroup].flatMap(({ variants }) => variants(params, device)) : [],
  plan(params, variant) {
    if (params.elem !== "f16") throw new KernelError("half", "src and weights in f16", params.elem);
    if (variant.includes("x"))
      return { steps: [wholeStep("convHalfWorkgroup", workgroupPlan(params, variant, true), params)] };
    return {
      steps: phasesOf(params).map((phase) => {
        const plan = convHalf.plan({ ...phase, pixels: pixelsOf(variant), halfProducts: true });
        return wholeStep("convHalf", plan, params);
      }),
    };
  },
};
