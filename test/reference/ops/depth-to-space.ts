import type { NodeFor, Shape } from "../../../src/graph/ir";
import { depthToSpace as kernel } from "../../../src/kernels/block-copy";
import { kernelCase, type KernelCase } from "../../kernels/kernel-case";
import { example, type OnnxExample } from "../onnx-example";
import type { Reference } from "../reference";
import { as4, fill, type Tensor } from "../tensor";

/** [N,H,W,C*b*b] -> [N,H*b,W*b,C]. DCR: channel = (by*b + bx)*C + c; CRD: channel = (c*b + by)*b + bx. */
function depthToSpace(node: NodeFor<"depthToSpace">, x: Tensor): Tensor {
  const [, H, W, IC] = as4(x.shape);
  const C = node.shape[3]!;
  const { block: b, mode } = node.attributes;
  return fill(node.shape, ([n, oy, ox, c]) => {
    const [by, bx] = [oy! % b, ox! % b];
    const channel = mode === "DCR" ? (by * b + bx) * C + c! : (c! * b + by) * b + bx;
    return x.data[((n! * H + Math.floor(oy! / b)) * W + Math.floor(ox! / b)) * IC + channel]!;
  });
}

export const reference: Reference<"depthToSpace"> = {
  op: "depthToSpace",
  compute: (node, [x]) => depthToSpace(node, x!),
};

function depthToSpaceCase(shape: Shape, block: number, mode: "DCR" | "CRD"): KernelCase {
  const [batch, height, width, channels] = shape as [number, number, number, number];
  const out = [batch, height * block, width * block, channels / block ** 2];
  const params = { batch, height, width, channels, block, mode };
  return kernelCase(kernel, params, { src: { shape } }, "depthToSpace", { block, mode }, out);
}

export const cases: readonly KernelCase[] = [
  ...(["DCR", "CRD"] as const).flatMap((mode) => [
    depthToSpaceCase([1, 1, 1, 1], 1, mode),
    depthToSpaceCase([2, 3, 5, 12], 2, mode),
    depthToSpaceCase([1, 3, 2, 32], 2, mode),
    depthToSpaceCase([1, 2, 3, 18], 3, mode),
  ]),
];

export const onnx: readonly OnnxExample[] = [example("DepthToSpace", ["x"], { blocksize: 2 })];
