/**
 * Fuses the addition of a value of the same shape into the convolution before it.
 *
 *   before                                               after
 *   %c: f32[1,8,8,4] = conv(%x, %w, %b) {...}            %y: f32[1,8,8,4] = conv(%x, %w, %b, %s) {... activation=relu}
 *   %y: f32[1,8,8,4] = binary(%c, %s) {fn=add activation=relu}
 *
 * Conditions: the convolution has no activation, no residual and no other use. Where both operands are such convolutions, the
 * addition is fused into the later one, because the other value exists by then.
 */
import { isIdentity, mergeOrigins, rewrite, type Rewrite } from "../edit";
import { sameShape, type Graph, type NodeFor } from "../ir";
import type { Pass } from "./pass";

/** The convolution that computes `value`, if a residual can be fused into it. */
function openConv(value: string, rw: Rewrite): NodeFor<"conv"> | undefined {
  const node = rw.node(value);
  const open =
    node?.op === "conv" &&
    node.inputs.length === 3 &&
    isIdentity(node.attributes.activation) &&
    !node.attributes.pool &&
    rw.uses(value) === 1;
  return open ? node : undefined;
}

export const fuseResidual: Pass = {
  name: "fuse-residual",
  run(graph: Graph): Generator<undefined, Graph> {
    const place = new Map(graph.nodes.map((node, i) => [node.output, i]));
    return rewrite(graph, (node, rw) => {
      const fits =
        node.op === "binary" &&
        node.attributes.fn === "add" &&
        node.inputs.every((name) => sameShape(rw.shape(name), node.shape) && rw.constant(name) === undefined);
      const convs = fits ? node.inputs.map((name) => openConv(name, rw)).filter((conv) => conv !== undefined) : [];
      const conv = convs.toSorted((a, b) => place.get(b.output)! - place.get(a.output)!)[0];
      if (node.op !== "binary" || conv === undefined) return void rw.emit(node);
      const residual = node.inputs[0] === conv.output ? node.inputs[1]! : node.inputs[0]!;
      rw.remove(conv.output);
      rw.emit({
        ...conv,
        output: node.output,
        inputs: [...conv.inputs, residual],
        attributes: { ...conv.attributes, activation: node.attributes.activation },
        origin: mergeOrigins(conv, node),
      });
    });
  },
};
