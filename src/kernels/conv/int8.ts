/** The direct algorithm with weights stored as 8-bit integers on the GPU: the same values in a quarter of the bytes of f32. */
import { wholeStep, type ConvAlgorithm } from "./algorithm";
import { convDirect, pixelsOf } from "./direct";

/** Variants: output pixels per invocation. */
export const int8: ConvAlgorithm = {
  name: "int8",
  readsSlices: true,
  // Convolutions after upsampling use sums of weights, which need more bits.
  variants: (params) => (params.int8 && !params.upsample ? ["4", "8"] : []),
  plan(params, variant) {
    const plan = convDirect.plan({ ...params, pixels: pixelsOf(variant), weights: "int8" });
    return { steps: [wholeStep("convInt8", plan, params)] };
  },
};
