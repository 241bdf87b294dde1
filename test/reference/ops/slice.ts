import type { NodeFor, OpAttributes, Shape } from "../../../src/graph/ir";
import { slice as kernel } from "../../../src/kernels/strided-copy";
import { kernelCase, type KernelCase } from "../../kernels/kernel-case";
import { example, int64s, type OnnxExample } from "../onnx-example";
import type { Reference } from "../reference";
import { rearrange, type Tensor } from "../tensor";

function slice(node: NodeFor<"slice">, x: Tensor): Tensor {
  const { starts, steps } = node.attributes;
  return rearrange(node.shape, x, (index) => index.map((i, axis) => starts[axis]! + i * steps[axis]!));
}

export const reference: Reference<"slice"> = { op: "slice", compute: (node, [x]) => slice(node, x!) };

function sliceCase(shape: Shape, starts: readonly number[], steps: readonly number[], outShape: Shape): KernelCase {
  const attributes: OpAttributes["slice"] = { starts, steps };
  return kernelCase(kernel, { shape, starts, steps, outShape }, { src: { shape } }, "slice", attributes, outShape);
}

export const cases: readonly KernelCase[] = [
  sliceCase([1], [0], [1], [1]),
  sliceCase([9], [8], [-1], [9]), // reversed
  sliceCase([2, 7, 6], [0, 1, 5], [1, 2, -2], [2, 3, 3]),
  sliceCase([2, 3, 16], [0, 0, 4], [1, 1, 1], [2, 3, 8]), // vec4
  sliceCase([2, 3, 16], [0, 0, 3], [1, 1, 1], [2, 3, 8]), // off the vec4
  sliceCase([1, 6, 5, 8], [0, 1, 0, 0], [1, 1, 1, 1], [1, 4, 5, 8]),
  sliceCase([4, 8], [3, 0], [-1, 1], [4, 8]), // vec4 rows backwards
];

export const onnx: readonly OnnxExample[] = [
  example("Slice", ["x", int64s([1, 5]), int64s([4, 0]), int64s([1, 2]), int64s([1, -2])]),
  example("Split", ["x", int64s([1, 3])], { axis: 1 }, { outputs: 2 }),
];
