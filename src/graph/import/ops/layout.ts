/** Transpose, Concat and Slice. */
import { describe, type NodeContext, type OpTable } from "../context";
import { concat, slice, transpose } from "../primitives";
import type { Value } from "../values";

function transposeOp(ctx: NodeContext): Value {
  const x = ctx.input(0);
  const rank = x.shape.length;
  const perm = ctx.ints("perm") ?? x.shape.map((_, axis) => rank - 1 - axis);
  if (perm.length !== rank || x.shape.some((_, axis) => !perm.includes(axis)))
    ctx.malformed(`a permutation of ${rank} axes`, describe(perm));
  return transpose(ctx, x, perm);
}

function concatOp(ctx: NodeContext): Value {
  const parts = ctx.inputs();
  if (parts.length === 0) ctx.malformed("at least one input", "none");
  return concat(ctx, parts, ctx.axis(ctx.int("axis", 1), parts[0]!.shape.length));
}

/** Parameters are attributes before opset 10, and inputs since. Ends are clamped; negative positions count from the end. */
function sliceOp(ctx: NodeContext): Value {
  const x = ctx.input(0);
  const rank = x.shape.length;
  const starts = ctx.listSince(10, "starts", 1) ?? ctx.malformed("starts", "none");
  const ends = ctx.listSince(10, "ends", 2) ?? ctx.malformed("ends", "none");
  const axes = (ctx.listSince(10, "axes", 3) ?? starts.map((_, i) => i)).map((axis) => ctx.axis(axis, rank));
  const steps = (ctx.opset < 10 ? undefined : ctx.listSince(10, "steps", 4)) ?? starts.map(() => 1);
  if (ends.length !== starts.length || axes.length !== starts.length || steps.length !== starts.length)
    ctx.malformed(`${starts.length} starts, ends, axes and steps`, [ends, axes, steps].map((l) => l.length).join(", "));
  const from = new Array<number>(rank).fill(0);
  const by = new Array<number>(rank).fill(1);
  const shape = [...x.shape];
  axes.forEach((axis, i) => {
    const [size, step] = [x.shape[axis]!, steps[i]!];
    if (step === 0) ctx.malformed("steps other than 0", describe(steps));
    const clamp = (at: number, low: number, high: number) => Math.min(high, Math.max(low, at < 0 ? at + size : at));
    const first = step > 0 ? clamp(starts[i]!, 0, size) : clamp(starts[i]!, 0, size - 1);
    const end = step > 0 ? clamp(ends[i]!, 0, size) : clamp(ends[i]!, -1, size - 1);
    from[axis] = first;
    by[axis] = step;
    shape[axis] = Math.max(0, Math.ceil((end - first) / step));
  });
  return slice(ctx, x, from, by, shape);
}

export const layoutOps: OpTable = {
  Transpose: transposeOp,
  Concat: concatOp,
  Slice: sliceOp,
};
