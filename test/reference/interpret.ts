/**
 * Runs a graph on the CPU, one obvious loop an op. It is the reference for import, passes and whole
 * graphs, so it is written to be read, not to be fast, and it shares nothing with the engine but the IR's types.
 */
import { sameShape, sizeOf, type Graph, type Node } from "../../src/graph/ir";
import { activate } from "./activation";
import * as spatial from "./interpret-spatial";
import * as tensors from "./interpret-tensor";
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
  const x = operands[0]!;
  switch (node.op) {
    case "conv":
      return spatial.conv(node, operands);
    case "convTranspose":
      return spatial.convTranspose(node, operands);
    case "pool":
      return spatial.pool(node, x);
    case "resize":
      return spatial.resize(node, x);
    case "depthToSpace":
      return spatial.depthToSpace(node, x);
    case "spaceToDepth":
      return spatial.spaceToDepth(node, x);
    case "instanceNorm":
      return spatial.instanceNorm(node, operands);
    case "matmul":
      return tensors.matmul(node, operands);
    case "reduce":
      return tensors.reduce(node, x);
    case "unary":
      return { shape: x.shape, data: x.data.map((value) => activate(node.attributes.activation, value)) };
    case "binary":
      return tensors.binary(node, operands);
    case "softmax":
      return tensors.softmax(node, x);
    case "concat":
      return tensors.concat(node, operands);
    case "slice":
      return tensors.slice(node, x);
    case "pad":
      return tensors.pad(node, x);
    case "reshape":
      if (sizeOf(x.shape) !== sizeOf(node.shape)) throw new Error(`${node.output}: [${x.shape}] -> [${node.shape}]`);
      return { shape: node.shape, data: x.data };
    case "transpose":
      return tensors.transpose(node, x);
    case "expand":
      return tensors.expand(node, x);
    case "gather":
      return tensors.gather(node, x);
    case "layerNorm":
      return tensors.layerNorm(node, operands);
    default:
      return node satisfies never;
  }
}
