/** The same elements in another shape, copies along axes, and the shape itself. */
import { sizeOf } from "../../ir";
import { describe, type NodeContext, type OpTable } from "../context";
import { broadcast, expand, reshape } from "../primitives";
import { constantOf, type Value } from "../values";

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
  const axes = given.map((axis) => ctx.axis(axis, rank));
  if (new Set(axes).size !== axes.length) ctx.malformed("different axes", describe(given));
  const rest = [...x.shape];
  const shape = Array.from({ length: rank }, (_, axis) => (axes.includes(axis) ? 1 : rest.shift()!));
  return reshape(ctx, x, shape);
}

/** Both ways: sizes of 1 in the wanted shape keep the input's. */
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

export const shapeOps: OpTable = {
  Identity: (ctx) => ctx.input(0),
  Flatten: flatten,
  Unsqueeze: unsqueeze,
  Expand: expandOp,
  Shape: shapeOf,
};
