/** The register-tiled product with weights that stay integers of 8 bits on the GPU: the same numbers, a quarter of the bytes. */
import type { ConvAlgorithm } from "./algorithm";
import { conv2d } from "./conv2d";

/** Variants: output pixels of one invocation. */
export const int8: ConvAlgorithm = {
  name: "int8",
  readsSlices: true,
  // After upsampling, weights are summed, which needs more bits.
  variants: (params) => (params.int8 && !params.upsample ? ["4", "8"] : []),
  plan(params, variant) {
    const plan = conv2d.plan({ ...params, variant: { tile: variant === "8" ? 8 : 4, int8: true } });
    const operands = { src: "src", weights: "weights", bias: "bias", dst: "dst" } as const;
    return {
      steps: [{ kernel: "conv2d", plan, operands: params.residual ? { ...operands, residual: "residual" } : operands }],
    };
  },
};
