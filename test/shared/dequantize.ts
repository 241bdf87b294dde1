/** What DequantizeLinear makes of weights that this project writes: int8, with a scale for each output channel and no zero point. */
import { sizeOf } from "../../src/graph/ir";
import { toIntegers } from "../../src/weights/numbers/dtype";
import { toFloat32 } from "../../src/weights/numbers/floats";
import type { OnnxTensor } from "../../src/weights/onnx/types";

/** values [C, ...] times scale [C], in f32. */
export function dequantized(values: OnnxTensor, scale: OnnxTensor): Float32Array {
  const scales = toFloat32(scale);
  const inner = sizeOf(values.shape) / scales.length;
  return Float32Array.from(toIntegers(values), (value, i) => value * scales[Math.floor(i / inner)]!);
}
