/** The register-tiled implicit matrix product without workgroup memory: one dispatch, takes every convolution. */
import type { ConvAlgorithm } from "./conv-algorithm";
import { conv2d } from "./conv2d";

/** Variants: output pixels of one invocation. */
export const direct: ConvAlgorithm = {
  name: "direct",
  readsSlices: true,
  variants: () => ["4", "8"],
  plan(params, variant) {
    const plan = conv2d.plan({ ...params, variant: { tile: variant === "8" ? 8 : 4 } });
    const operands = { src: "src", weights: "weights", bias: "bias", dst: "dst" } as const;
    return {
      steps: [{ kernel: "conv2d", plan, operands: params.residual ? { ...operands, residual: "residual" } : operands }],
    };
  },
};
