/** Products in f16: sums of four are f16 too and are then added to an f32 sum. Many GPUs compute f16 twice as fast as f32. */
import { KernelError } from "../../base/errors";
import { wholeStep, type ConvAlgorithm } from "./algorithm";
import { convDirect, direct, pixelsOf } from "./direct";
import { phasesOf } from "./phases";
import { workgroup, workgroupPlan } from "./workgroup";

/**
 * Variants: those of `direct` and of `workgroup`, where src and weights are stored in f16. The caller must ensure that sums
 * of four products stay below 65,504.
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
        const plan = convDirect.plan({ ...phase, pixels: pixelsOf(variant), halfProducts: true });
        return wholeStep("convHalf", plan, params);
      }),
    };
  },
};
