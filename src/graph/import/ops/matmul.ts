/** Products of batches of matrices, and of vectors. */
import { sizeOf } from "../../ir";
import { describe, type NodeContext, type OpTable } from "../context";
import { broadcast, expand, reshape } from "../primitives";
import type { Value } from "../values";
import { product } from "./matrix";

/** NumPy's matmul: vectors are lifted to matrices, batch dimensions broadcast. */
function matmul(ctx: NodeContext): Value {
  const [left, right] = [ctx.input(0), ctx.input(1)];
  if (left.shape.length === 0 || right.shape.length === 0) ctx.malformed("operands of rank 1 or more", "a scalar");
  let a = left.shape.length === 1 ? reshape(ctx, left, [1, ...left.shape]) : left;
  let b = right.shape.length === 1 ? reshape(ctx, right, [...right.shape, 1]) : right;
  if (a.shape.at(-1) !== b.shape.at(-2))
    ctx.malformed("matrices that fit", `${describe(left.shape)} x ${describe(right.shape)}`);
  const [m, k] = a.shape.slice(-2) as [number, number];
  const n = b.shape.at(-1)!;
  const batch = broadcast(ctx, a.shape.slice(0, -2), b.shape.slice(0, -2));
  a = expand(ctx, a, [...batch, m, k]);
  b = sizeOf(b.shape.slice(0, -2)) === 1 ? reshape(ctx, b, [k, n]) : expand(ctx, b, [...batch, k, n]);
  const y = product(ctx, [a, b], [...batch, m, n]);
  const rows = left.shape.length === 1 ? [] : [m];
  const columns = right.shape.length === 1 ? [] : [n];
  return reshape(ctx, y, [...batch, ...rows, ...columns]);
}

export const matmulOps: OpTable = {
  MatMul: matmul,
};
