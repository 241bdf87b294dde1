/** Products of matrices and vectors. */
import { IDENTITY, sizeOf, type Shape } from "../../ir";
import { MOST_EVALUATED } from "../../ops/matmul";
import { describe, type NodeContext, type OpTable } from "../context";
import { binary, broadcast, expand, reshape, transpose } from "../primitives";
import { isFloat, type Value } from "../values";

/** alpha * A' B' + beta * C. alpha goes into B where that is constant, beta into C. */
function gemm(ctx: NodeContext): Value {
  const operand = (index: number, transposed: string) => {
    const value = ctx.input(index);
    if (value.shape.length !== 2) ctx.malformed(`a matrix as input ${index}`, describe(value.shape));
    return ctx.int(transposed, 0) === 0 ? value : transpose(ctx, value, [1, 0]);
  };
  let a = operand(0, "transA");
  let b = operand(1, "transB");
  const [m, k] = a.shape as [number, number];
  const n = b.shape[1]!;
  if (b.shape[0] !== k) ctx.malformed("matrices that fit", `${describe(a.shape)} x ${describe(b.shape)}`);
  const alpha = ctx.float("alpha", 1);
  // Multiplied first, infinity makes sums of products that are no numbers.
  if (!Number.isFinite(alpha)) ctx.unsupported(`attribute alpha=${alpha}`);
  if (alpha !== 1) {
    const factor = ctx.floatConstant([], [alpha], "alpha");
    if (b.kind === "constant") b = binary(ctx, "mul", b, factor);
    else a = binary(ctx, "mul", a, factor);
  }
  const beta = ctx.float("beta", 1);
  const given = beta === 0 ? undefined : ctx.optional(2);
  if (given === undefined) return matrixProduct(ctx, [a, b], [m, n]);
  const c = beta === 1 ? given : binary(ctx, "mul", given, ctx.floatConstant([], [beta], "beta"));
  if (broadcast(ctx, c.shape, [m, n]).length !== 2 || c.shape.some((size, i) => size > [m, n][i + 2 - c.shape.length]!))
    ctx.malformed(`C to broadcast to [${m}, ${n}]`, describe(c.shape));
  const perColumn = c.shape.length < 2 || c.shape[0] === 1;
  if (perColumn) return matrixProduct(ctx, [a, b, expand(ctx, reshape(ctx, c, [sizeOf(c.shape)]), [n])], [m, n]);
  return binary(ctx, "add", matrixProduct(ctx, [a, b], [m, n]), c);
}

function matrixProduct(ctx: NodeContext, operands: readonly Value[], shape: Shape): Value {
  const [a] = operands;
  if (!isFloat(a!.dtype) && sizeOf(shape) * a!.shape.at(-1)! > MOST_EVALUATED)
    ctx.unsupported(`a product of more than ${MOST_EVALUATED} multiplications of ${a!.dtype}`);
  return ctx.apply("matmul", operands, { activation: IDENTITY }, shape);
}

/** NumPy's matmul: vectors are lifted to matrices, batch dimensions broadcast. */
export function matmul(ctx: NodeContext, left: Value, right: Value): Value {
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
  const y = matrixProduct(ctx, [a, b], [...batch, m, n]);
  const rows = left.shape.length === 1 ? [] : [m];
  const columns = right.shape.length === 1 ? [] : [n];
  return reshape(ctx, y, [...batch, ...rows, ...columns]);
}

export const matrixOps: OpTable = {
  Gemm: gemm,
  MatMul: (ctx) => matmul(ctx, ctx.input(0), ctx.input(1)),
};
