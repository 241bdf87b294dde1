/** Winograd's transform of weights. shaders/lib/winograd.wgsl has the other transforms, for the same interpolation points. */
import { KernelError } from "../../base/errors";

/** The finite interpolation points. F(m, r) uses the first m + r - 2 of them and infinity. */
const POINTS = [0, 1, -1, 0.5, -2];

/**
 * G of F(outputs, kernel): [outputs + kernel - 1][kernel]. Row i has the powers of point i divided by the product of its
 * differences to the other finite points (Toom-Cook); the row of infinity has a 1 for the last tap.
 */
export function weightTransform(outputs: number, kernel: number): number[][] {
  const points = POINTS.slice(0, outputs + kernel - 2);
  const taps = [...Array(kernel).keys()];
  const rows = points.map((p) => {
    const scale = points.reduce((product, q) => (q === p ? product : product * (p - q)), 1);
    return taps.map((tap) => p ** tap / scale);
  });
  return [...rows, taps.map((tap) => Number(tap === kernel - 1))];
}

/** The parameters that transformed weights depend on. */
export interface WinogradWeights {
  /** Output pixels along each side of a tile. */
  readonly outputs: number;
  /** Taps along each side. */
  readonly kernel: number;
  /** outputs + kernel - 1. */
  readonly points: number;
  readonly inChannels: number;
  readonly outChannels: number;
  /** Output channels after zero-padding. */
  readonly columns: number;
}

/** target[at + i] = sum over k of factors[k] * source[from + k * step + i], for i below `count`. */
function combine(
  target: Float32Array | Float64Array,
  at: number,
  factors: readonly number[],
  source: Float32Array | Float64Array,
  [from, step, count]: readonly [number, number, number],
): void {
  factors.forEach((factor, k) => {
    const first = from + k * step;
    if (k === 0) for (let i = 0; i < count; i++) target[at + i] = factor * source[first + i]!;
    else if (factor) for (let i = 0; i < count; i++) target[at + i]! += factor * source[first + i]!;
  });
}

/** Weights [kernel,kernel,C,OC] -> G g G^T of each pair of channels, [points * points, C, columns]. Yields after each input channel. */
export function* transformWeights(
  data: Float32Array,
  { outputs, kernel, points, inChannels, outChannels, columns }: WinogradWeights,
): Generator<undefined, Float32Array> {
  if (data.length !== kernel * kernel * inChannels * outChannels)
    throw new KernelError(
      "winograd",
      `${kernel} x ${kernel} x ${inChannels} x ${outChannels} weights`,
      `${data.length}`,
    );
  const g = weightTransform(outputs, kernel);
  const result = new Float32Array(points * points * inChannels * columns);
  const partial = new Float64Array(kernel * outChannels);
  for (let channel = 0; channel < inChannels; channel++) {
    g.forEach((vertical, i) => {
      for (let x = 0; x < kernel; x++) {
        const under = [(x * inChannels + channel) * outChannels, kernel * inChannels * outChannels] as const;
        combine(partial, x * outChannels, vertical, data, [...under, outChannels]);
      }
      g.forEach((horizontal, j) => {
        const at = ((i * points + j) * inChannels + channel) * columns;
        combine(result, at, horizontal, partial, [0, outChannels, outChannels]);
      });
    });
    yield;
  }
  return result;
}
