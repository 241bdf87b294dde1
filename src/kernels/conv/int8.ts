/** The register-tiled product with weights that stay integers of 8 bits on the GPU: the same numbers, a quarter of the bytes. */
import { wholeStep, type ConvAlgorithm } from "./algorithm";
import { convDirect, pixelsOf } from "./direct";

/** As convDirect, with `weights: "int8"`. */
export const convInt8 = convDirect;

/** Variants: output pixels of one invocation. */
export const int8: ConvAlgorithm = {
  name: "int8",
  readsSlices: true,
  // After upsampling, weights are summed, which needs more bits.
  variants: (params) => (params.int8 && !params.upsample ? ["4", "8"] : []),
  plan(params, variant) {
    const plan = convInt8.plan({ ...params, pixels: pixelsOf(variant), weights: "int8" });
    return { steps: [wholeStep("convInt8", plan, params)] };
  },
};
