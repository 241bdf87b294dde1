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

/** Where the elements of a constant are stored. Integers of up to 32 bits wrap as in C; 64 bits are exact to 2^53. */
const STORAGE: Readonly<Record<OnnxDType, new (count: number) => NumberArray>> = {
  ...{ f32: Float32Array, f16: Float32Array, bf16: Float32Array, f64: Float32Array },
  ...{ f8e4m3fn: Float32Array, f8e4m3fnuz: Float32Array, f8e5m2: Float32Array, f8e5m2fnuz: Float32Array },
  ...{ f8e8m0: Float32Array, f4e2m1: Float32Array },
  ...{ i8: Int8Array, i4: Int8Array, i2: Int8Array },
  ...{ u8: Uint8Array, u4: Uint8Array, u2: Uint8Array, bool: Uint8Array },
  ...{ i16: Int16Array, u16: Uint16Array, i32: Int32Array, u32: Uint32Array, i64: Float64Array, u64: Float64Array },
};

export function isFloat(dtype: OnnxDType): boolean {
  return STORAGE[dtype] === Float32Array;
}

/** How much an element counts in the budget: words of 32 bits, at least one. */
export function wordsOf(dtype: OnnxDType): 1 | 2 {
  return STORAGE[dtype] === Float64Array ? 2 : 1;
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
  return new STORAGE[dtype](count);
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
  return value.data instanceof Float32Array ? value.data : new Float32Array(value.data);
}
