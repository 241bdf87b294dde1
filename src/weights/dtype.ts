/** Elements of ONNX tensors as numbers. Hosts of WebGPU are little-endian, as ONNX files are. */
import { ModelError } from "../errors";
import { floatFromHalf } from "./half";
import { fromHalves } from "./integers";
import type { OnnxDType, OnnxTensor } from "./types";

export { floatFromHalf, halfFromFloat } from "./half";

/** Bytes of one element. */
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
};

type TypedArray =
  Float32Array | Float64Array | Int8Array | Uint8Array | Int16Array | Uint16Array | Int32Array | Uint32Array;
type TypedArrayOf<T extends TypedArray> = new (buffer: ArrayBufferLike, offset: number, length: number) => T;

/** `bytes` as a typed array: a view of the same memory where its offset is aligned, else of a copy. */
function view<T extends TypedArray>(
  type: TypedArrayOf<T> & { readonly BYTES_PER_ELEMENT: number },
  bytes: Uint8Array,
): T {
  const size = type.BYTES_PER_ELEMENT;
  const aligned = bytes.byteOffset % size === 0 ? bytes : bytes.slice();
  return new type(aligned.buffer, aligned.byteOffset, aligned.byteLength / size);
}

/**
 * Every element as f32, rounded to nearest where f32 cannot hold it. For f32 tensors at an aligned offset this is a
 * view of the file's bytes: do not write to it.
 */
export function toFloat32(tensor: OnnxTensor): Float32Array {
  const { bytes } = tensor;
  switch (tensor.dtype) {
    case "f32":
      return view(Float32Array, bytes);
    case "f16":
      return floatFromHalf(view(Uint16Array, bytes));
    case "bf16":
      return new Float32Array(Uint32Array.from(view(Uint16Array, bytes), (bits) => bits << 16).buffer);
    case "f64":
      return new Float32Array(view(Float64Array, bytes));
    case "i64":
    case "u64":
      return Float32Array.from(toIntegers(tensor));
    default:
      return new Float32Array(integers(tensor.dtype, bytes));
  }
}

/**
 * Every element of an integer or boolean tensor, exactly. INT64_MAX and INT64_MIN, which stand for "to the end" in
 * Slice, become +/-(2^53 - 1); other integers beyond 2^53 and float tensors are a ModelError.
 */
export function toIntegers(tensor: OnnxTensor): number[] {
  const { bytes, dtype } = tensor;
  const where = `tensor "${tensor.name}"`;
  switch (dtype) {
    case "f32":
    case "f16":
    case "bf16":
    case "f64":
      throw new ModelError({
        where,
        expected: "integers",
        received: dtype,
        hint: "A shape, index or axis of the model is stored as floats.",
      });
    case "i64":
    case "u64": {
      const data = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
      return Array.from({ length: bytes.byteLength / 8 }, (_, i) => {
        const high = dtype === "i64" ? data.getInt32(i * 8 + 4, true) : data.getUint32(i * 8 + 4, true);
        return fromHalves(data.getInt32(i * 8, true), high, where);
      });
    }
    default:
      return Array.from(integers(dtype, bytes));
  }
}

function integers(
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

/**
 * ONNX DequantizeLinear: (values - zeroPoint) * scale, computed in f32.
 * values: 8, 16 or 32-bit integers of any shape [..., C, ...]; scale and zeroPoint: one element, or [C] along `axis`
 * (negative counts from the end). Blocked quantisation (a scale of values' rank) is refused with ModelError.
 */
export function dequantize(
  values: OnnxTensor,
  scale: OnnxTensor,
  zeroPoint: OnnxTensor | undefined,
  axis: number,
): Float32Array {
  const where = `DequantizeLinear of "${values.name}"`;
  const { dtype } = values;
  if (dtype !== "i8" && dtype !== "u8" && dtype !== "i16" && dtype !== "u16" && dtype !== "i32")
    throw new ModelError({ where, expected: "values of i8, u8, i16, u16 or i32", received: dtype });
  const source = integers(dtype, values.bytes);
  const scales = toFloat32(scale);
  const zeros = zeroPoint === undefined ? [] : toIntegers(zeroPoint);
  const rank = values.shape.length;
  const perTensor = scale.shape.length === 0 || (scales.length === 1 && scale.shape.length === 1);
  const along = perTensor ? 0 : axis < 0 ? axis + rank : axis;
  const channels = perTensor ? 1 : values.shape[along];
  if (scale.shape.length > 1 || channels === undefined || scales.length !== channels)
    throw new ModelError({
      where,
      expected: `one scale, or one for each of [${values.shape.join(", ")}] along axis ${axis}`,
      received: `scale of shape [${scale.shape.join(", ")}]`,
      hint: "Quantise per tensor or per channel; blocked quantisation is not supported.",
    });
  if (zeroPoint !== undefined && zeros.length !== scales.length)
    throw new ModelError({
      where,
      expected: `as many zero points as scales, ${scales.length}`,
      received: `${zeros.length}`,
    });
  const inner = perTensor ? source.length : values.shape.slice(along + 1).reduce((product, n) => product * n, 1);
  const out = new Float32Array(source.length);
  for (let start = 0, channel = 0; start < out.length; start += inner, channel = (channel + 1) % channels) {
    const factor = scales[channel]!;
    const zero = zeros[channel] ?? 0;
    const end = start + inner;
    for (let i = start; i < end; i++) out[i] = (source[i]! - zero) * factor;
  }
  return out;
}
