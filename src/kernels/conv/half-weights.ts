/** The register-tiled product with weights stored as halves on every adapter: src, dst and products as always. */
import weightsHalfLib from "../../../shaders/lib/conv-weights-half.wgsl?raw";
import type { ConvAlgorithm } from "./algorithm";
import { direct } from "./direct";
import { conv2d, conv2dWgsl, type Conv2dParams } from "./conv2d";
import { elemBytes, type Kernel, type Packing } from "../kernel";

type ConvPacking = Extract<Packing, { layout: "conv2d" }>;

export const convHalfWeights: Omit<Kernel<Conv2dParams>, "plan"> = {
  ...conv2d,
  wgsl: conv2dWgsl({ weights: weightsHalfLib }),
};

/** One variant, "4": output pixels of one invocation. */
export const halfWeights: ConvAlgorithm = {
  name: "half-weights",
  readsSlices: true,
  // Rounding weights is for the caller to allow, by precision "f16-weights"; it is no way to be chosen for speed.
  variants: () => [],
  plan(params, variant) {
    const { steps } = direct.plan(params, variant);
    return {
      steps: steps.map((step) => {
        const packing = { ...step.plan.packing!["weights"]!, elem: "f16" } as ConvPacking;
        const count = packing.taps * packing.inChannels * packing.outChannels;
        const bytes = step.plan.bytes - count * (elemBytes(params.elem) - elemBytes("f16"));
        const plan = { ...step.plan, bytes, packing: { ...step.plan.packing, weights: packing } };
        return { ...step, kernel: "convHalfWeights", plan };
      }),
    };
  },
};
