/** Arithmetic on a model's constants, done once and in double precision. */
import type { OnnxDType } from "../../weights/types";
import { sizeOf, type Activation, type BinaryFn, type Shape } from "../ir";
import { scalarActivation, scalarBinary } from "../constants/scalar";
import type { NodeContext } from "./context";
import { broadcast, type ReduceFn } from "./primitives";
import {
  allocate,
  broadcastStrides,
  checkedSize,
  constantOf,
  forEachStrided,
  isFloat,
  type ConstantValue,
} from "./values";

/** f of every element of a constant, in the constant's type unless `dtype` says another. */
export function mapConstant(
  ctx: NodeContext,
  x: ConstantValue,
  f: (x: number) => number,
  dtype: OnnxDType = x.dtype,
): ConstantValue {
  const data = allocate(dtype, x.data.length);
  for (let i = 0; i < data.length; i++) data[i] = f(x.data[i]!);
  return { kind: "constant", name: ctx.constantName, dtype, shape: x.shape, data };
}

/** f of two constants with NumPy broadcasting. */
export function zipConstants(
  ctx: NodeContext,
  a: ConstantValue,
  b: ConstantValue,
  f: (a: number, b: number) => number,
  dtype: OnnxDType = a.dtype,
): ConstantValue {
  const shape = broadcast(ctx, a.shape, b.shape);
  const data = allocate(dtype, sizeOf(shape));
  const left = new Int32Array(data.length);
  forEachStrided(shape, broadcastStrides(a.shape, shape), 0, (from, to) => (left[to] = from));
  forEachStrided(shape, broadcastStrides(b.shape, shape), 0, (from, to) => {
    data[to] = f(a.data[left[to]!]!, b.data[from]!);
  });
  return { kind: "constant", name: ctx.constantName, dtype, shape, data };
}

/** Combines the elements of a constant that fall onto the same element of `shape`, whose reduced axes are 1. */
export function foldAxes(
  x: ConstantValue,
  shape: Shape,
  start: number,
  step: (total: number, x: number) => number,
): Float64Array {
  const totals = new Float64Array(checkedSize(shape)).fill(start);
  forEachStrided(x.shape, broadcastStrides(shape, x.shape), 0, (from, to) => {
    totals[from] = step(totals[from]!, x.data[to]!);
  });
  return totals;
}

/** See primitives.ts. */
export const constantArithmetic = {
  unary(ctx: NodeContext, activation: Activation, x: ConstantValue): ConstantValue {
    return mapConstant(ctx, x, scalarActivation(activation));
  },
  /** On whole numbers `div` truncates. */
  binary(ctx: NodeContext, fn: BinaryFn, a: ConstantValue, b: ConstantValue): ConstantValue {
    return zipConstants(ctx, a, b, scalarBinary(fn, !isFloat(a.dtype)));
  },
  reduce(ctx: NodeContext, fn: ReduceFn, x: ConstantValue, shape: Shape, squeezed: Shape): ConstantValue {
    const count = sizeOf(x.shape) / sizeOf(shape);
    const start = fn === "max" ? -Infinity : fn === "min" ? Infinity : 0;
    const step = { mean: scalarBinary("add", false), sum: scalarBinary("add", false), max: Math.max, min: Math.min }[
      fn
    ];
    const total = foldAxes(x, shape, start, step);
    return constantOf(
      x.dtype,
      squeezed,
      fn === "mean" ? total.map((sum) => (isFloat(x.dtype) ? sum / count : Math.trunc(sum / count))) : total,
      ctx.constantName,
    );
  },
};
