/**
 * The building blocks of importers: each evaluates constants at once and emits a node for everything else, so
 * that constant folding of shape arithmetic needs no code of its own in the importers.
 */
import {
  broadcastShapes,
  IDENTITY,
  sameShape,
  sizeOf,
  stridesOf,
  type Activation,
  type BinaryFn,
  type OpAttributes,
  type Shape,
} from "../ir";
import { describe, type NodeContext } from "./context";
import { allocate, broadcastStrides, isFloat, revised, strided, type ConstantValue, type Value } from "./values";

/** Runtime tensors are floats; arithmetic on what the model calls integers is only folded. */
function requireFloat(ctx: NodeContext, ...values: Value[]): void {
  const whole = values.find((value) => value.kind === "runtime" && !isFloat(value.dtype));
  if (whole !== undefined) ctx.unsupported(`${whole.dtype} arithmetic on a value computed at run time`);
}

/** Arithmetic on constants, in constant-arithmetic.ts. */
interface Arithmetic {
  unary(ctx: NodeContext, activation: Activation, x: ConstantValue): ConstantValue;
  binary(ctx: NodeContext, fn: BinaryFn, a: ConstantValue, b: ConstantValue): ConstantValue;
  /** `shape` is that of the result with reduced axes as 1, `squeezed` as it is in the end. */
  reduce(ctx: NodeContext, fn: ReduceFn, x: ConstantValue, shape: Shape, squeezed: Shape): ConstantValue;
}

/** Filled by addMoreOps(), which a model that computes with constants needs. */
export const ARITHMETIC: Partial<Arithmetic> = {};

export function unary(ctx: NodeContext, activation: Activation, x: Value): Value {
  if (x.kind === "constant") return ARITHMETIC.unary!(ctx, activation, x);
  requireFloat(ctx, x);
  return ctx.emit("unary", [x], { activation }, x.shape, activation.fn);
}

export function broadcast(ctx: NodeContext, a: Shape, b: Shape): Shape {
  const shape = broadcastShapes(a, b);
  return shape ?? ctx.malformed("shapes that broadcast", `${describe(a)} and ${describe(b)}`);
}

export function binary(ctx: NodeContext, fn: BinaryFn, a: Value, b: Value): Value {
  if (a.kind === "constant" && b.kind === "constant") return ARITHMETIC.binary!(ctx, fn, a, b);
  requireFloat(ctx, a, b);
  return ctx.emit("binary", [a, b], { fn, activation: IDENTITY }, broadcast(ctx, a.shape, b.shape), fn);
}

export function reshape(ctx: NodeContext, x: Value, shape: Shape): Value {
  if (sizeOf(x.shape) !== sizeOf(shape)) ctx.malformed(`${sizeOf(x.shape)} elements`, `shape ${describe(shape)}`);
  if (sameShape(x.shape, shape)) return x;
  if (x.kind === "constant") return revised(x, { name: ctx.constantName, shape });
  return ctx.emit("reshape", [x], {}, shape);
}

/** Output axis i is input axis perm[i]. */
export function transpose(ctx: NodeContext, x: Value, perm: readonly number[]): Value {
  if (perm.every((from, to) => from === to)) return x;
  const shape = perm.map((from) => x.shape[from]!);
  if (x.kind === "runtime") return ctx.emit("transpose", [x], { perm }, shape);
  const strides = stridesOf(x.shape);
  const walk = perm.map((from) => strides[from]!);
  const moved = strided(x, shape, walk, 0, `${x.name}.transposed`);
  if (!x.int8) return moved;
  const { source, scales, axis } = x.int8;
  return Object.assign(moved, { int8: { source: strided(source, shape, walk), scales, axis: perm.indexOf(axis) } });
}

/** out[i] = x[starts + i*steps] on every axis. */
export function slice(
  ctx: NodeContext,
  x: Value,
  starts: readonly number[],
  steps: readonly number[],
  shape: Shape,
): Value {
  if (sameShape(x.shape, shape) && starts.every((start) => start === 0) && steps.every((step) => step === 1)) return x;
  if (x.kind === "runtime") return ctx.emit("slice", [x], { starts, steps }, shape);
  const strides = stridesOf(x.shape);
  const offset = starts.reduce((sum, start, axis) => sum + start * strides[axis]!, 0);
  const walk = strides.map((stride, axis) => stride * steps[axis]!);
  return strided(x, shape, walk, offset, ctx.constantName);
}

export function concat(ctx: NodeContext, parts: readonly Value[], axis: number): Value {
  const filled = parts.filter((part) => part.shape[axis] !== 0);
  const first = filled[0] ?? parts[0]!;
  for (const part of filled)
    if (
      part.shape.length !== first.shape.length ||
      part.shape.some((n, other) => other !== axis && n !== first.shape[other])
    )
      ctx.malformed(
        `parts of equal shape but for axis ${axis}`,
        `${describe(first.shape)} and ${describe(part.shape)}`,
      );
  if (filled.length <= 1) return first;
  const total = filled.reduce((sum, part) => sum + part.shape[axis]!, 0);
  const shape = first.shape.map((n, other) => (other === axis ? total : n));
  const constants = filled.filter((part) => part.kind === "constant");
  if (constants.length < filled.length) return ctx.emit("concat", filled, { axis }, shape);

  const data = allocate(first.dtype, sizeOf(shape));
  const inner = sizeOf(shape.slice(axis + 1));
  let column = 0;
  for (const part of constants) {
    const run = part.shape[axis]! * inner;
    for (let row = 0; row * run < part.data.length; row++)
      data.set(part.data.subarray(row * run, (row + 1) * run), row * total * inner + column);
    column += run;
  }
  return { kind: "constant", name: ctx.constantName, dtype: first.dtype, shape, data };
}

/** Broadcasts to `shape`, which x's shape must fit into; x may have fewer dimensions. */
export function expand(ctx: NodeContext, x: Value, shape: Shape): Value {
  if (sameShape(x.shape, shape)) return x;
  if (x.kind === "constant") return strided(x, shape, broadcastStrides(x.shape, shape), 0, ctx.constantName);
  const aligned = [...new Array<number>(shape.length - x.shape.length).fill(1), ...x.shape];
  const same = reshape(ctx, x, aligned);
  return sameShape(aligned, shape) ? same : ctx.emit("expand", [same], {}, shape);
}

export type ReduceFn = OpAttributes["reduce"]["fn"];

/** Over sorted, non-negative `axes`. */
export function reduce(ctx: NodeContext, fn: ReduceFn, x: Value, axes: readonly number[], keepDims: boolean): Value {
  if (axes.length === 0) return x;
  const shape = x.shape.map((n, axis) => (axes.includes(axis) ? 1 : n));
  const squeezed = keepDims ? shape : x.shape.filter((_, axis) => !axes.includes(axis));
  if (x.kind === "runtime") {
    requireFloat(ctx, x);
    return ctx.emit("reduce", [x], { fn, axes, keepDims }, squeezed, fn);
  }
  return ARITHMETIC.reduce!(ctx, fn, x, shape, squeezed);
}
