/** The direct algorithm with weights stored as f16 on every adapter; storage of src and dst and arithmetic do not change. */
import { wholeStep, type ConvAlgorithm } from "./algorithm";
import { convDirect, pixelsOf } from "./direct";
import { phasesOf } from "./phases";

/** One variant, "4": output pixels per invocation. */
export const halfWeights: ConvAlgorithm = {
  name: "half-weights",
  readsSlices: true,
  // Never offered for speed, because it rounds weights: only precision "f16-weights" chooses it.
  variants: () => [],
  plan: (params, variant) => ({
    steps: phasesOf(params).map((phase) => {
      const plan = convDirect.plan({ ...phase, pixels: pixelsOf(variant), weights: "half" });
      return wholeStep("convHalfWeights", plan, params);
    }),
  }),
};
