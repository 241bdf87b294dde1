/** The host side of shaders/lib/activation.wgsl. */
import type { Constants } from "./kernel";

/** Elementwise functions; the index is the shader's ACTIVATION. */
const ACTIVATION_CODES = [
  "identity",
  "relu",
  "sigmoid",
  "tanh",
  "sqrt",
  "exp",
  "abs",
  "neg",
  "erf",
  "gelu",
  "geluTanh",
  "log",
  "reciprocal",
  "floor",
  "ceil",
  "softplus",
  "leakyRelu",
  "elu",
  "hardSigmoid",
  "clip",
] as const;

/** Has the structure of the graph's Activation; kernels do not import the graph. */
export interface ActivationParams {
  readonly fn: (typeof ACTIVATION_CODES)[number];
  readonly alpha?: number;
  readonly beta?: number;
  readonly min?: number;
  readonly max?: number;
}

/** ACTIVATION, ACT_A and ACT_B for `activate()`. */
export function activationConstants(activation: ActivationParams): Constants {
  return {
    ACTIVATION: ACTIVATION_CODES.indexOf(activation.fn),
    ACT_A: activation.alpha ?? activation.min ?? 0,
    ACT_B: activation.beta ?? activation.max ?? 0,
  };
}
