/** Values during import: constants with their elements, or names of tensors that exist at run time. */
import type { OnnxDType } from "../../weights/onnx/types";
import type { Elements, NumberArray } from "../constants/elements";
import { sizeOf, type Shape } from "../ir";

export interface ConstantValue extends Elements {
  readonly kind: "constant";
  readonly name: string;
  readonly dtype: OnnxDType;
  /** The quantised form of a dequantised constant: `source` (i8, same shape) times one scale, or one scale per index of `axis`. */
  readonly int8?: Dequantized | undefined;
}

export interface Dequantized {
  readonly source: ConstantValue;
  readonly scales: Float32Array;
  readonly axis: number;
}

/** A graph input or a node's output. */
export interface RuntimeValue {
  readonly kind: "runtime";
  readonly name: string;
  /** The model's element type; at run time the value is always a float tensor. */
  readonly dtype: OnnxDType;
  readonly shape: Shape;
}

export type Value = ConstantValue | RuntimeValue;

export function isFloat(dtype: OnnxDType): boolean {
  return dtype === "f32" || dtype === "f16" || dtype === "f64" || dtype === "bf16";
}

/** Most elements of a tensor: 2 GiB of f32. The device's limit is checked later, and constants have a budget. */
const LARGEST = 2 ** 29;

/** Most dimensions of a tensor. Real models have at most 8. */
export const MOST_DIMENSIONS = 32;

/** Thrown for a tensor above these limits, or above the budget; import reports it by node name. */
export class TooLarge extends Error {}

/** The element count of a shape. Throws TooLarge. */
export function checkedSize(shape: Shape): number {
  if (shape.length > MOST_DIMENSIONS)
    throw new TooLarge(`a tensor of ${shape.length} dimensions, more than ${MOST_DIMENSIONS}`);
  const count = sizeOf(shape);
  if (!(count <= LARGEST))
    throw new TooLarge(`a tensor of ${count} elements, more than ${LARGEST}, [${shape.join(", ")}]`);
  return count;
}

/** Zeros of the storage type of `dtype`. Importers count them by NodeContext.spend(). */
export function allocate(dtype: OnnxDType, count: number): NumberArray {
  if (isFloat(dtype)) return new Float32Array(count);
  if (dtype === "i8") return new Int8Array(count);
  if (dtype === "u8" || dtype === "bool") return new Uint8Array(count);
  return new Float64Array(count);
}

export function constantOf(
  dtype: OnnxDType,
  shape: Shape,
  data: ArrayLike<number>,
  name: string = "constant",
): ConstantValue {
  const stored = allocate(dtype, sizeOf(shape));
  stored.set(data);
  return { kind: "constant", name, dtype, shape, data: stored };
}

export function floatData(value: ConstantValue): Float32Array {
  return value.data instanceof Float32Array ? value.data : Float32Array.from(value.data);
}
