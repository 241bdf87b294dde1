/** Ops that make constants, ask for shapes, or are evaluated on constants only. */
import type { OnnxDType } from "../../../weights/types";
import { deferred, derivedKey } from "../../deferred";
import { sizeOf } from "../../ir";
import { describe, type Importer, type NodeContext, type OpTable } from "../context";
import { mapConstant, zipConstants } from "../primitives";
import { roundHalfEven } from "../../scalar";
import { checkedSize, constantOf, type ConstantValue, type Dequantized, type Value } from "../values";

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
  const filled = new Float64Array(checkedSize(shape)).fill(value?.data[0] ?? 0);
  return constantOf(value?.dtype ?? "f32", shape, filled, ctx.constantName);
}

function shapeOf(ctx: NodeContext): Value {
  const { shape } = ctx.input(0);
  const clamp = (i: number) => Math.min(shape.length, Math.max(0, i < 0 ? i + shape.length : i));
  const part = shape.slice(clamp(ctx.int("start", 0)), clamp(ctx.int("end", shape.length)));
  return constantOf("i64", [part.length], part, ctx.constantName);
}

function range(ctx: NodeContext): Value {
  const [start, limit, delta] = ([0, 1, 2] as const).map((i) => ctx.constant(i, ["start", "limit", "delta"][i]!));
  const [from, to, step] = [start!.data[0]!, limit!.data[0]!, delta!.data[0]!];
  if (step === 0) ctx.malformed("a step other than 0", "0");
  const count = Math.max(0, Math.ceil((to - from) / step));
  const data = Array.from({ length: checkedSize([count]) }, (_, i) => from + i * step);
  return constantOf(start!.dtype, [count], data, ctx.constantName);
}

const map =
  (f: (x: number) => number, dtype?: OnnxDType): Importer =>
  (ctx) =>
    mapConstant(ctx, ctx.constant(0, "input"), f, dtype);

const zip =
  (f: (a: number, b: number) => boolean): Importer =>
  (ctx) =>
    zipConstants(
      ctx,
      ctx.constant(0, "first input"),
      ctx.constant(1, "second input"),
      (a, b) => (f(a, b) ? 1 : 0),
      "bool",
    );

/** Python's remainder (sign of b), or C's (sign of a) with fmod=1. */
function mod(ctx: NodeContext): Value {
  const fmod = ctx.int("fmod", 0) !== 0;
  const python = (a: number, b: number) => a - b * Math.floor(a / b);
  return zipConstants(
    ctx,
    ctx.constant(0, "first input"),
    ctx.constant(1, "second input"),
    fmod ? (a, b) => a % b : python,
  );
}

function nonZero(ctx: NodeContext): Value {
  const x = ctx.constant(0, "input");
  const found = Array.from(x.data.keys()).filter((i) => x.data[i] !== 0);
  const rows = x.shape.map((n, axis) => {
    const inner = sizeOf(x.shape.slice(axis + 1));
    return found.map((flat) => Math.floor(flat / inner) % n);
  });
  return constantOf("i64", [x.shape.length, found.length], rows.flat(), ctx.constantName);
}

/** A parameter of quantisation by flat index of x; `run` elements of x in a row share one. */
interface PerAxis {
  readonly run: number;
  readonly at: (flat: number) => number;
}

/** Scale or zero point: one element, or one for each index of `axis`. */
function perAxis(ctx: NodeContext, x: ConstantValue, parameter: ConstantValue, what: string): PerAxis {
  if (parameter.shape.length > 1)
    ctx.unsupported(`blocked quantisation, ${what} of shape ${describe(parameter.shape)}`);
  if (parameter.data.length === 1) return { run: x.data.length, at: () => parameter.data[0]! };
  const axis = ctx.axis(ctx.int("axis", 1), x.shape.length);
  const size = x.shape[axis]!;
  if (parameter.data.length !== size) ctx.malformed(`${what} of ${size} elements`, describe(parameter.shape));
  const inner = sizeOf(x.shape.slice(axis + 1));
  return { run: inner, at: (flat) => parameter.data[Math.floor(flat / inner) % size]! };
}

function dequantized(ctx: NodeContext, source: ConstantValue, scale: ConstantValue): Dequantized {
  const axis = scale.data.length === 1 ? 0 : ctx.axis(ctx.int("axis", 1), source.shape.length);
  return { source, scales: Float32Array.from(scale.data), axis };
}

/** (x - zero point) * scale, in f32. */
function dequantizeLinear(ctx: NodeContext): Value {
  const x = ctx.constant(0, "input");
  const scale = perAxis(ctx, x, ctx.constant(1, "scale"), "scale");
  const zero = ctx.optionalConstant(2, "zero point");
  const zeroPoint = zero && perAxis(ctx, x, zero, "zero point");
  const count = sizeOf(x.shape);
  const run = Math.min(scale.run, zeroPoint?.run ?? count);
  const key = derivedKey(`dequantize ${ctx.int("axis", 1)}`, x, ctx.constant(1, "scale"), zero ?? { key: "" });
  const symmetric = x.dtype === "i8" && (zero?.data.every((z) => z === 0) ?? true);
  const int8 = symmetric ? dequantized(ctx, x, ctx.constant(1, "scale")) : undefined;
  const facts = { kind: "constant", name: ctx.constantName, dtype: "f32", shape: x.shape, key, int8 } as const;
  return deferred(facts, () => {
    const data = new Float32Array(count);
    const source = x.data;
    for (let start = 0; start < count; start += run) {
      const factor = scale.at(start);
      const offset = zeroPoint?.at(start) ?? 0;
      for (let i = start; i < start + run; i++) data[i] = (source[i]! - offset) * factor;
    }
    return data;
  });
}

const LIMITS: Partial<Record<OnnxDType, readonly [number, number]>> = {
  i8: [-128, 127],
  u8: [0, 255],
  i16: [-32768, 32767],
  u16: [0, 65535],
};

/** saturate(round(x / scale) + zero point), rounding half to even. */
function quantizeLinear(ctx: NodeContext): Value {
  const x = ctx.constant(0, "input");
  const scale = perAxis(ctx, x, ctx.constant(1, "scale"), "scale");
  const zero = ctx.optionalConstant(2, "zero point");
  const zeroPoint = zero && perAxis(ctx, x, zero, "zero point");
  const dtype = zero?.dtype ?? "u8";
  const [low, high] = LIMITS[dtype] ?? ctx.unsupported(`to ${dtype}`);
  const quantized = Float64Array.from(x.data, (value, i) =>
    Math.min(high, Math.max(low, roundHalfEven(Math.fround(value / scale.at(i))) + (zeroPoint?.at(i) ?? 0))),
  );
  return constantOf(dtype, x.shape, quantized, ctx.constantName);
}

export const constantOps: OpTable = {
  Constant: constant,
  ConstantOfShape: constantOfShape,
  Shape: shapeOf,
  Size: (ctx) => constantOf("i64", [], [sizeOf(ctx.input(0).shape)], ctx.constantName),
  Range: range,
  NonZero: nonZero,
  Not: map((x) => (x === 0 ? 1 : 0)),
  Round: map(roundHalfEven),
  Sign: map(Math.sign),
  Sin: map(Math.sin),
  Cos: map(Math.cos),
  IsNaN: map((x) => (Number.isNaN(x) ? 1 : 0), "bool"),
  And: zip((a, b) => a !== 0 && b !== 0),
  Or: zip((a, b) => a !== 0 || b !== 0),
  Xor: zip((a, b) => (a !== 0) !== (b !== 0)),
  Equal: zip((a, b) => a === b),
  Less: zip((a, b) => a < b),
  LessOrEqual: zip((a, b) => a <= b),
  Greater: zip((a, b) => a > b),
  GreaterOrEqual: zip((a, b) => a >= b),
  Mod: mod,
  QuantizeLinear: quantizeLinear,
  DequantizeLinear: dequantizeLinear,
};
