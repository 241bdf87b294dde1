/** The register-tiled product with weights stored as halves on every adapter: src, dst and products are as always. */
import { wholeStep, type ConvAlgorithm } from "./algorithm";
import { convDirect, pixelsOf } from "./direct";
import { phasesOf } from "./phases";

/** As convDirect, with `weights: "half"`. */
export const convHalfWeights = convDirect;

/** One variant, "4": output pixels of one invocation. */
export const halfWeights: ConvAlgorithm = {
  name: "half-weights",
  readsSlices: true,
  // Weights are rounded where the caller allows it, by precision "f16-weights", and never for speed.
  variants: () => [],
  plan: (params, variant) => ({
    steps: phasesOf(params).map((phase) => {
      const plan = convHalfWeights.plan({ ...phase, pixels: pixelsOf(variant), weights: "half" });
      return wholeStep("convHalfWeights", plan, params);
    }),
  }),
};
