import type { NodeFor, Shape } from "../../../src/graph/ir";
import { gather as kernel, gatherIndices } from "../../../src/kernels/gather";
import { kernelCase, type KernelCase } from "../../kernels/kernel-case";
import { example, int64s, type OnnxExample } from "../onnx-example";
import type { Reference } from "../reference";
import { rearrange, type Tensor } from "../tensor";

function gather(node: NodeFor<"gather">, x: Tensor): Tensor {
  const { axis, indices } = node.attributes;
  return rearrange(node.shape, x, (index) => index.map((i, a) => (a === axis ? indices[i]! : i)));
}

export const reference: Reference<"gather"> = { op: "gather", compute: (node, [x]) => gather(node, x!) };

function gatherCase(shape: Shape, axis: number, indices: readonly number[]): KernelCase {
  const out = shape.map((n, i) => (i === axis ? indices.length : n));
  const digits = { shape: [indices.length, 3], values: gatherIndices(indices, shape[axis]!), reference: false };
  const operands = { src: { shape }, indices: digits };
  return kernelCase(kernel, { shape, axis, count: indices.length }, operands, "gather", { axis, indices }, out);
}

export const cases: readonly KernelCase[] = [
  gatherCase([1], 0, [0]),
  gatherCase([2, 5, 3], 1, [4, 0, 0, 2]),
  gatherCase([2, 5, 8], 1, [3, 1]), // vec4
  gatherCase([3, 7], 1, [6, 5, 4, 3, 2, 1, 0, 6]),
  gatherCase([5000, 2], 0, [4999, 2047, 2048, 2049, 4097, 0]), // past what one f16 can count
];

export const onnx: readonly OnnxExample[] = [example("Gather", ["x", int64s([3, 0, 1])], { axis: 1 })];
