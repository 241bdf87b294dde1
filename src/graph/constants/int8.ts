/** Weights that are 8-bit integers times a scale per output channel, which can be stored as integers on the GPU. */
import type { Constant, Shape } from "../ir";

/** Quantises `data` symmetrically: the largest magnitude of each channel (last axis) becomes 127. */
export function quantized(shape: Shape, data: Float32Array): Constant {
  const channels = shape.at(-1)!;
  const scales = new Float32Array(channels);
  data.forEach((x, i) => (scales[i % channels] = Math.max(scales[i % channels]!, Math.abs(x) / 127)));
  const integers = Int8Array.from(data, (x, i) => Math.round(x / (scales[i % channels]! || 1)));
  const rounded = Float32Array.from(integers, (q, i) => q * scales[i % channels]!);
  return { shape, data: rounded, int8: { data: integers, scales } };
}
