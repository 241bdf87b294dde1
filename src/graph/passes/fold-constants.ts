/**
 * Computes nodes whose inputs are all constants.
 *
 *   before                                              after
 *   %w: const f32[2,3]                                  %w: const f32[2,3]
 *   %t: f32[3,2] = transpose(%w) {perm=1x0}             %t: const f32[3,2]
 *   %y: f32[1,2] = matmul(%x, %t)                       %y: f32[1,2] = matmul(%x, %t)
 *
 * An expand is folded only where the constant does not become larger: repeating is cheap, memory is not.
 * A node whose value is a graph output stays, so that every output is written by a node.
 */
import { rewrite } from "../edit";
import { sizeOf, type Graph } from "../ir";
import { evaluate, type Ops } from "../op";
import type { Pass } from "./pass";

export const foldConstants: Pass = {
  name: "fold-constants",
  run(graph: Graph, ops: Ops): Generator<undefined, Graph> {
    const outputs = new Set(graph.outputs.map((output) => output.value));
    return rewrite(graph, (node, rw) => {
      const inputs = node.inputs.map((name) => rw.constant(name));
      const known = inputs.filter((constant) => constant !== undefined);
      const grows = node.op === "expand" && sizeOf(node.shape) > sizeOf(rw.shape(node.inputs[0]!));
      const folds = known.length === inputs.length && !grows && !outputs.has(node.output);
      const value = folds ? evaluate(ops, node, known) : undefined;
      if (value === undefined) rw.emit(node);
      else rw.replace(node.output, rw.addConstant(`${node.output}.folded`, value));
    });
  },
};
