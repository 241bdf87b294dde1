/** The elementwise functions on single numbers, in double precision: for folding constants. */
import type { Activation, BinaryFn } from "../ir";

/** erf(x) = 2/sqrt(pi) exp(-x^2) sum of 2^n x^(2n+1) / (2n+1)!! (Abramowitz and Stegun 7.1.6). */
function erf(x: number): number {
  if (Math.abs(x) > 6) return Math.sign(x);
  let sum = x;
  for (let n = 1, term = x; Math.abs(term) > 1e-17 * Math.abs(sum); n++) sum += term *= (2 * x * x) / (2 * n + 1);
  return (2 / Math.sqrt(Math.PI)) * Math.exp(-x * x) * sum;
}

/** An activation as a function of one number. */
export function scalarActivation(activation: Activation): (x: number) => number {
  switch (activation.fn) {
    case "identity":
      return (x) => x;
    case "relu":
      return (x) => Math.max(0, x);
    case "sigmoid":
      return (x) => 1 / (1 + Math.exp(-x));
    case "tanh":
      return Math.tanh;
    case "sqrt":
      return Math.sqrt;
    case "exp":
      return Math.exp;
    case "abs":
      return Math.abs;
    case "neg":
      return (x) => -x;
    case "erf":
      return erf;
    case "gelu":
      return (x) => 0.5 * x * (1 + erf(x / Math.SQRT2));
    case "geluTanh":
      return (x) => 0.5 * x * (1 + Math.tanh(Math.sqrt(2 / Math.PI) * (x + 0.044715 * x ** 3)));
    case "log":
      return Math.log;
    case "reciprocal":
      return (x) => 1 / x;
    case "floor":
      return Math.floor;
    case "ceil":
      return Math.ceil;
    case "softplus":
      return (x) => Math.max(0, x) + Math.log1p(Math.exp(-Math.abs(x)));
    case "leakyRelu":
      return (x) => (x < 0 ? activation.alpha * x : x);
    case "elu":
      return (x) => (x < 0 ? activation.alpha * Math.expm1(x) : x);
    case "hardSigmoid":
      return (x) => Math.min(1, Math.max(0, activation.alpha * x + activation.beta));
    case "clip":
      return (x) => Math.min(activation.max, Math.max(activation.min, x));
    default:
      return activation satisfies never;
  }
}

/** A binary op as a function of two numbers. With `whole` (integers), `div` and `pow` truncate towards zero, as in ONNX and C. */
export function scalarBinary(fn: BinaryFn, whole = false): (a: number, b: number) => number {
  switch (fn) {
    case "add":
      return (a, b) => a + b;
    case "sub":
      return (a, b) => a - b;
    case "mul":
      return (a, b) => a * b;
    case "div":
      return whole ? (a, b) => Math.trunc(a / b) : (a, b) => a / b;
    case "pow":
      return whole ? (a, b) => Math.trunc(a ** b) : Math.pow;
    case "min":
      return Math.min;
    case "max":
      return Math.max;
    case "prelu":
      return (a, b) => (a < 0 ? a * b : a);
    case "less":
      return (a, b) => Number(a < b);
    case "lessOrEqual":
      return (a, b) => Number(a <= b);
    case "equal":
      return (a, b) => Number(a === b);
    case "mask":
      return (a, b) => (b === 0 ? 0 : a);
    default:
      return fn satisfies never;
  }
}

/** Rounds half to even, as ONNX Round and QuantizeLinear do. */
export function roundHalfEven(x: number): number {
  const below = Math.floor(x);
  const fraction = x - below;
  if (fraction !== 0.5) return Math.round(x);
  return below % 2 === 0 ? below : below + 1;
}
