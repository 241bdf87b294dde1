/** Ops that produce constants or support constants only. */
import { isSmallFloat, roundHalfEven, roundToSmall } from "../../../weights/numbers/small";
import { DTYPES } from "../../../weights/onnx/tensor";
import type { OnnxDType } from "../../../weights/onnx/types";
import { inParts } from "../../../base/pacer";
import { mapElements } from "../../constants/arithmetic";
import { computing } from "../../constants/deferred";
import { sizeOf } from "../../ir";
import { describe, type Importer, type NodeContext, type OpTable } from "../context";
import { mapConstant, zipConstants } from "../constant-arithmetic";
import { allocate, constantOf, type Value } from "../values";
import { perAxis } from "./dequantize";

function constant(ctx: NodeContext): Value {
  const kind = Object.keys(ctx.node.attributes)[0] ?? "value";
  const list = (dtype: OnnxDType, data: readonly number[] | undefined): Value =>
    constantOf(dtype, [data!.length], data!, ctx.constantName);
  switch (kind) {
    case "value":
      return ctx.tensor("value") ?? ctx.malformed("the attribute value", "none");
    case "value_float":
      return constantOf("f32", [], [ctx.float(kind, 0)], ctx.constantName);
    case "value_int":
      return constantOf("i64", [], [ctx.int(kind, 0)], ctx.constantName);
    case "value_floats":
      return list("f32", ctx.floats(kind));
    case "value_ints":
      return list("i64", ctx.ints(kind));
    default:
      return ctx.unsupported(`attribute ${kind}`);
  }
}

function constantOfShape(ctx: NodeContext): Value {
  const shape = ctx.integers(0, "shape");
  if (shape.some((n) => n < 0)) ctx.malformed("a shape without negative numbers", describe(shape));
  const value = ctx.tensor("value");
  const dtype = value?.dtype ?? "f32";
  const data = allocate(dtype, ctx.spend(shape, [], dtype));
  const filler = value?.data[0] ?? 0;
  return ctx.evaluated(dtype, shape, () => mapElements(data, () => filler, data));
}

function range(ctx: NodeContext): Value {
  const [start, limit, delta] = ([0, 1, 2] as const).map((i) => ctx.constant(i, ["start", "limit", "delta"][i]!));
  const [from, to, step] = [start!.data[0]!, limit!.data[0]!, delta!.data[0]!];
  if (step === 0) ctx.malformed("a step other than 0", "0");
  const count = Math.max(0, Math.ceil((to - from) / step));
  ctx.spend([count], [], start!.dtype);
  const data = allocate(start!.dtype, count);
  return ctx.evaluated(start!.dtype, [count], () => mapElements(data, (_, i) => from + i * step, data));
}

const map =
  (f: (x: number) => number, dtype?: OnnxDType): Importer =>
  (ctx) =>
    mapConstant(ctx, ctx.constant(0, "input"), f, dtype);

/** Python's remainder (sign of b), or C's (sign of a) with fmod=1. */
function mod(ctx: NodeContext): Value {
  const fmod = ctx.int("fmod", 0) !== 0;
  const python = (a: number, b: number) => ((a % b) * b < 0 ? (a % b) + b : a % b);
  return zipConstants(
    ctx,
    ctx.constant(0, "first input"),
    ctx.constant(1, "second input"),
    fmod ? (a, b) => a % b : python,
  );
}

function* nonZero(ctx: NodeContext): Generator<undefined, Value> {
  const x = ctx.constant(0, "input");
  ctx.spend([x.shape.length, sizeOf(x.shape)], [x], "i64");
  const data = yield* computing(x);
  let count = 0;
  yield* inParts(data.length, (from, to) => {
    for (let i = from; i < to; i++) if (data[i] !== 0) count++;
  });
  const indices = constantOf("i64", [x.shape.length, count], [], ctx.constantName);
  for (const [axis, n] of x.shape.entries()) {
    const inner = sizeOf(x.shape.slice(axis + 1));
    let at = axis * count;
    yield* inParts(data.length, (from, to) => {
      for (let i = from; i < to; i++) if (data[i] !== 0) indices.data[at++] = Math.floor(i / inner) % n;
    });
  }
  return indices;
}

const LIMITS: Partial<Record<OnnxDType, readonly [number, number]>> = {
  i8: [-128, 127],
  u8: [0, 255],
  i16: [-32768, 32767],
  u16: [0, 65535],
  i4: [-8, 7],
  u4: [0, 15],
  i2: [-2, 1],
  u2: [0, 3],
};

/** saturate(round(x / scale) + zero point), rounding half to even. NaN, which ONNX leaves open, becomes the lowest integer, as in onnxruntime. */
function quantizeLinear(ctx: NodeContext): Value {
  const x = ctx.constant(0, "input");
  const scale = perAxis(ctx, x, ctx.constant(1, "scale"), "scale");
  const zero = ctx.optionalConstant(2, "zero point");
  const zeroPoint = zero && perAxis(ctx, x, zero, "zero point");
  const dtype = zero?.dtype ?? DTYPES[ctx.int("output_dtype", 2)] ?? ctx.unsupported("attribute output_dtype");
  if (isSmallFloat(dtype)) {
    const saturate = ctx.int("saturate", 1) !== 0;
    return mapConstant(ctx, x, (value, i) => roundToSmall(dtype, value / scale.at(i), saturate), dtype);
  }
  const [low, high] = LIMITS[dtype] ?? ctx.unsupported(`to ${dtype}`);
  const quantize = (value: number, i: number): number => {
    const q = roundHalfEven(Math.fround(value / scale.at(i))) + (zeroPoint?.at(i) ?? 0);
    return Number.isNaN(q) ? low : Math.min(high, Math.max(low, q));
  };
  return mapConstant(ctx, x, quantize, dtype);
}

export const constantOps: OpTable = {
  Constant: constant,
  ConstantOfShape: constantOfShape,
  Size: (ctx) => constantOf("i64", [], [sizeOf(ctx.input(0).shape)], ctx.constantName),
  Range: range,
  NonZero: nonZero,
  Round: map(roundHalfEven),
  Sign: map(Math.sign),
  Sin: map(Math.sin),
  Cos: map(Math.cos),
  IsNaN: map((x) => (Number.isNaN(x) ? 1 : 0), "bool"),
  Mod: mod,
  QuantizeLinear: quantizeLinear,
};
