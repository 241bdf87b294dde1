/** Values during import: constants with their elements, or names of tensors that exist at run time. */
import type { OnnxDType } from "../../weights/onnx/types";
import { deferred } from "../constants/deferred";
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

/** The constant with a new name or shape. */
export function revised(value: ConstantValue, { name = value.name, shape = value.shape }): ConstantValue {
  const { kind, dtype, key } = value;
  const int8 = shape === value.shape ? value.int8 : undefined;
  return deferred({ kind, name, dtype, shape, key, int8 }, () => value.data, value);
}

export function isFloat(dtype: OnnxDType): boolean {
  return dtype === "f32" || dtype === "f16" || dtype === "f64" || dtype === "bf16";
}

/** Most elements of an evaluated tensor: 512 MiB of f32. Limits the memory that a malicious file can request. */
const LARGEST_EVALUATED = 2 ** 27;
/** Most elements of a tensor at run time: 2 GiB of f32. The device's limit is checked later. */
export const LARGEST_COMPUTED = 2 ** 29;

/** Thrown for a tensor above these limits; import reports it by node name. */
export class TooLarge extends Error {}

/** The element count of a shape, or of a list of that length. */
export function checkedSize(shape: Shape, largest = LARGEST_EVALUATED): number {
  const count = sizeOf(shape);
  if (!(count <= largest))
    throw new TooLarge(`a tensor of ${count} elements, more than ${largest}, [${shape.join(", ")}]`);
  return count;
}

/** Zeros of the storage type of `dtype`. */
export function allocate(dtype: OnnxDType, count: number): NumberArray {
  checkedSize([count]);
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
