import type { NodeFor } from "../../../src/graph/ir";
import type { Rows } from "../../../src/kernels/reduce";
import { softmax as kernel } from "../../../src/kernels/softmax";
import { kernelCase, ROUNDED, type KernelCase } from "../../kernels/kernel-case";
import { awkward, rows, shapeOf } from "../rows";
import { example, type OnnxExample } from "../onnx-example";
import type { Reference } from "../reference";
import { stridesOf, type Tensor } from "../tensor";

/** exp(x - max) / sum of exp(x - max) along one axis. */
function softmax(node: NodeFor<"softmax">, x: Tensor): Tensor {
  const { axis } = node.attributes;
  const size = x.shape[axis]!;
  const stride = stridesOf(x.shape)[axis]!;
  const data = new Float32Array(x.data.length);
  for (let first = 0; first < data.length; first++) {
    if (Math.floor(first / stride) % size !== 0) continue;
    const row = Array.from({ length: size }, (_, i) => x.data[first + i * stride]!);
    const max = Math.max(...row);
    const sum = row.reduce((total, value) => total + Math.exp(value - max), 0);
    row.forEach((value, i) => (data[first + i * stride] = Math.exp(value - max) / sum));
  }
  return { shape: node.shape, data };
}

export const reference: Reference<"softmax"> = { op: "softmax", compute: (node, [x]) => softmax(node, x!) };

function softmaxCase(view: Rows, low = -4, high = 4): KernelCase {
  const shape = shapeOf(view);
  return kernelCase(kernel, view, { src: { shape, low, high } }, "softmax", { axis: 1 }, shape, ROUNDED);
}

export const cases: readonly KernelCase[] = [
  ...awkward.map((view) => softmaxCase(view)),
  softmaxCase(rows(2, 1000, 1), -20, 20),
  softmaxCase(rows(2, 10, 3), 500, 1000), // exp would overflow without the maximum subtracted
  softmaxCase(rows(2, 70, 1), -1000, -500),
];

export const onnx: readonly OnnxExample[] = [example("Softmax", ["x"], { axis: 1 }), example("LogSoftmax", ["x"])];
