/** Checks that a graph is consistent; runs after import and after every pass. */
import { GraphError } from "../base/errors";
import { isDeferred } from "./constants/deferred";
import { inferShape, type Ops } from "./op";
import { show } from "./op-tools";
import { sameShape, sizeOf, type Graph, type Shape } from "./ir";

/**
 * Throws GraphError (a bug in this package, not in the model) unless names are unique, every value is defined before its
 * first use, constants fill their shapes, every node's shape follows from its inputs, and all outputs exist.
 *
 * @param stage "import" or the name of the pass that returned the graph, for the message.
 */
export function verify(graph: Graph, ops: Ops, stage = "import"): void {
  const shapes = new Map<string, Shape>();
  const fail = (what: string, expected: string, received: string): never => {
    throw new GraphError({
      where: `${graph.label}, after ${stage}, ${what}`,
      expected,
      received,
      hint: `This is a bug in ${stage}: please report it with the model.`,
    });
  };
  const define = (name: string, shape: Shape, least = 1): void => {
    if (shapes.has(name)) fail(`value %${name}`, "one definition", "a second one");
    if (!shape.every((n) => Number.isInteger(n) && n >= least)) fail(`value %${name}`, "positive sizes", show(shape));
    shapes.set(name, shape);
  };

  for (const input of graph.inputs) define(input.name, input.shape);
  for (const [name, constant] of graph.constants) {
    define(name, constant.shape, 0);
    if (!isDeferred(constant) && constant.data.length !== sizeOf(constant.shape))
      fail(`constant %${name}`, `${sizeOf(constant.shape)} elements`, `${constant.data.length}`);
  }
  for (const node of graph.nodes) {
    const inputs = node.inputs.map(
      (name) => shapes.get(name) ?? fail(`node %${node.output}`, `input %${name} to be made earlier`, "none"),
    );
    let inferred: Shape;
    try {
      inferred = inferShape(ops, node, inputs);
    } catch (error) {
      if (!(error instanceof GraphError)) throw error;
      return fail(error.where, error.expected, error.received);
    }
    if (!sameShape(inferred, node.shape))
      fail(`node %${node.output} (${node.op})`, `shape ${show(inferred)} from its inputs`, show(node.shape));
    define(node.output, node.shape);
  }
  for (const output of graph.outputs)
    if (!shapes.has(output.value)) fail(`output "${output.name}"`, `value %${output.value} to exist`, "none");
}
