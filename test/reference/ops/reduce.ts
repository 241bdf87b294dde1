import type { NodeFor, OpAttributes } from "../../../src/graph/ir";
import { reduce as kernel, type Rows } from "../../../src/kernels/reduce";
import { kernelCase, type KernelCase, type Operand } from "../../kernels/kernel-case";
import { awkward, rows, shapeOf } from "../rows";
import { example, int64s, type OnnxExample } from "../onnx-example";
import type { Reference } from "../reference";
import { indexOf, stridesOf, type Tensor } from "../tensor";

/** mean, sum, max or min over `axes`. */
function reduce(node: NodeFor<"reduce">, x: Tensor): Tensor {
  const { fn, axes, keepDims } = node.attributes;
  const kept = x.shape.map((n, axis) => (axes.includes(axis) ? 1 : n));
  const strides = stridesOf(kept);
  const size = kept.reduce((product, n) => product * n, 1);
  const start = fn === "max" ? -Infinity : fn === "min" ? Infinity : 0;
  const results = new Float64Array(size).fill(start);
  for (let flat = 0; flat < x.data.length; flat++) {
    const at = indexOf(flat, x.shape).reduce(
      (sum, i, axis) => (axes.includes(axis) ? sum : sum + i * strides[axis]!),
      0,
    );
    const value = x.data[flat]!;
    if (fn === "max") results[at] = Math.max(results[at]!, value);
    else if (fn === "min") results[at] = Math.min(results[at]!, value);
    else results[at] = results[at]! + value;
  }
  const count = x.data.length / size;
  const data = Float32Array.from(results, (value) => (fn === "mean" ? value / count : value));
  const shape = keepDims ? kept : x.shape.filter((_, axis) => !axes.includes(axis));
  return { shape, data };
}

export const reference: Reference<"reduce"> = { op: "reduce", compute: (node, [x]) => reduce(node, x!) };

function reduceCase(
  view: Rows,
  fn: OpAttributes["reduce"]["fn"],
  low = -1,
  high = 1,
  values?: ArrayLike<number>,
): KernelCase {
  const attributes = { fn, axes: [1], keepDims: false };
  const shape = shapeOf(view);
  const src: Operand = { shape, low, high, ...(values && { values }) };
  // f16 rounds the result to 11 bits of its own size; f32 sums in another order than the reference.
  const largest = Math.max(Math.abs(low), Math.abs(high)) * (fn === "sum" ? view.axis : 1);
  const tolerance = { f32: { abs: 1e-6 * largest }, f16: { abs: 2 ** -11 * largest } };
  return kernelCase(kernel, { ...view, fn }, { src }, "reduce", attributes, [view.outer, view.inner], tolerance);
}

/** Two rows: one of infinities alone, and one of numbers with a NaN near its end. */
function notFinite(axis: number, infinity: number): Float32Array {
  const values = new Float32Array(2 * axis).fill(infinity, 0, axis);
  values[2 * axis - 2] = NaN;
  return values;
}

export const cases: readonly KernelCase[] = [
  ...awkward.map((view) => reduceCase(view, "mean")),
  reduceCase(rows(2, 64, 1536), "mean"), // Inception's global average, smaller
  ...(["sum", "max", "min"] as const).flatMap((fn) => [
    reduceCase(rows(3, 5, 7), fn),
    reduceCase(rows(3, 100, 4), fn),
    reduceCase(rows(2, 64, 1), fn, 0.5, 2), // a minimum above and a maximum below zero
    reduceCase(rows(2, 5, 4), fn, -2, -0.5),
  ]),
  ...[3, 100].flatMap((axis) => [
    reduceCase(rows(2, axis, 1), "max", -1, 1, notFinite(axis, -Infinity)),
    reduceCase(rows(2, axis, 1), "min", -1, 1, notFinite(axis, Infinity)),
  ]),
  reduceCase(rows(1, 3, 4), "max", -1, 1, [NaN, -Infinity, 1, 1, 1, -Infinity, NaN, 1, 1, -Infinity, 1, NaN]),
];

export const onnx: readonly OnnxExample[] = [
  ...["Max", "Mean", "Min", "Sum", "L1", "L2", "SumSquare"].map((fn) => example(`Reduce${fn}`, ["x", int64s([1])])),
  example("GlobalAveragePool", ["x"]),
  example("GlobalMaxPool", ["x"]),
];
