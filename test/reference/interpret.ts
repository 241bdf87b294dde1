/**
 * Runs a graph on the CPU, one obvious loop an op. It is the reference for import, passes and whole
 * graphs, so it is written to be read, not to be fast, and it shares nothing with the engine but the IR's types.
 */
import { sameShape, sizeOf, type Graph, type Node } from "../../src/graph/ir";
import { REFERENCES } from "./all";
import type { Tensor } from "./tensor";

/** Values of the graph's outputs, by public name. `inputs` must name every graph input. */
export function interpret(graph: Graph, inputs: Record<string, Float32Array>): Record<string, Float32Array> {
  const values = interpretAll(graph, inputs);
  return Object.fromEntries(graph.outputs.map(({ name, value }) => [name, lookUp(values, value).data]));
}

/** Every value of the graph by name: inputs, constants and the outputs of all nodes. */
export function interpretAll(graph: Graph, inputs: Record<string, Float32Array>): Map<string, Tensor> {
  const values = new Map<string, Tensor>();
  for (const { name, shape } of graph.inputs) {
    const data = inputs[name];
    if (data === undefined || data.length !== sizeOf(shape))
      throw new Error(`input ${name}: ${data?.length ?? "no"} elements for [${shape}]`);
    values.set(name, { shape, data });
  }
  for (const [name, { shape, data }] of graph.constants) {
    if (data.length !== sizeOf(shape)) throw new Error(`constant ${name}: ${data.length} elements for [${shape}]`);
    values.set(name, { shape, data });
  }
  for (const node of graph.nodes) {
    const result = evaluate(
      node,
      node.inputs.map((name) => lookUp(values, name)),
    );
    if (!sameShape(result.shape, node.shape))
      throw new Error(`${node.output}: ${node.op} gives [${result.shape}], the node says [${node.shape}]`);
    if (values.has(node.output)) throw new Error(`${node.output} is defined twice`);
    values.set(node.output, result);
  }
  return values;
}

function lookUp(values: ReadonlyMap<string, Tensor>, name: string): Tensor {
  const value = values.get(name);
  if (value === undefined) throw new Error(`no value named ${name} yet`);
  return value;
}

/** One node. */
export function evaluate(node: Node, operands: readonly Tensor[]): Tensor {
  const reference = REFERENCES.get(node.op);
  if (!reference) throw new Error(`no reference for ${node.op} in test/reference/ops`);
  return reference.compute(node, operands);
}
