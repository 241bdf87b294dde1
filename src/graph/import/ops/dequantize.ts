/** Quantised weights: integers with scales. */
import { inParts } from "../../../base/pacer";
import { deferred, derivedKey } from "../../constants/deferred";
import { sameShape, sizeOf } from "../../ir";
import { describe, type NodeContext, type OpTable } from "../context";
import type { ConstantValue, Dequantized, Value } from "../values";

/** A parameter of quantisation by flat index of x; `run` elements of x in a row share one. */
interface PerAxis {
  readonly run: number;
  readonly at: (flat: number) => number;
}

/** Scale or zero point: one element, or one for each index of `axis`. */
export function perAxis(ctx: NodeContext, x: ConstantValue, parameter: ConstantValue, what: string): PerAxis {
  if (parameter.shape.length > 1) return perBlock(ctx, x, parameter, what);
  if (sizeOf(parameter.shape) === 1) return { run: sizeOf(x.shape), at: () => parameter.data[0]! };
  const axis = ctx.axis(ctx.int("axis", 1), x.shape.length);
  const size = x.shape[axis]!;
  if (sizeOf(parameter.shape) !== size) ctx.malformed(`${what} of ${size} elements`, describe(parameter.shape));
  const inner = sizeOf(x.shape.slice(axis + 1));
  return { run: inner, at: (flat) => parameter.data[Math.floor(flat / inner) % size]! };
}

/** One element for each `block_size` indices of `axis`; on the other axes one for each index. */
function perBlock(ctx: NodeContext, x: ConstantValue, parameter: ConstantValue, what: string): PerAxis {
  const axis = ctx.axis(ctx.int("axis", 1), x.shape.length);
  const block = ctx.int("block_size", 0);
  const wanted = x.shape.map((n, i) => (i === axis ? Math.ceil(n / block) : n));
  if (!sameShape(parameter.shape, wanted))
    ctx.malformed(`${what} of shape ${describe(wanted)}`, describe(parameter.shape));
  const [size, blocks, inner] = [x.shape[axis]!, wanted[axis]!, sizeOf(x.shape.slice(axis + 1))];
  const at = (flat: number) => {
    const row = Math.floor(flat / inner);
    return parameter.data[
      (Math.floor(row / size) * blocks + Math.floor((row % size) / block)) * inner + (flat % inner)
    ]!;
  };
  return { run: 1, at };
}

function dequantized(ctx: NodeContext, source: ConstantValue, scale: ConstantValue): Dequantized {
  const axis = sizeOf(scale.shape) === 1 ? 0 : ctx.axis(ctx.int("axis", 1), source.shape.length);
  return { source, scales: new Float32Array(scale.data), axis };
}

/** (x - zero point) * scale, in f32. */
function dequantizeLinear(ctx: NodeContext): Value {
  const x = ctx.constant(0, "input");
  const scale = perAxis(ctx, x, ctx.constant(1, "scale"), "scale");
  const zero = ctx.optionalConstant(2, "zero point");
  const zeroPoint = zero && perAxis(ctx, x, zero, "zero point");
  const count = ctx.spend(x.shape, [x]);
  const run = Math.min(scale.run, zeroPoint?.run ?? count);
  const key = derivedKey(
    `dequantize ${ctx.int("axis", 1)} ${ctx.int("block_size", 0)}`,
    x,
    ctx.constant(1, "scale"),
    zero ?? { key: "" },
  );
  const perTensorOrAxis = ctx.constant(1, "scale").shape.length < 2;
  const symmetric = perTensorOrAxis && x.dtype === "i8" && (zero?.data.every((z) => z === 0) ?? true);
  const int8 = symmetric ? dequantized(ctx, x, ctx.constant(1, "scale")) : undefined;
  const facts = { kind: "constant", name: ctx.constantName, dtype: "f32", shape: x.shape, key, int8 } as const;
  const compute = function* (): Generator<undefined, Float32Array> {
    const data = new Float32Array(count);
    const source = x.data;
    yield* inParts(count, (from, to) => {
      for (let i = from; i < to;) {
        const factor = scale.at(i);
        const offset = zeroPoint?.at(i) ?? 0;
        for (const end = Math.min(to, i - (i % run) + run); i < end; i++) data[i] = (source[i]! - offset) * factor;
      }
    });
    return data;
  };
  return deferred(facts, compute, x, ctx.constant(1, "scale"), ...(zero ? [zero] : []));
}

export const dequantizeOps: OpTable = {
  DequantizeLinear: dequantizeLinear,
};
