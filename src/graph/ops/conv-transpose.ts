/** Transposed convolution. */
import { convTranspose2d } from "../../kernels/conv/transpose";
import { sizeOf, type Pair } from "../ir";
import type { OpDefinition } from "../op";
import { expectRank, expectShape, fail, show, spatialSizes } from "../op-tools";

declare module "../ir" {
  interface OpAttributes {
    /** inputs: x [N,H,W,C], weights [KH,KW,OC/groups,C], bias [OC]. The node's shape states the output's height and width. */
    convTranspose: { strides: Pair; pads: Pads; dilations: Pair; groups: number; activation: Activation };
  }
}

export const convTranspose: OpDefinition<"convTranspose"> = {
  arity: [3, 3],
  kernels: { convTranspose2d },
  shape(node, [x, weights, bias]) {
    expectRank(node, x, 4, "x");
    expectRank(node, weights!, 4, "weights");
    if (weights![3] !== x[3]) fail(node, `weights [KH,KW,OC/groups,${x[3]}]`, show(weights!));
    const channels = weights![2]! * node.attributes.groups;
    expectShape(node, bias, [channels], "bias");
    return [x[0]!, node.shape[1]!, node.shape[2]!, channels];
  },
  flops: ({ attributes }, [x, weights]) => (2 * sizeOf(x) * sizeOf(weights!.slice(0, 3))) / attributes.groups,
  lower(b, node) {
    const [src = "", weights = "", bias = ""] = node.inputs;
    const [kernelHeight, kernelWidth] = b.shape(weights) as [number, number, number, number];
    const [padTop, padLeft] = node.attributes.pads;
    const plan = convTranspose2d.plan({
      ...spatialSizes(b.shape(src), node.shape),
      ...node.attributes,
      kernel: [kernelHeight, kernelWidth],
      padTop,
      padLeft,
      elem: b.elem,
    });
    b.step(node, "convTranspose2d", plan, { src, weights, bias });
  },
};
