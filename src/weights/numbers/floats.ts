/** Converts tensors of any element type to f32. */
import { sizeOf } from "../../base/strides";
import { integers, toIntegers, view } from "./dtype";
import { floatFromHalf } from "./half";
import { floatsFromSmall, integersFromPacked, isPackedInteger, isSmallFloat } from "./small";
import type { OnnxTensor } from "../onnx/types";

/**
 * The elements as f32, rounded to nearest. For f32 tensors at an aligned offset this is a view of the file's bytes: do not
 * write to it.
 */
export function toFloat32(tensor: OnnxTensor): Float32Array {
  const { bytes, dtype } = tensor;
  if (isSmallFloat(dtype)) return floatsFromSmall(dtype, bytes, sizeOf(tensor.shape));
  if (isPackedInteger(dtype)) return Float32Array.from(integersFromPacked(dtype, bytes, sizeOf(tensor.shape)));
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
