/** Quantised weights: integers with scales. */
import { deferred, derivedKey } from "../../constants/deferred";
import { sizeOf } from "../../ir";
import { describe, type NodeContext, type OpTable } from "../context";
import type { ConstantValue, Dequantized, Value } from "../values";

/** A parameter of quantisation by flat index of x; `run` elements of x in a row share one. */
interface PerAxis {
  readonly run: number;
  readonly at: (flat: number) => number;
}

/** Scale or zero point: one element, or one for each index of `axis`. */
export function perAxis(ctx: NodeContext, x: ConstantValue, parameter: ConstantValue, what: string): PerAxis {
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
  const count = ctx.spend(x.shape, [x]);
  const run = Math.min(scale.run, zeroPoint?.run ?? count);
  const key = derivedKey(`dequantize ${ctx.int("axis", 1)}`, x, ctx.constant(1, "scale"), zero ?? { key: "" });
  const symmetric = x.dtype === "i8" && (zero?.data.every((z) => z === 0) ?? true);
  const int8 = symmetric ? dequantized(ctx, x, ctx.constant(1, "scale")) : undefined;
  const facts = { kind: "constant", name: ctx.constantName, dtype: "f32", shape: x.shape, key, int8 } as const;
  const compute = (): Float32Array => {
    const data = new Float32Array(count);
    const source = x.data;
    for (let start = 0; start < count; start += run) {
      const factor = scale.at(start);
      const offset = zeroPoint?.at(start) ?? 0;
      for (let i = start; i < start + run; i++) data[i] = (source[i]! - offset) * factor;
    }
    return data;
  };
  return deferred(facts, compute, x);
}

export const dequantizeOps: OpTable = {
  DequantizeLinear: { import: dequantizeLinear, since: 10, notes: "constants only; per tensor or per axis" },
};
