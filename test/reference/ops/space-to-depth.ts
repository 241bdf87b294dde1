import type { NodeFor, Shape } from "../../../src/graph/ir";
import { spaceToDepth as kernel } from "../../../src/kernels/block-copy";
import { kernelCase, type KernelCase } from "../../kernels/kernel-case";
import { example, type OnnxExample } from "../onnx-example";
import type { Reference } from "../reference";
import { as4, fill, type Tensor } from "../tensor";

/** [N,H*b,W*b,C] -> [N,H,W,C*b*b], output channel = (by*b + bx)*C + c. */
function spaceToDepth(node: NodeFor<"spaceToDepth">, x: Tensor): Tensor {
  const [, H, W, C] = as4(x.shape);
  const b = node.attributes.block;
  return fill(node.shape, ([n, oy, ox, oc]) => {
    const c = oc! % C;
    const [by, bx] = [Math.floor(oc! / C / b), Math.floor(oc! / C) % b];
    return x.data[((n! * H + oy! * b + by) * W + ox! * b + bx) * C + c]!;
  });
}

export const reference: Reference<"spaceToDepth"> = {
  op: "spaceToDepth",
  compute: (node, [x]) => spaceToDepth(node, x!),
};

function spaceToDepthCase(shape: Shape, block: number): KernelCase {
  const [batch, height, width, channels] = shape as [number, number, number, number];
  const out = [batch, height / block, width / block, channels * block ** 2];
  const params = { batch, height, width, channels, block };
  return kernelCase(kernel, params, { src: { shape } }, "spaceToDepth", { block }, out);
}

export const cases: readonly KernelCase[] = [
  spaceToDepthCase([1, 1, 1, 1], 1),
  spaceToDepthCase([2, 6, 4, 3], 2),
  spaceToDepthCase([1, 6, 9, 4], 3),
];

export const onnx: readonly OnnxExample[] = [example("SpaceToDepth", ["x"], { blocksize: 3 })];
