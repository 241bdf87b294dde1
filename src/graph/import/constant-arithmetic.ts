/** Functions of constants for which the graph has no op. */
import type { OnnxDType } from "../../weights/onnx/types";
import { mapElements, zipElements } from "../constants/arithmetic";
import type { NodeContext } from "./context";
import { broadcast } from "./primitives";
import { allocate, type ConstantValue } from "./values";

/** f of every element of a constant and its flat index. Default `dtype`: the constant's. */
export function mapConstant(
  ctx: NodeContext,
  x: ConstantValue,
  f: (x: number, index: number) => number,
  dtype: OnnxDType = x.dtype,
): ConstantValue {
  const count = ctx.spend(x.shape, [x], dtype);
  return ctx.evaluated(dtype, x.shape, () => mapElements(x.data, f, allocate(dtype, count)), x);
}

/** f of two constants with NumPy broadcasting. */
export function zipConstants(
  ctx: NodeContext,
  a: ConstantValue,
  b: ConstantValue,
  f: (a: number, b: number) => number,
  dtype: OnnxDType = a.dtype,
): ConstantValue {
  const shape = broadcast(ctx, a.shape, b.shape);
  const count = ctx.spend(shape, [a, b], dtype);
  return ctx.evaluated(dtype, shape, () => zipElements(a, b, shape, f, allocate(dtype, count)), a, b);
}
