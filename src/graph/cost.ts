/** Arithmetic and memory of a graph, counted from shapes alone. */
import { sizeOf, type Graph, type Shape } from "./ir";
import { definitionOf, type Inputs, type Ops } from "./op";

interface GraphTotals {
  readonly nodes: number;
  readonly flops: number;
  /** Elements that nodes write. Reshape writes none. */
  readonly activations: number;
  /** Elements of constants. */
  readonly constants: number;
}

/** Totals over a graph that verify() accepts. */
export function totals(graph: Graph, ops: Ops): GraphTotals {
  const shapes = shapesOf(graph);
  let flops = 0;
  let activations = 0;
  let constants = 0;
  for (const node of graph.nodes) {
    const inputs = node.inputs.map((name) => shapes.get(name)!);
    flops += definitionOf(ops, node).flops(node, inputs as unknown as Inputs<Shape>);
    if (node.op !== "reshape") activations += sizeOf(node.shape);
  }
  for (const constant of graph.constants.values()) constants += sizeOf(constant.shape);
  return { nodes: graph.nodes.length, flops, activations, constants };
}

/** Shape of every value, by name. */
export function shapesOf(graph: Graph): Map<string, Shape> {
  const shapes = new Map<string, Shape>();
  for (const input of graph.inputs) shapes.set(input.name, input.shape);
  for (const [name, constant] of graph.constants) shapes.set(name, constant.shape);
  for (const node of graph.nodes) shapes.set(node.output, node.shape);
  return shapes;
}
