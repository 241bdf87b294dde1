/** Cumulative sums. */
import type { NodeContext, OpTable } from "../context";
import { requireFloat } from "../primitives";
import type { Value } from "../values";

function cumSum(ctx: NodeContext): Value {
  const x = ctx.input(0);
  const [given, ...others] = ctx.integers(1, "axis");
  if (given === undefined || others.length > 0) ctx.malformed("one axis", `${others.length + 1}`);
  requireFloat(ctx, x);
  const axis = ctx.axis(given, x.shape.length);
  const [exclusive, reverse] = [ctx.int("exclusive", 0) !== 0, ctx.int("reverse", 0) !== 0];
  return ctx.apply("cumSum", [x], { axis, exclusive, reverse }, x.shape);
}

export const cumSumOps: OpTable = {
  CumSum: cumSum,
};
