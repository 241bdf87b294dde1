/** The elementwise functions on single numbers, in double precision: for folding constants. */
import type { Activation, BinaryFn } from "../ir";

/** erf(x) = 2/sqrt(pi) exp(-x^2) sum of 2^n x^(2n+1) / (2n+1)!! (Abramowitz and Stegun 7.1.6). */
function erf(x: number): number {
  if (Math.abs(x) > 6) return Math.sign(x);
  let sum = x;
  for (let n = 1, term = x; Math.abs(term) > 1e-17 * Math.abs(sum); n++) sum += term *= (2 * x * x) / (2 * n + 1);
  return (2 / Math.sqrt(Math.PI)) * Math.exp(-x * x) * sum;
}

type Parameterised = "leakyRelu" | "elu" | "hardSigmoid" | "clip";

const PLAIN: Readonly<Record<Exclude<Activation["fn"], Parameterised>, (x: number) => number>> = {
  identity: (x) => x,
  relu: (x) => Math.max(0, x),
  sigmoid: (x) => 1 / (1 + Math.exp(-x)),
  tanh: Math.tanh,
  sqrt: Math.sqrt,
  exp: Math.exp,
  abs: Math.abs,
  neg: (x) => -x,
  erf,
  gelu: (x) => 0.5 * x * (1 + erf(x / Math.SQRT2)),
  geluTanh: (x) => 0.5 * x * (1 + Math.tanh(Math.sqrt(2 / Math.PI) * (x + 0.044715 * x ** 3))),
  log: Math.log,
  reciprocal: (x) => 1 / x,
  floor: Math.floor,
  ceil: Math.ceil,
  softplus: (x) => Math.max(0, x) + Math.log1p(Math.exp(-Math.abs(x))),
};

/** An activation as a function of one number. */
export function scalarActivation(activation: Activation): (x: number) => number {
  switch (activation.fn) {
    case "leakyRelu":
      return (x) => (x < 0 ? activation.alpha * x : x);
    case "elu":
      return (x) => (x < 0 ? activation.alpha * Math.expm1(x) : x);
    case "hardSigmoid":
      return (x) => Math.min(1, Math.max(0, activation.alpha * x + activation.beta));
    case "clip":
      return (x) => Math.min(activation.max, Math.max(activation.min, x));
    default:
      return PLAIN[activation.fn];
  }
}

const BINARY: Readonly<Record<BinaryFn, (a: number, b: number) => number>> = {
  add: (a, b) => a + b,
  sub: (a, b) => a - b,
  mul: (a, b) => a * b,
  div: (a, b) => a / b,
  pow: Math.pow,
  min: Math.min,
  max: Math.max,
  prelu: (a, b) => (a < 0 ? a * b : a),
  less: (a, b) => Number(a < b),
  lessOrEqual: (a, b) => Number(a <= b),
  equal: (a, b) => Number(a === b),
  mask: (a, b) => (b === 0 ? 0 : a),
};

/** A binary op as a function of two numbers. With `whole` (integers), results are truncated towards zero, as in ONNX and C. */
export function scalarBinary(fn: BinaryFn, whole = false): (a: number, b: number) => number {
  return whole ? (a, b) => Math.trunc(BINARY[fn](a, b)) : BINARY[fn];
}
