/** Elementwise functions with parameters, with more than two inputs, or composed of other functions. */
import { isPackedInteger, isSmallFloat, roundToSmall, wrapPacked } from "../../../weights/numbers/small";
import { DTYPES } from "../../../weights/onnx/tensor";
import { computing, settling } from "../../constants/deferred";
import { sizeOf, type BinaryFn } from "../../ir";
import { mapConstant } from "../constant-arithmetic";
import { describe, type Importer, type NodeContext, type OpTable } from "../context";
import { binary, broadcast, unary } from "../primitives";
import { isFloat, type ConstantValue, type Value } from "../values";

/** Applies fn to any number of inputs, from left to right. */
const chain =
  (fn: BinaryFn): Importer =>
  (ctx) =>
    chained(ctx, fn);

function* chained(ctx: NodeContext, fn: BinaryFn): Generator<undefined, Value> {
  const [first, ...rest] = ctx.inputs();
  let result = first ?? ctx.malformed("at least one input", "none");
  for (const value of rest) {
    result = binary(ctx, fn, result, value);
    yield* settling(result);
    yield;
  }
  return result;
}

function scalar(ctx: NodeContext, value: number, suffix: string): ConstantValue {
  return ctx.floatConstant([], [value], suffix);
}

/** The number of a constant with one element; undefined for other values, and for NaN. */
function singleNumber(value: Value | undefined): number | undefined {
  const number = value?.kind === "constant" && sizeOf(value.shape) === 1 ? value.data[0] : undefined;
  return Number.isNaN(number) ? undefined : number;
}

/** Bounds are attributes before opset 11, and optional inputs since. */
function clip(ctx: NodeContext): Value {
  const x = ctx.input(0);
  if (ctx.opset < 11) {
    const max = ctx.float("max", Infinity);
    return unary(ctx, { fn: "clip", min: bound(ctx.float("min", -Infinity)), max: bound(max) }, x);
  }
  const [low, high] = [ctx.optional(1), ctx.optional(2)];
  const [min, max] = [
    low === undefined ? -Infinity : singleNumber(low),
    high === undefined ? Infinity : singleNumber(high),
  ];
  if (min !== undefined && max !== undefined) return unary(ctx, { fn: "clip", min: bound(min), max: bound(max) }, x);
  const raised = low === undefined ? x : binary(ctx, "max", x, low);
  return high === undefined ? raised : binary(ctx, "min", raised, high);
}

/** Converts the largest f32, which exporters write for "no bound", to infinity. */
function bound(value: number): number {
  return Math.abs(value) >= 3.4028234e38 ? Math.sign(value) * Infinity : value;
}

/** Integer exponents up to 3 become products, which are exact and, unlike WGSL's pow, defined for negative bases. */
function pow(ctx: NodeContext): Value {
  const [x, exponent] = [ctx.input(0), ctx.input(1)];
  if (!isFloat(x.dtype) && exponent.kind === "runtime")
    ctx.unsupported(`${x.dtype} to an exponent computed at run time`);
  const n = singleNumber(exponent);
  const sameSize = broadcast(ctx, x.shape, exponent.shape).length === x.shape.length;
  if (x.kind === "constant" || n === undefined || !sameSize) return binary(ctx, "pow", x, exponent);
  if (n === 1) return x;
  if (n === 2) return binary(ctx, "mul", x, x);
  if (n === 3) return binary(ctx, "mul", binary(ctx, "mul", x, x), x);
  if (n === 0.5) return unary(ctx, { fn: "sqrt" }, x);
  if (n === -0.5) return unary(ctx, { fn: "reciprocal" }, unary(ctx, { fn: "sqrt" }, x));
  if (n === -1) return unary(ctx, { fn: "reciprocal" }, x);
  return binary(ctx, "pow", x, exponent);
}

function prelu(ctx: NodeContext): Value {
  const [x, slope] = [ctx.input(0), ctx.input(1)];
  if (broadcast(ctx, x.shape, slope.shape).some((n, axis) => n !== x.shape[axis]))
    ctx.malformed(`a slope that broadcasts to ${describe(x.shape)}`, describe(slope.shape));
  return binary(ctx, "prelu", x, slope);
}

/** celu(x) = max(x, 0) + alpha * elu(min(x, 0) / alpha), for alpha above 0. Where alpha is tiny, max(x, 0) keeps x as it is. */
function celu(ctx: NodeContext): Value {
  const alpha = ctx.float("alpha", 1);
  if (!(alpha > 0)) ctx.unsupported(`attribute alpha=${alpha}`);
  const x = ctx.input(0);
  const inverse = scalar(ctx, Math.min(1 / alpha, 3.4028234663852886e38), "inverse"); // 0 times an infinity would be NaN
  const scaled = binary(ctx, "mul", binary(ctx, "min", x, scalar(ctx, 0, "zero")), inverse);
  const below = binary(ctx, "mul", unary(ctx, { fn: "elu", alpha: 1 }, scaled), scalar(ctx, alpha, "alpha"));
  return binary(ctx, "add", unary(ctx, { fn: "relu" }, x), below);
}

/** selu(x) = gamma * (x < 0 ? alpha * (exp(x) - 1) : x). */
function selu(ctx: NodeContext): Value {
  const alpha = ctx.float("alpha", 1.6732632423543772);
  const gamma = ctx.float("gamma", 1.0507009873554805);
  return binary(ctx, "mul", unary(ctx, { fn: "elu", alpha }, ctx.input(0)), scalar(ctx, gamma, "gamma"));
}

function gelu(ctx: NodeContext): Value {
  const approximate = ctx.string("approximate", "none");
  if (approximate !== "none" && approximate !== "tanh") ctx.unsupported(`attribute approximate=${approximate}`);
  return unary(ctx, { fn: approximate === "tanh" ? "geluTanh" : "gelu" }, ctx.input(0));
}

/** x * f(x). */
const gated =
  (f: (ctx: NodeContext, x: Value) => Value): Importer =>
  (ctx) =>
    binary(ctx, "mul", ctx.input(0), f(ctx, ctx.input(0)));

function* mean(ctx: NodeContext): Generator<undefined, Value> {
  const sum = yield* chained(ctx, "add");
  return ctx.inputCount === 1 ? sum : binary(ctx, "mul", sum, scalar(ctx, 1 / ctx.inputCount, "share"));
}

function* divide(ctx: NodeContext): Generator<undefined, Value> {
  const [a, b] = [ctx.input(0), ctx.input(1)];
  if (b.kind === "constant" && !isFloat(b.dtype) && (yield* computing(b)).includes(0))
    ctx.malformed("a divisor other than 0", "0");
  return binary(ctx, "div", a, b);
}

/** What a cast of a number to the type gives, before it is stored. Integers wrap, as in onnxruntime. */
function converter(ctx: NodeContext, to: ConstantValue["dtype"]): (x: number) => number {
  if (isSmallFloat(to)) {
    const [saturate, rounding] = [ctx.int("saturate", 1) !== 0, ctx.string("round_mode", "up")];
    return (x) => roundToSmall(to, x, saturate, rounding);
  }
  if (isPackedInteger(to)) return (x) => wrapPacked(to, x);
  if (to === "bool") return (x) => (x === 0 ? 0 : 1);
  return isFloat(to) ? (x) => x : Math.trunc;
}

function cast(ctx: NodeContext, to: ConstantValue["dtype"]): Value {
  const x = ctx.input(0);
  if (x.kind === "constant") {
    if (x.dtype === to) return x;
    return mapConstant(ctx, x, converter(ctx, to), to);
  }
  const narrows = to !== x.dtype && (!isFloat(to) || isSmallFloat(to));
  if (narrows) ctx.unsupported(`from ${x.dtype} to ${to} on a value computed at run time`);
  return { ...x, dtype: to };
}

function castTo(ctx: NodeContext): Value {
  const to = DTYPES[ctx.int("to", 0)];
  return to === undefined ? ctx.unsupported(`attribute to=${ctx.int("to", 0)}`) : cast(ctx, to);
}

export const composedOps: OpTable = {
  Gelu: gelu,
  LeakyRelu: (ctx) => unary(ctx, { fn: "leakyRelu", alpha: ctx.float("alpha", 0.01) }, ctx.input(0)),
  Elu: (ctx) => unary(ctx, { fn: "elu", alpha: ctx.float("alpha", 1) }, ctx.input(0)),
  Celu: celu,
  Selu: selu,
  HardSigmoid: (ctx) => {
    const [alpha, beta] = [ctx.float("alpha", 0.2), ctx.float("beta", 0.5)];
    return unary(ctx, { fn: "hardSigmoid", alpha, beta }, ctx.input(0));
  },
  HardSwish: gated((ctx, x) => unary(ctx, { fn: "hardSigmoid", alpha: 1 / 6, beta: 0.5 }, x)),
  Mish: gated((ctx, x) => unary(ctx, { fn: "tanh" }, unary(ctx, { fn: "softplus" }, x))),
  Softsign: (ctx) => {
    const x = ctx.input(0);
    return binary(ctx, "div", x, binary(ctx, "add", unary(ctx, { fn: "abs" }, x), scalar(ctx, 1, "one")));
  },
  PRelu: prelu,
  Clip: clip,
  Div: divide,
  Pow: pow,
  Min: chain("min"),
  Max: chain("max"),
  Sum: chain("add"),
  Mean: mean,
  Cast: castTo,
  CastLike: (ctx) => cast(ctx, ctx.input(1).dtype),
};
