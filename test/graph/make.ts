/** Small graphs for tests, and the check that every pass has to stand. */
import { expect } from "vitest";
import { finish } from "../../src/base/pacer";
import { inferShape, type Ops } from "../../src/graph/op";
import type { Constant, Graph, GraphInput, Node, OpAttributes, OpName, Shape } from "../../src/graph/ir";
import { IDENTITY, sizeOf } from "../../src/graph/ir";
import { shapesOf } from "../../src/graph/cost";
import { printGraph } from "../../src/graph/print";
import type { Pass } from "../../src/graph/passes/pass";
import { verify } from "../../src/graph/verify";
import { expectClose } from "../shared/expect-close";
import { randoms } from "../shared/randoms";
import { interpret } from "../reference/interpret";
import { ENGINE } from "../../src/session/engine";

export interface GraphMaker {
  input(name: string, shape: Shape): string;
  /** Seeded numbers in [-1, 1), or those given. */
  constant(name: string, shape: Shape, data?: readonly number[]): string;
  /** The shape is inferred; ops that state their own size need it given. */
  node<K extends OpName>(name: string, op: K, inputs: string[], attributes: OpAttributes[K], shape?: Shape): string;
  graph(...outputs: string[]): Graph;
}

export function makeGraph(): GraphMaker {
  const inputs: GraphInput[] = [];
  const constants = new Map<string, Constant>();
  const nodes: Node[] = [];
  const current = (): Graph => ({ label: "test", inputs, outputs: [], constants, nodes });
  return {
    input(name, shape) {
      inputs.push({ name, shape });
      return name;
    },
    constant(name, shape, data) {
      const values = data === undefined ? randoms(sizeOf(shape), 1 + constants.size) : Float32Array.from(data);
      constants.set(name, { shape, data: values });
      return name;
    },
    node(name, op, operands, attributes, shape) {
      const node = { op, output: name, inputs: operands, attributes, shape: shape ?? [], origin: [name] } as Node;
      const shapes = shapesOf(current());
      const inferred = inferShape(
        ENGINE.ops,
        node,
        operands.map((operand) => shapes.get(operand)!),
      );
      nodes.push({ ...node, shape: inferred });
      return name;
    },
    graph: (...outputs) => ({ ...current(), outputs: outputs.map((value) => ({ name: value, value })) }),
  };
}

/** Attributes of a plain convolution. */
export function convAttributes(changes: Partial<OpAttributes["conv"]> = {}): OpAttributes["conv"] {
  return { strides: [1, 1], pads: [0, 0, 0, 0], dilations: [1, 1], groups: 1, activation: IDENTITY, ...changes };
}

/** Attributes of a plain transposed convolution. */
export function convTransposeAttributes(
  changes: Partial<OpAttributes["convTranspose"]> = {},
): OpAttributes["convTranspose"] {
  const { strides, pads, dilations, groups, activation } = convAttributes();
  return { strides, pads, dilations, groups, activation, ...changes };
}

/** The graph's nodes and outputs as text, one a line. */
export function printBody(graph: Graph): string {
  return printGraph(graph, ENGINE.ops, { constants: false, origin: false })
    .split("\n")
    .filter((line) => !line.startsWith("#") && !line.includes(": input "))
    .join("\n");
}

/** Outputs for seeded inputs. */
export function runSeeded(graph: Graph): Record<string, Float32Array> {
  const inputs = graph.inputs.map(({ name, shape }, i) => [name, randoms(sizeOf(shape), 100 + i)] as const);
  return interpret(graph, Object.fromEntries(inputs));
}

/** Both graphs give the same numbers; sums of a few hundred terms in another order differ in the last bits of f32. */
export function expectSameNumbers(actual: Graph, expected: Graph): void {
  const left = runSeeded(actual);
  const right = runSeeded(expected);
  expect(Object.keys(left)).toEqual(Object.keys(right));
  for (const [name, values] of Object.entries(right))
    expectClose(left[name]!, values, { abs: 2e-6, range: 4e-6 }, name);
}

const lines = (text: string): string =>
  text
    .split("\n")
    .map((line) => line.trim())
    .filter((line) => line !== "")
    .join("\n");

/** Runs a pass without pauses. */
export function runPass(pass: Pass, graph: Graph, ops: Ops): Graph {
  return finish(pass.run(graph, ops));
}

/** Runs a pass: the text before and after is as drawn, the result verifies, the numbers stay. */
export function checkPass(pass: Pass, graph: Graph, before: string, after: string): Graph {
  verify(graph, ENGINE.ops);
  expect(printBody(graph)).toBe(lines(before));
  const printed = printGraph(graph, ENGINE.ops);
  const result = runPass(pass, graph, ENGINE.ops);
  verify(result, ENGINE.ops, pass.name);
  expect(printBody(result)).toBe(lines(after));
  expect(printGraph(graph, ENGINE.ops), "a pass leaves its input as it is").toBe(printed);
  expectSameNumbers(result, graph);
  return result;
}
