/**
 * Fuses 2x2 max pooling into the convolution before it.
 *
 *   before                                               after
 *   %c: f32[1,8,8,4] = conv(%x, %w, %b) {...}            %p: f32[1,4,4,4] = conv(%x, %w, %b) {... pool=true}
 *   %p: f32[1,4,4,4] = pool(%c) {kind=max kernel=2x2 strides=2x2 pads=0x0x0x0 ...}
 *
 * Conditions: the convolution has one group, no residual, no other use, and a non-decreasing activation, so that the maximum
 * may be taken before it. Runs after the other fusions, which do not support convolutions with pooling.
 */
import { mergeOrigins, rewrite } from "../edit";
import type { Activation, Graph, Node, NodeFor } from "../ir";
import type { Pass } from "./pass";

function neverDecreases(activation: Activation): boolean {
  switch (activation.fn) {
    case "identity":
    case "relu":
    case "sigmoid":
    case "tanh":
    case "clip":
      return true;
    case "leakyRelu":
      return activation.alpha >= 0;
    default:
      return false;
  }
}

function isHalving({ kind, kernel, strides, pads, dilations }: NodeFor<"pool">["attributes"]): boolean {
  return (
    kind === "max" &&
    [...kernel, ...strides].every((n) => n === 2) &&
    ![...pads, dilations[0] - 1, dilations[1] - 1].some(Boolean)
  );
}

function takesPool(node: Node | undefined): node is NodeFor<"conv"> {
  if (node?.op !== "conv" || node.inputs.length > 3) return false;
  const { groups, upsample, pool, activation } = node.attributes;
  return groups === 1 && !upsample && !pool && neverDecreases(activation);
}

export const fusePool: Pass = {
  name: "fuse-pool",
  run(graph: Graph): Generator<undefined, Graph> {
    return rewrite(graph, (node, rw) => {
      const conv = rw.node(node.inputs[0]!);
      const fits = node.op === "pool" && isHalving(node.attributes) && takesPool(conv) && rw.uses(conv.output) === 1;
      if (!fits) return void rw.emit(node);
      rw.remove(conv.output);
      const attributes = { ...conv.attributes, pool: true } as const;
      rw.emit({ ...conv, output: node.output, shape: node.shape, attributes, origin: mergeOrigins(conv, node) });
    });
  },
};
