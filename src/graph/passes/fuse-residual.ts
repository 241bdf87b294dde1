/**
 * Fuses the addition of a value of the same shape into the convolution before it.
 *
 *   before                                               after
 *   %c: f32[1,8,8,4] = conv(%x, %w, %b) {...}            %y: f32[1,8,8,4] = conv(%x, %w, %b, %s) {... activation=relu}
 *   %y: f32[1,8,8,4] = binary(%c, %s) {fn=add activation=relu}
 *
 * Conditions: the convolution has no activation, no residual and no other use. Where both operands are such convolutions, the
 * addition is fused into the later one, because the other value exists by then. Where the convolution already adds the
 * value of another such convolution, that one adds %s:
 *
 *   %d: f32[1,8,8,4] = conv(%z, %v, %a) {...}            %d: f32[1,8,8,4] = conv(%z, %v, %a, %s) {...}
 *   %c: f32[1,8,8,4] = conv(%x, %w, %b, %d) {...}        %y: f32[1,8,8,4] = conv(%x, %w, %b, %d) {... activation=relu}
 *   %y: f32[1,8,8,4] = binary(%c, %s) {fn=add activation=relu}
 */
import { isIdentity, mergeOrigins, rewrite, type Rewrite } from "../edit";
import { sameShape, type Graph, type NodeFor } from "../ir";
import type { Pass } from "./pass";

type Conv = NodeFor<"conv">;

/** The convolution that computes `value` and to whose sum something can be added, if there is no other use of it. */
function linearConv(value: string, rw: Rewrite): Conv | undefined {
  const node = rw.node(value);
  const linear =
    node?.op === "conv" && isIdentity(node.attributes.activation) && !node.attributes.pool && rw.uses(value) === 1;
  return linear ? node : undefined;
}

/** linearConv() without a residual. */
function openConv(value: string, rw: Rewrite): Conv | undefined {
  const node = linearConv(value, rw);
  return node?.inputs.length === 3 ? node : undefined;
}

/** The convolution that computes `value`, and the one whose value it adds, if a residual can be fused into the latter. */
function openChain(value: string, rw: Rewrite): readonly [Conv, Conv] | undefined {
  const last = linearConv(value, rw);
  const first = last?.inputs[3] === undefined ? undefined : openConv(last.inputs[3], rw);
  return last && first && [last, first];
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
      const [a = "", b = ""] = node.inputs;
      const convs = fits ? node.inputs.map((name) => openConv(name, rw)).filter((conv) => conv !== undefined) : [];
      const open = convs.toSorted((one, other) => place.get(other.output)! - place.get(one.output)!)[0];
      const chain = fits && !open ? (openChain(a, rw) ?? openChain(b, rw)) : undefined;
      const [conv, first] = chain ?? [open];
      if (node.op !== "binary" || conv === undefined) return void rw.emit(node);
      const residual = conv.output === a ? b : a;
      if (first) {
        // It moves behind the residual, which may have been computed later.
        rw.remove(first.output);
        rw.emit({ ...first, inputs: [...first.inputs, residual] });
      }
      rw.remove(conv.output);
      rw.emit({
        ...conv,
        output: node.output,
        inputs: first ? conv.inputs : [...conv.inputs, residual],
        attributes: { ...conv.attributes, activation: node.attributes.activation },
        origin: mergeOrigins(conv, node),
      });
    });
  },
};
