/**
 * The building blocks of importers. Each is evaluated where all of its operands are constants, so importers need no extra code
 * for the shape arithmetic of exporters.
 */
import {
  broadcastShapes,
  IDENTITY,
  sameShape,
  sizeOf,
  type Activation,
  type BinaryFn,
  type OpAttributes,
  type Shape,
} from "../ir";
import { isIdentityPermutation } from "../permutation";
import { withFacts } from "../constants/deferred";
import { describe, type NodeContext } from "./context";
import { isFloat, type ConstantValue, type Value } from "./values";

/** Refuses runtime tensors that the model types as integers: integer arithmetic is supported on constants only. */
export function requireFloat(ctx: NodeContext, ...values: Value[]): void {
  const constant = values.every((value) => value.kind === "constant");
  const whole = values.find((value) => value.kind === "runtime" && !isFloat(value.dtype));
  if (!constant && whole) ctx.unsupported(`${whole.dtype} arithmetic on a value computed at run time`);
}

export function unary(ctx: NodeContext, activation: Activation, x: Value): Value {
  requireFloat(ctx, x);
  return ctx.apply("unary", [x], { activation }, x.shape, activation.fn);
}

export function broadcast(ctx: NodeContext, a: Shape, b: Shape): Shape {
  const shape = broadcastShapes(a, b);
  return shape ?? ctx.malformed("shapes that broadcast", `${describe(a)} and ${describe(b)}`);
}

export function binary(ctx: NodeContext, fn: BinaryFn, a: Value, b: Value): Value {
  requireFloat(ctx, a, b);
  return ctx.apply("binary", [a, b], { fn, activation: IDENTITY }, broadcast(ctx, a.shape, b.shape), fn);
}

export function reshape(ctx: NodeContext, x: Value, shape: Shape): Value {
  if (sizeOf(x.shape) !== sizeOf(shape)) ctx.malformed(`${sizeOf(x.shape)} elements`, `shape ${describe(shape)}`);
  return sameShape(x.shape, shape) ? x : ctx.apply("reshape", [x], {}, shape);
}

/** Output axis i is input axis perm[i]. Keeps the 8-bit values of dequantised constants. */
export function transpose(ctx: NodeContext, x: Value, perm: readonly number[]): Value {
  if (isIdentityPermutation(perm)) return x;
  const shape = perm.map((from) => x.shape[from]!);
  const move = (value: Value): Value =>
    ctx.apply("transpose", [value], { perm }, shape, "transpose", `${x.name}.transposed`);
  const moved = move(x);
  if (x.kind !== "constant" || !x.int8) return moved;
  const { source, scales, axis } = x.int8;
  const int8 = { source: move(source) as ConstantValue, scales, axis: perm.indexOf(axis) };
  return withFacts(moved as ConstantValue, { int8 });
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
  return ctx.apply("slice", [x], { starts, steps }, shape);
}

/** Concatenates along `axis`; leaves out parts without elements. */
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
  return ctx.apply("concat", filled, { axis }, shape);
}

/** Broadcasts x to `shape`; x may have fewer dimensions. */
export function expand(ctx: NodeContext, x: Value, shape: Shape): Value {
  const aligned = [...new Array<number>(shape.length - x.shape.length).fill(1), ...x.shape];
  const same = reshape(ctx, x, aligned);
  return sameShape(aligned, shape) ? same : ctx.apply("expand", [same], {}, shape);
}

export type ReduceFn = OpAttributes["reduce"]["fn"];

/** Reduces over sorted, non-negative `axes`. */
export function reduce(ctx: NodeContext, fn: ReduceFn, x: Value, axes: readonly number[], keepDims: boolean): Value {
  if (axes.length === 0) return x;
  requireFloat(ctx, x);
  const kept = x.shape.map((n, axis) => (axes.includes(axis) ? 1 : n));
  const shape = keepDims ? kept : x.shape.filter((_, axis) => !axes.includes(axis));
  return ctx.apply("reduce", [x], { fn, axes, keepDims }, shape, fn);
}
