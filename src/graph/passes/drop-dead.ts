/**
 * Removes nodes and constants that no output depends on.
 *
 *   before                                         after
 *   %w: const f32[4]                               %y: f32[1,4] = unary(%x) {activation=relu}
 *   %z: f32[1,4] = binary(%x, %w) {fn=add}         output "y" = %y
 *   %y: f32[1,4] = unary(%x) {activation=relu}
 *   output "y" = %y
 */
import { visiting } from "../../base/pacer";
import type { Constant, Graph, Node } from "../ir";
import type { Pass } from "./pass";

export const dropDead: Pass = {
  name: "drop-dead",
  *run(graph: Graph): Generator<undefined, Graph> {
    const live = new Set(graph.outputs.map((output) => output.value));
    const nodes: Node[] = [];
    yield* visiting(graph.nodes.toReversed(), (node) => {
      if (!live.has(node.output)) return;
      nodes.push(node);
      for (const name of node.inputs) live.add(name);
    });
    const constants = new Map<string, Constant>();
    for (const [name, constant] of graph.constants) if (live.has(name)) constants.set(name, constant);
    return { ...graph, constants, nodes: nodes.reverse() };
  },
};
