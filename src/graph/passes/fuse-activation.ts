/**
 * Fuses an elementwise function into the op before it.
 *
 *   before                                         after
 *   %c: f32[1,8,8,4] = conv(%x, %w, %b) {...}      %y: f32[1,8,8,4] = conv(%x, %w, %b) {... activation=relu}
 *   %y: f32[1,8,8,4] = unary(%c) {activation=relu}
 *
 * The op before is conv, convTranspose, matmul or binary, has no activation yet and no other use.
 */
import { isIdentity, mergeOrigins, rewrite } from "../edit";
import type { Activation, Graph, Node, NodeFor } from "../ir";
import type { Pass } from "./pass";

type Activated = NodeFor<"conv"> | NodeFor<"convTranspose"> | NodeFor<"matmul"> | NodeFor<"binary">;

function isActivated(node: Node | undefined): node is Activated {
  const conv = node?.op === "conv" && !node.attributes.pool;
  return conv || node?.op === "convTranspose" || node?.op === "matmul" || node?.op === "binary";
}

/** The node with this activation. */
function withActivation(node: Activated, activation: Activation): Activated {
  switch (node.op) {
    case "conv":
      return { ...node, attributes: { ...node.attributes, activation } };
    case "convTranspose":
      return { ...node, attributes: { ...node.attributes, activation } };
    case "matmul":
      return { ...node, attributes: { activation } };
    case "binary":
      return { ...node, attributes: { ...node.attributes, activation } };
    default:
      return node satisfies never;
  }
}

export const fuseActivation: Pass = {
  name: "fuse-activation",
  run(graph: Graph): Generator<undefined, Graph> {
    return rewrite(graph, (node, rw) => {
      const before = rw.node(node.inputs[0]!);
      const fits =
        node.op === "unary" &&
        isActivated(before) &&
        isIdentity(before.attributes.activation) &&
        rw.uses(before.output) === 1;
      if (!fits) return void rw.emit(node);
      rw.remove(before.output);
      const fused = withActivation(before, node.attributes.activation);
      rw.emit({ ...fused, output: node.output, origin: mergeOrigins(before, node) });
    });
  },
};
