/** Converts elements of ONNX tensors to numbers. Hosts of WebGPU are little-endian, as ONNX files are. */
import { ModelError } from "../../base/errors";
import { sizeOf } from "../../base/strides";
import { fromHalves } from "./integers";
import { integersFromPacked, isPackedInteger, isSmallFloat } from "./small";
import type { OnnxDType, OnnxTensor } from "../onnx/types";

/** Bytes of one element; several smaller elements share a byte. */
export const ELEMENT_BYTES: Readonly<Record<OnnxDType, number>> = {
  f32: 4,
  f16: 2,
  f64: 8,
  bf16: 2,
  i8: 1,
  u8: 1,
  i16: 2,
  u16: 2,
  i32: 4,
  u32: 4,
  i64: 8,
  u64: 8,
  bool: 1,
  f8e4m3fn: 1,
  f8e4m3fnuz: 1,
  f8e5m2: 1,
  f8e5m2fnuz: 1,
  f8e8m0: 1,
  f4e2m1: 1 / 2,
  i4: 1 / 2,
  u4: 1 / 2,
  i2: 1 / 4,
  u2: 1 / 4,
};

type TypedArray =
  Float32Array | Float64Array | Int8Array | Uint8Array | Int16Array | Uint16Array | Int32Array | Uint32Array;
type TypedArrayOf<T extends TypedArray> = new (buffer: ArrayBufferLike, offset: number, length: number) => T;

/** `bytes` as a typed array: a view of the same memory where its offset is aligned, else a copy. */
export function view<T extends TypedArray>(
  type: TypedArrayOf<T> & { readonly BYTES_PER_ELEMENT: number },
  bytes: Uint8Array,
): T {
  const size = type.BYTES_PER_ELEMENT;
  const aligned = bytes.byteOffset % size === 0 ? bytes : bytes.slice();
  return new type(aligned.buffer, aligned.byteOffset, aligned.byteLength / size);
}

/**
 * The exact elements of an integer or boolean tensor. Integers of 64 bits become what int64ToNumber() says. Throws ModelError for those that
 * it refuses, and for float tensors.
 */
export function toIntegers(tensor: OnnxTensor): number[] {
  const { bytes, dtype } = tensor;
  const where = `tensor "${tensor.name}"`;
  if (isSmallFloat(dtype) || dtype === "f32" || dtype === "f16" || dtype === "bf16" || dtype === "f64")
    throw new ModelError({
      where,
      expected: "integers",
      received: dtype,
      hint: "A shape, index or axis of the model is stored as floats.",
    });
  if (isPackedInteger(dtype)) return Array.from(integersFromPacked(dtype, bytes, sizeOf(tensor.shape)));
  if (dtype !== "i64" && dtype !== "u64") return Array.from(integers(dtype, bytes));
  const data = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  return Array.from({ length: bytes.byteLength / 8 }, (_, i) => {
    const high = dtype === "i64" ? data.getInt32(i * 8 + 4, true) : data.getUint32(i * 8 + 4, true);
    return fromHalves(data.getInt32(i * 8, true), high, where);
  });
}

/** The elements as a typed array of their type; a view where alignment allows. */
export function integers(
  dtype: "i8" | "u8" | "i16" | "u16" | "i32" | "u32" | "bool",
  bytes: Uint8Array,
): Int8Array | Uint8Array | Int16Array | Uint16Array | Int32Array | Uint32Array {
  switch (dtype) {
    case "i8":
      return view(Int8Array, bytes);
    case "u8":
      return bytes;
    case "bool":
      return bytes.map((byte) => (byte === 0 ? 0 : 1));
    case "i16":
      return view(Int16Array, bytes);
    case "u16":
      return view(Uint16Array, bytes);
    case "i32":
      return view(Int32Array, bytes);
    case "u32":
      return view(Uint32Array, bytes);
    default:
      throw dtype satisfies never;
  }
}
