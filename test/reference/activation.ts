/** Reference of the elementwise functions, in double precision. */
import type { Activation } from "../../src/graph/ir";

/** erf(x) = 2/sqrt(pi) exp(-x^2) sum over n of 2^n x^(2n+1) / (2n+1)!!; every term has one sign, so nothing cancels. */
export function erf(x: number): number {
  if (Math.abs(x) > 6) return Math.sign(x);
  let term = x;
  let sum = x;
  for (let n = 1; Math.abs(term) > 1e-17 * Math.abs(sum); n++) {
    term *= (2 * x * x) / (2 * n + 1);
    sum += term;
  }
  return (2 / Math.sqrt(Math.PI)) * Math.exp(-x * x) * sum;
}

export function activate(activation: Activation, x: number): number {
  switch (activation.fn) {
    case "identity":
      return x;
    case "relu":
      return Math.max(0, x);
    case "sigmoid":
      return 1 / (1 + Math.exp(-x));
    case "tanh":
      return Math.tanh(x);
    case "sqrt":
      return Math.sqrt(x);
    case "exp":
      return Math.exp(x);
    case "abs":
      return Math.abs(x);
    case "neg":
      return -x;
    case "erf":
      return erf(x);
    case "gelu":
      return 0.5 * x * (1 + erf(x / Math.SQRT2));
    case "geluTanh":
      return 0.5 * x * (1 + Math.tanh(Math.sqrt(2 / Math.PI) * (x + 0.044715 * x ** 3)));
    case "log":
      return Math.log(x);
    case "reciprocal":
      return 1 / x;
    case "floor":
      return Math.floor(x);
    case "ceil":
      return Math.ceil(x);
    case "softplus":
      return Math.max(0, x) + Math.log1p(Math.exp(-Math.abs(x)));
    case "leakyRelu":
      return x < 0 ? activation.alpha * x : x;
    case "elu":
      return x < 0 ? activation.alpha * Math.expm1(x) : x;
    case "hardSigmoid":
      return Math.min(1, Math.max(0, activation.alpha * x + activation.beta));
    case "clip":
      return Math.min(activation.max, Math.max(activation.min, x));
    default:
      return activation satisfies never;
  }
}
