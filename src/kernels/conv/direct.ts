/** The register-tiled implicit matrix product without workgroup memory: takes every convolution, mostly in one dispatch. */
import type { ConvAlgorithm } from "./algorithm";
import { phasesOf } from "./phases";
import { conv2d } from "./conv2d";

/** Variants: output pixels of one invocation. */
export const direct: ConvAlgorithm = {
  name: "direct",
  readsSlices: true,
  variants: () => ["4", "8"],
  plan(params, variant) {
    const operands = { src: "src", weights: "weights", bias: "bias", dst: "dst" } as const;
    return {
      steps: phasesOf(params).map((phase) => ({
        kernel: "conv2d",
        plan: conv2d.plan({ ...phase, variant: { tile: variant === "8" ? 8 : 4 } }),
        operands: params.residual ? { ...operands, residual: "residual" } : operands,
      })),
    };
  },
};
