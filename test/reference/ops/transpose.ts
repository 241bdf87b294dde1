import type { NodeFor, Shape } from "../../../src/graph/ir";
import { transpose as kernel } from "../../../src/kernels/strided-copy";
import { kernelCase, type KernelCase } from "../../kernels/kernel-case";
import { example, type OnnxExample } from "../onnx-example";
import type { Reference } from "../reference";
import { rearrange, type Tensor } from "../tensor";

/** Output axis i is input axis perm[i]. */
function transpose(node: NodeFor<"transpose">, x: Tensor): Tensor {
  const { perm } = node.attributes;
  return rearrange(node.shape, x, (index) => perm.map((_, axis) => index[perm.indexOf(axis)]!));
}

export const reference: Reference<"transpose"> = { op: "transpose", compute: (node, [x]) => transpose(node, x!) };

function transposeCase(shape: Shape, perm: readonly number[]): KernelCase {
  const out = perm.map((axis) => shape[axis]!);
  return kernelCase(kernel, { shape, perm }, { src: { shape } }, "transpose", { perm }, out);
}

export const cases: readonly KernelCase[] = [
  transposeCase([1], [0]),
  transposeCase([5, 7], [1, 0]),
  transposeCase([2, 3, 5, 7], [0, 3, 1, 2]), // NHWC to NCHW
  transposeCase([2, 3, 5, 7], [0, 2, 3, 1]), // NCHW to NHWC
  transposeCase([2, 3, 5, 8], [1, 0, 2, 3]), // vec4
  transposeCase([2, 3, 2, 3, 2, 5], [5, 4, 3, 2, 1, 0]), // six axes
  transposeCase([2, 3, 2, 1, 2, 3, 2, 4], [4, 5, 6, 7, 0, 1, 2, 3]), // eight that merge to two
  transposeCase([255, 257], [1, 0]),
];

export const onnx: readonly OnnxExample[] = [example("Transpose", ["x"], { perm: [0, 2, 3, 1] })];
