/** Comparisons, logic and selection. At run time a boolean is 0 or 1. */
import { inParts } from "../../../base/pacer";
import { computing } from "../../constants/deferred";
import { IDENTITY, type BinaryFn } from "../../ir";
import { mapConstant, zipConstants } from "../constant-arithmetic";
import type { Importer, NodeContext, OpTable } from "../context";
import { binary, broadcast, expand, requireFloat } from "../primitives";
import type { Value } from "../values";

/** A binary node of operands that may be booleans. */
function combine(ctx: NodeContext, fn: BinaryFn, a: Value, b: Value, dtype = a.dtype): Value {
  const value = ctx.apply("binary", [a, b], { fn, activation: IDENTITY }, broadcast(ctx, a.shape, b.shape), fn);
  return value.dtype === dtype ? value : { ...value, dtype };
}

interface Logic {
  readonly constants: (a: number, b: number) => boolean;
  /** The same at run time, on operands in this order or, with `reversed`, in the other. */
  readonly fn: BinaryFn;
  readonly reversed?: boolean;
}

const compare =
  ({ constants, fn, reversed = false }: Logic): Importer =>
  (ctx) => {
    const [a, b] = [ctx.input(0), ctx.input(1)];
    if (a.kind === "constant" && b.kind === "constant")
      return zipConstants(ctx, a, b, (x, y) => (constants(x, y) ? 1 : 0), "bool");
    if (a.dtype !== "bool") requireFloat(ctx, a, b);
    return combine(ctx, fn, reversed ? b : a, reversed ? a : b, "bool");
  };

function not(ctx: NodeContext, x: Value): Value {
  if (x.kind === "constant") return mapConstant(ctx, x, (v) => (v === 0 ? 1 : 0), "bool");
  return combine(ctx, "sub", ctx.floatConstant([], [1], "one"), x, "bool");
}

/** a xor b = not (a equal b). */
function xor(ctx: NodeContext): Value {
  const equal = compare({ constants: (a, b) => (a !== 0) === (b !== 0), fn: "equal" });
  return not(ctx, equal(ctx) as Value);
}

/** x where the condition holds, plus y where it does not; both are 0 elsewhere. */
function* where(ctx: NodeContext): Generator<undefined, Value> {
  const [condition, x, y] = [ctx.input(0), ctx.input(1), ctx.input(2)];
  requireFloat(ctx, x, y);
  if (condition.kind === "constant") {
    ctx.spend([], [condition]);
    const data = yield* computing(condition);
    let holds = 0;
    yield* inParts(data.length, (from, to) => {
      for (let i = from; i < to; i++) if (data[i] !== 0) holds++;
    });
    const chosen = holds === data.length ? x : holds === 0 ? y : undefined;
    if (chosen) return expand(ctx, chosen, broadcast(ctx, broadcast(ctx, condition.shape, x.shape), y.shape));
  }
  const [kept, rest] = [combine(ctx, "mask", x, condition), combine(ctx, "mask", y, not(ctx, condition))];
  return binary(ctx, "add", kept, rest);
}

export const logicOps: OpTable = {
  Equal: compare({ constants: (a, b) => a === b, fn: "equal" }),
  Less: compare({ constants: (a, b) => a < b, fn: "less" }),
  LessOrEqual: compare({ constants: (a, b) => a <= b, fn: "lessOrEqual" }),
  Greater: compare({ constants: (a, b) => a > b, fn: "less", reversed: true }),
  GreaterOrEqual: compare({ constants: (a, b) => a >= b, fn: "lessOrEqual", reversed: true }),
  And: compare({ constants: (a, b) => a !== 0 && b !== 0, fn: "mul" }),
  Or: compare({ constants: (a, b) => a !== 0 || b !== 0, fn: "max" }),
  Xor: xor,
  Not: (ctx) => not(ctx, ctx.input(0)),
  Where: where,
};
