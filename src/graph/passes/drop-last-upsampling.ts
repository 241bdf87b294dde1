/**
 * Drops nearest upsampling at the end of a graph; the reader of the output interpolates instead.
 *
 *   before                                                        after
 *   %r: f32[1,8,8,2] = resize(%x) {mode=nearest ...}              %y: f32[1,2,4,4] = transpose(%x) {perm=0x3x1x2}
 *   %y: f32[1,2,8,8] = transpose(%r) {perm=0x3x1x2}               output "y" = %y
 *   output "y" = %y
 *
 * The pass changes the shape of the output, so it is only for callers that read that shape. The resize repeats each pixel an
 * integer number of times, the same along both axes. Transposes and elementwise functions may follow it; nothing else may read it.
 */
import { countingUses } from "../edit";
import { shapesOf } from "../cost";
import type { Graph, Node, NodeFor, Shape } from "../ir";
import { repeatsOf } from "../ops/resize";
import type { Pass } from "./pass";

/** Whether the resize repeats pixels by the same factor along both axes. */
function repeats(node: NodeFor<"resize">, from: Shape): boolean {
  const times = repeatsOf(node, from);
  return times !== undefined && times[0] === times[1];
}

export const dropLastUpsampling: Pass = {
  name: "drop-last-upsampling",
  *run(graph: Graph): Generator<undefined, Graph> {
    const uses = yield* countingUses(graph);
    const shapes = shapesOf(graph);
    const made = new Map(graph.nodes.map((node) => [node.output, node]));
    /** Replacements of dropped values. */
    const dropped = new Map<string, string>();
    for (const { value } of graph.outputs) {
      let node = made.get(value);
      const alone = (name: string): boolean => uses.get(name) === 1;
      while (node && (node.op === "transpose" || node.op === "unary") && alone(node.output))
        node = made.get(node.inputs[0]!);
      if (node?.op !== "resize" || !alone(node.output) || !repeats(node, shapes.get(node.inputs[0]!)!)) continue;
      dropped.set(node.output, node.inputs[0]!);
    }
    const current = (name: string): string => dropped.get(name) ?? name;
    const nodes = graph.nodes
      .filter(({ output }) => !dropped.has(output))
      .map((node): Node => {
        const moved = { ...node, inputs: node.inputs.map(current) };
        const from = shapes.get(moved.inputs[0]!)!;
        if (moved.op === "transpose") moved.shape = moved.attributes.perm.map((axis) => from[axis]!);
        if (moved.op === "unary") moved.shape = from;
        shapes.set(moved.output, moved.shape);
        return moved;
      });
    return { ...graph, nodes, outputs: graph.outputs.map(({ name, value }) => ({ name, value: current(value) })) };
  },
};
