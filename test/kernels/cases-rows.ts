/** Kernels that work along rows: reduce, softmax and the normalisations. */
import type { OpAttributes, Shape } from "../../src/graph/ir";
import { instanceNorm, layerNorm } from "../../src/kernels/normalize";
import { reduce, type Rows } from "../../src/kernels/reduce";
import { softmax } from "../../src/kernels/softmax";
import { kernelCase, ROUNDED, type KernelCase, type Operand } from "./kernel-case";

const shapeOf = ({ outer, axis, inner }: Rows): Shape => [outer, axis, inner];
const rows = (outer: number, axis: number, inner: number): Rows => ({ outer, axis, inner });

/** One row, short rows, rows of a workgroup less or more one, and every choice of invocations and lanes. */
const awkward = [
  rows(1, 1, 1),
  rows(3, 5, 7),
  rows(65, 3, 1),
  rows(3, 63, 1),
  rows(3, 64, 1),
  rows(70, 65, 1),
  rows(2, 130, 5),
  rows(2, 130, 8),
  rows(1, 64, 260),
  rows(2, 1025, 5), // long and few, not contiguous
  rows(1, 1024, 8),
];

function reduceCase(view: Rows, fn: OpAttributes["reduce"]["fn"], low = -1, high = 1): KernelCase {
  const attributes = { fn, axes: [1], keepDims: false };
  const shape = shapeOf(view);
  const src: Operand = { shape, low, high };
  // f16 rounds the result to 11 bits of its own size; f32 sums in another order than the reference.
  const largest = Math.max(Math.abs(low), Math.abs(high)) * (fn === "sum" ? view.axis : 1);
  const tolerance = { f32: { abs: 1e-6 * largest }, f16: { abs: 2 ** -11 * largest } };
  return kernelCase(reduce, { ...view, fn }, { src }, "reduce", attributes, [view.outer, view.inner], tolerance);
}

export const reduceCases: readonly KernelCase[] = [
  ...awkward.map((view) => reduceCase(view, "mean")),
  reduceCase(rows(2, 64, 1536), "mean"), // Inception's global average, smaller
  ...(["sum", "max", "min"] as const).flatMap((fn) => [
    reduceCase(rows(3, 5, 7), fn),
    reduceCase(rows(3, 100, 4), fn),
    reduceCase(rows(2, 64, 1), fn, 0.5, 2), // a minimum above and a maximum below zero
    reduceCase(rows(2, 5, 4), fn, -2, -0.5),
  ]),
];

function softmaxCase(view: Rows, low = -4, high = 4): KernelCase {
  const shape = shapeOf(view);
  return kernelCase(softmax, view, { src: { shape, low, high } }, "softmax", { axis: 1 }, shape, ROUNDED);
}

export const softmaxCases: readonly KernelCase[] = [
  ...awkward.map((view) => softmaxCase(view)),
  softmaxCase(rows(2, 1000, 1), -20, 20),
  softmaxCase(rows(2, 10, 3), 500, 1000), // exp would overflow without the maximum subtracted
  softmaxCase(rows(2, 70, 1), -1000, -500),
];

function layerNormCase(rowCount: number, size: number, bias: boolean, low = -1, high = 1): KernelCase {
  const epsilon = 1e-5;
  const src = { shape: [rowCount, size], low, high };
  const scale = { shape: [size], low: 0.5, high: 2 };
  const operands: Record<string, Operand> = bias ? { src, scale, bias: { shape: [size] } } : { src, scale };
  const params = { rows: rowCount, size, epsilon, bias };
  return kernelCase(
    layerNorm,
    params,
    operands,
    "layerNorm",
    { axis: 1, epsilon },
    src.shape,
    NORMALIZED,
    `bias=${bias}`,
  );
}

function instanceNormCase(shape: readonly [number, number, number, number], low = -1, high = 1): KernelCase {
  const [batch, height, width, channels] = shape;
  const epsilon = 1e-5;
  const operands = { src: { shape, low, high }, scale: { shape: [channels] }, bias: { shape: [channels] } };
  const params = { batch, pixels: height * width, channels, epsilon };
  return kernelCase(instanceNorm, params, operands, "instanceNorm", { epsilon }, shape, NORMALIZED);
}

/** Subtracting the mean loses bits: 1e-5 where it is large beside the deviations. The range is about 4. */
const NORMALIZED: KernelCase["tolerance"] = { f32: { abs: 1e-5 }, f16: { range: 2 ** -10, abs: 1e-5 } };

export const normalizeCases: readonly KernelCase[] = [
  layerNormCase(1, 1, true),
  layerNormCase(5, 7, true),
  layerNormCase(65, 9, false),
  layerNormCase(3, 64, false),
  layerNormCase(3, 197, true),
  layerNormCase(2, 96, true, 9, 11), // far from zero
  instanceNormCase([1, 1, 1, 1]),
  instanceNormCase([2, 3, 5, 7]),
  instanceNormCase([2, 9, 11, 8]),
  instanceNormCase([1, 9, 11, 3]),
  instanceNormCase([1, 8, 8, 4], 9, 11),
  instanceNormCase([1, 32, 33, 8]),
];
