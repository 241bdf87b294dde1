/** Arithmetic and memory of a graph, counted from shapes alone. */
import { sizeOf, type Graph, type Node, type NodeFor, type Shape } from "./ir";

/** Where pixels count several times (upsample), the taps on one pixel are one. */
function convFlops({ shape, attributes }: NodeFor<"conv">, weights: Shape): number {
  const { upsample = [1, 1], pool, pads } = attributes;
  // Pixels under the window, summed over the places of one axis.
  const [rows, columns] = upsample.map((factor, axis) => {
    const [places, kernel] = [shape[axis + 1]! * (pool ? 2 : 1), weights[axis]!];
    const pixel = (i: number): number => Math.floor((i - pads[axis]!) / factor);
    let sum = 0;
    for (let i = 0; i < places; i++) sum += pixel(i + kernel - 1) - pixel(i) + 1;
    return sum;
  }) as [number, number];
  return 2 * shape[0]! * shape[3]! * weights[2]! * rows * columns;
}

/** 2 x multiply-accumulates for conv, convTranspose and matmul; one per tap or element for the rest; 0 for data movement. */
export function flopsOf(node: Node, inputs: readonly Shape[]): number {
  const size = sizeOf(node.shape);
  switch (node.op) {
    case "conv":
      return convFlops(node, inputs[1]!);
    case "convTranspose":
      return (2 * sizeOf(inputs[0]!) * sizeOf(inputs[1]!.slice(0, 3))) / node.attributes.groups;
    case "matmul":
      return 2 * size * inputs[0]!.at(-1)!;
    case "pool":
      return size * node.attributes.kernel[0] * node.attributes.kernel[1];
    case "reduce":
      return sizeOf(inputs[0]!);
    case "resize":
      return node.attributes.mode === "linear" ? 8 * size : 0;
    case "unary":
    case "binary":
      return size;
    case "softmax":
      return 3 * size;
    case "instanceNorm":
    case "layerNorm":
      return 5 * size;
    case "concat":
    case "slice":
    case "pad":
    case "reshape":
    case "transpose":
    case "expand":
    case "gather":
    case "depthToSpace":
    case "spaceToDepth":
      return 0;
    default:
      return node satisfies never;
  }
}

export interface GraphTotals {
  readonly nodes: number;
  readonly flops: number;
  /** Elements that nodes write; reshape writes none. */
  readonly activations: number;
  /** Elements of constants. */
  readonly constants: number;
}

/** Totals over a graph that verify() accepts. */
export function totals(graph: Graph): GraphTotals {
  const shapes = shapesOf(graph);
  let flops = 0;
  let activations = 0;
  let constants = 0;
  for (const node of graph.nodes) {
    flops += flopsOf(
      node,
      node.inputs.map((name) => shapes.get(name)!),
    );
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
