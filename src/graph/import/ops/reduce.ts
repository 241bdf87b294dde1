/** Reductions over axes. */
import type { Importer, NodeContext, OpTable } from "../context";
import { foldAxes, mapElements } from "../../constants/arithmetic";
import { binary, reduce, unary, type ReduceFn } from "../primitives";
import { allocate, isFloat, type Value } from "../values";

/** Axes are an attribute before opset `inputSince`, and an input since. Default: all axes, or none with noop_with_empty_axes. */
function axesOf(ctx: NodeContext, inputSince: number): number[] {
  const rank = ctx.input(0).shape.length;
  const given = ctx.listSince(inputSince, "axes", 1) ?? [];
  const all = ctx.input(0).shape.map((_, axis) => axis);
  if (given.length === 0) return ctx.int("noop_with_empty_axes", 0) !== 0 ? [] : all;
  return [...new Set(given.map((axis) => ctx.axis(axis, rank)))].sort((a, b) => a - b);
}

/** The attribute keepdims; ONNX defines 0 and 1 only, and readers differ over other numbers. */
function keepsDims(ctx: NodeContext): boolean {
  const keep = ctx.int("keepdims", 1);
  if (keep !== 0 && keep !== 1) ctx.malformed("keepdims of 0 or 1", `${keep}`);
  return keep === 1;
}

/** Applies fn to before(x), then `after`. The axes of ReduceSum became an input in opset 13, those of the others in 18. */
const reduction =
  (
    fn: ReduceFn,
    before: (ctx: NodeContext, x: Value) => Value = (_, x) => x,
    after: (ctx: NodeContext, y: Value) => Value = (_, y) => y,
  ): Importer =>
  (ctx) => {
    const axes = axesOf(ctx, ctx.node.op === "ReduceSum" ? 13 : 18);
    const { dtype, shape } = ctx.input(0);
    // Of no numbers, it is infinity, which integers do not have.
    if ((fn === "max" || fn === "min") && !isFloat(dtype) && axes.some((axis) => shape[axis] === 0))
      ctx.unsupported("no integers");
    return after(ctx, reduce(ctx, fn, before(ctx, ctx.input(0)), axes, keepsDims(ctx)));
  };

const square = (ctx: NodeContext, x: Value) => binary(ctx, "mul", x, x);

function reduceProd(ctx: NodeContext): Value {
  const x = ctx.constant(0, "input");
  const axes = axesOf(ctx, 18);
  const kept = x.shape.map((n, axis) => (axes.includes(axis) ? 1 : n));
  const shape = keepsDims(ctx) ? kept : x.shape.filter((_, axis) => !axes.includes(axis));
  const count = ctx.spend(shape, [x]);
  const fold = function* () {
    const totals = yield* foldAxes(x, kept, 1, (total, value) => total * value);
    return yield* mapElements(totals, (total) => total, allocate(x.dtype, count));
  };
  return ctx.evaluated(x.dtype, shape, fold, x);
}

export const reduceOps: OpTable = {
  ReduceMean: reduction("mean"),
  ReduceSum: reduction("sum"),
  ReduceMax: reduction("max"),
  ReduceMin: reduction("min"),
  ReduceL1: reduction("sum", (ctx, x) => unary(ctx, { fn: "abs" }, x)),
  ReduceL2: reduction("sum", square, (ctx, y) => unary(ctx, { fn: "sqrt" }, y)),
  ReduceSumSquare: reduction("sum", square),
  ReduceProd: reduceProd,
};
