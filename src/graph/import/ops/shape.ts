/** Ops that reshape or repeat a tensor, and Shape. */
import { sameShape, sizeOf } from "../../ir";
import { describe, type NodeContext, type OpTable } from "../context";
import { broadcast, concat, expand, reshape } from "../primitives";
import { constantOf, MOST_DIMENSIONS, type Value } from "../values";

function flatten(ctx: NodeContext): Value {
  const x = ctx.input(0);
  const rank = x.shape.length;
  const given = ctx.int("axis", 1);
  const axis = given === rank ? rank : ctx.axis(given, Math.max(1, rank));
  return reshape(ctx, x, [sizeOf(x.shape.slice(0, axis)), sizeOf(x.shape.slice(axis))]);
}

function unsqueeze(ctx: NodeContext): Value {
  const x = ctx.input(0);
  const given = ctx.listSince(13, "axes", 1) ?? ctx.malformed("axes", "none");
  const rank = x.shape.length + given.length;
  if (rank > MOST_DIMENSIONS) ctx.unsupported(`a tensor of ${rank} dimensions, more than ${MOST_DIMENSIONS}`);
  const axes = given.map((axis) => ctx.axis(axis, rank));
  if (new Set(axes).size !== axes.length) ctx.malformed("different axes", describe(given));
  const rest = [...x.shape];
  const shape = Array.from({ length: rank }, (_, axis) => (axes.includes(axis) ? 1 : rest.shift()!));
  return reshape(ctx, x, shape);
}

/** ONNX Expand broadcasts in both directions: a size of 1 in the target shape keeps the input's size. */
function expandOp(ctx: NodeContext): Value {
  const x = ctx.input(0);
  const shape = ctx.integers(1, "shape");
  if (shape.some((n) => n < 0)) ctx.malformed("a shape without negative numbers", describe(shape));
  return expand(ctx, x, broadcast(ctx, x.shape, shape));
}

function shapeOf(ctx: NodeContext): Value {
  const { shape } = ctx.input(0);
  const clamp = (i: number) => Math.min(shape.length, Math.max(0, i < 0 ? i + shape.length : i));
  const part = shape.slice(clamp(ctx.int("start", 0)), clamp(ctx.int("end", shape.length)));
  return constantOf("i64", [part.length], part, ctx.constantName);
}

/** 0 copies the input's size (unless allowzero); one -1 is computed from the other sizes. */
function reshapeOp(ctx: NodeContext): Value {
  const x = ctx.input(0);
  const wanted = ctx.integers(1, "shape");
  const allowZero = ctx.int("allowzero", 0) !== 0;
  const shape = wanted.map((n, axis) =>
    n === 0 && !allowZero
      ? (x.shape[axis] ?? ctx.malformed("0 only where the input has a dimension", describe(wanted)))
      : n,
  );
  const open = shape.indexOf(-1);
  if (shape.some((n, axis) => n < 0 && axis !== open)) ctx.malformed("at most one -1 in the shape", describe(wanted));
  if (open >= 0) {
    const known = sizeOf(shape.filter((_, axis) => axis !== open));
    const rest = sizeOf(x.shape) / known;
    if (!Number.isInteger(rest)) ctx.malformed(`a shape for ${describe(x.shape)}`, describe(wanted));
    shape[open] = rest;
  }
  return reshape(ctx, x, shape);
}

/** Without axes, or with an empty list of them as in onnxruntime, all axes of size 1 go. */
function squeeze(ctx: NodeContext): Value {
  const x = ctx.input(0);
  const listed = ctx.listSince(13, "axes", 1) ?? [];
  const given = listed.length === 0 ? undefined : listed.map((axis) => ctx.axis(axis, x.shape.length));
  const wrong = given?.find((axis) => x.shape[axis] !== 1);
  if (wrong !== undefined) ctx.malformed(`size 1 along axis ${wrong}`, describe(x.shape));
  return reshape(
    ctx,
    x,
    x.shape.filter((n, axis) => (given === undefined ? n !== 1 : !given.includes(axis))),
  );
}

/** The most copies along an axis, because each becomes an operand of one concat. */
const MOST_COPIES = 1024;

function tile(ctx: NodeContext): Value {
  const x = ctx.input(0);
  const repeats = ctx.integers(1, "repeats");
  if (repeats.length !== x.shape.length || repeats.some((n) => n < 0))
    ctx.malformed(`${x.shape.length} repeats`, describe(repeats));
  const size = x.shape.map((n, axis) => n * repeats[axis]!);
  if (size.includes(0)) return constantOf(x.dtype, size, [], ctx.constantName);
  // Axes of size 1 are broadcast; other axes are concatenated copies.
  const broadcastTo = x.shape.map((n, axis) => (n === 1 ? size[axis]! : n));
  let y = sameShape(broadcastTo, x.shape) ? x : expand(ctx, x, broadcastTo);
  for (let axis = 0; axis < size.length; axis++) {
    const copies = size[axis]! / y.shape[axis]!;
    if (copies > MOST_COPIES) ctx.unsupported(`${copies} copies along axis ${axis}`);
    if (copies > 1) y = concat(ctx, new Array<Value>(copies).fill(y), axis);
  }
  return y;
}

/** In training mode it only gives its input where the ratio is 0. */
function dropout(ctx: NodeContext): Value[] {
  const x = ctx.input(0);
  if (ctx.optionalConstant(2, "training_mode")?.data[0]) {
    const ratio = ctx.optionalConstant(1, "ratio")?.data[0] ?? 0.5;
    if (ratio !== 0) ctx.unsupported(`training mode with ratio ${ratio}`);
  }
  if (ctx.node.outputs.length === 1) return [x];
  return [x, expand(ctx, constantOf("bool", [], [1], ctx.constantName), x.shape)];
}

export const shapeOps: OpTable = {
  Identity: (ctx) => ctx.input(0),
  Flatten: flatten,
  Unsqueeze: unsqueeze,
  Expand: expandOp,
  Shape: shapeOf,
  Dropout: dropout,
  Reshape: reshapeOp,
  Squeeze: squeeze,
  Tile: tile,
};
