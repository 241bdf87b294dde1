/** Converts tensors of any element type to f32. */
import { ModelError } from "../../base/errors";
import { countOf, integers, toIntegers, view } from "./dtype";
import { floatFromHalf } from "./from-half";
import { floatsFromSmall, integersFromPacked, isPackedInteger, isSmallFloat } from "./small";
import type { OnnxTensor } from "../onnx/types";

/**
 * The elements as f32, rounded to nearest. For f32 tensors at an aligned offset this is a view of the file's bytes: do not
 * write to it.
 */
export function toFloat32(tensor: OnnxTensor): Float32Array {
  const { bytes, dtype } = tensor;
  if (isSmallFloat(dtype)) return floatsFromSmall(dtype, bytes, countOf(tensor));
  if (isPackedInteger(dtype)) return Float32Array.from(integersFromPacked(dtype, bytes, countOf(tensor)));
  switch (dtype) {
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
      return new Float32Array(integers(dtype, bytes));
  }
}

/**
 * ONNX DequantizeLinear: (values - zeroPoint) * scale, computed in f32.
 * values: 8, 16 or 32-bit integers of any shape [..., C, ...]; scale and zeroPoint: one element, or [C] along `axis`
 * (negative counts from the end). Throws ModelError for blocked quantisation (a scale of values' rank), which is unsupported.
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
