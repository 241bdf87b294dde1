import type { NodeFor, Shape } from "../../../src/graph/ir";
import { expand as kernel } from "../../../src/kernels/strided-copy";
import { kernelCase, type KernelCase } from "../../kernels/kernel-case";
import { example, int64s, type OnnxExample } from "../onnx-example";
import type { Reference } from "../reference";
import { broadcastAt, fill, type Tensor } from "../tensor";

function expand(node: NodeFor<"expand">, x: Tensor): Tensor {
  return fill(node.shape, (index) => broadcastAt(x, index));
}

export const reference: Reference<"expand"> = { op: "expand", compute: (node, [x]) => expand(node, x!) };

function expandCase(shape: Shape, outShape: Shape): KernelCase {
  return kernelCase(kernel, { shape, outShape }, { src: { shape } }, "expand", {}, outShape);
}

export const cases: readonly KernelCase[] = [
  expandCase([1], [1]),
  expandCase([1], [67]),
  expandCase([1, 1, 1, 8], [1, 3, 5, 8]), // the embedding over the picture
  expandCase([1, 1, 1, 7], [1, 3, 5, 7]),
  expandCase([2, 1, 3, 1], [2, 4, 3, 5]),
  expandCase([3], [2, 3]),
];

export const onnx: readonly OnnxExample[] = [example("Expand", ["x", int64s([3, 4, 6, 6])])];
