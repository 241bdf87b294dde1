/** Lowers a graph to a program: chooses a kernel variant for every node, then a slot for every value. Needs no GPU. */
import { UnsupportedError } from "../../base/errors";
import { finish, visiting } from "../../base/pacer";
import { AxesError } from "../../kernels/strides";
import { IDENTITY, sizeOf, type Graph } from "../ir";
import { slicingChannels } from "../channel-slices";
import { definitionOf } from "../op";
import type { Engine } from "../engine";
import { planningMemory, type Lifetime } from "./memory-plan";
import { alignedWeightBytes, bufferBytes, weightBytes, type Placement, type Port, type Program } from "./program";
import { ProgramBuilder, type LowerOptions } from "./program-builder";

/** Lowers an optimised graph. Pure: the same graph gives the same program. */
export function lower(graph: Graph, engine: Engine, options: LowerOptions): Program {
  return finish(lowering(graph, engine, options));
}

/**
 * lower() as a generator that yields between nodes and within large ones. Throws UnsupportedError where the program has too many steps, and
 * where a tensor has too many axes.
 */
export function* lowering(graph: Graph, engine: Engine, options: LowerOptions): Generator<undefined, Program> {
  const builder = new ProgramBuilder(graph, engine, yield* slicingChannels(graph, engine.ops), options);
  for (const node of graph.nodes) {
    try {
      yield* definitionOf(engine.ops, node).lower(builder, node) ?? [];
    } catch (error) {
      if (!(error instanceof AxesError)) throw error;
      const { op, output, origin } = node;
      throw new UnsupportedError(graph.label, [{ node: origin[0] ?? output, op, reason: error.message }]);
    }
    yield;
  }
  const outputs = graph.outputs.map((output): Port => ({ ...output, shape: builder.shape(output.value) }));
  // Every output needs its own buffer: constants, inputs and values that are output twice are copied.
  const taken = new Set(graph.inputs.map(({ name }) => name));
  const ports = outputs.map((port): Port => {
    const root = builder.root(port.value);
    if (!builder.isConstant(root) && !taken.has(root)) {
      taken.add(root);
      return { ...port, value: root };
    }
    const copy = builder.temporary(port.name, port.shape);
    if (port.shape.includes(0)) return { ...port, value: copy };
    engine.ops.unary.lower(builder, {
      op: "unary",
      output: copy,
      inputs: [port.value],
      attributes: { activation: IDENTITY },
      shape: port.shape,
      origin: [],
    });
    return { ...port, value: copy };
  });
  const placements = yield* place(builder, graph, ports);
  const sum = (numbers: readonly number[]): number => numbers.reduce((a, b) => a + b, 0);
  return {
    label: graph.label,
    elem: options.elem,
    inputs: graph.inputs.map(({ name, shape }) => ({ name, shape, value: name })),
    outputs: ports,
    steps: builder.steps,
    weights: builder.weights,
    ...placements,
    flops: sum(builder.steps.map((step) => step.plan.flops)),
    bytes: sum(builder.steps.map((step) => step.plan.bytes)),
    activationBytes: sum(placements.slots),
    weightBytes: sum(builder.weights.map((w) => alignedWeightBytes(weightBytes(w.packing, options.elem)))),
  };
}

/** Assigns slots to all values. Inputs live throughout, so that a bound program can run again with the same ones. */
function* place(
  builder: ProgramBuilder,
  graph: Graph,
  outputs: readonly Port[],
): Generator<undefined, Pick<Program, "placements" | "slots">> {
  const end = builder.steps.length;
  const lives = new Map<string, { first: number; last: number }>();
  const live = (value: string, at: number): void => {
    const life = lives.get(value);
    if (life) life.last = Math.max(life.last, at);
    else lives.set(value, { first: at, last: at });
  };
  for (const { name } of graph.inputs) {
    live(name, -1);
    live(name, end);
  }
  yield* visiting(builder.steps, ({ operands }, at) => {
    for (const operand of Object.values(operands)) if (operand.kind === "value") live(operand.value, at);
  });
  for (const { value } of outputs) live(value, end);
  const lifetimes = [...lives].map(([value, { first, last }]): Lifetime => {
    const bytes = bufferBytes(sizeOf(builder.shape(value)), builder.elem);
    return { value, bytes, first, last };
  });
  const { slots, slotOf } = yield* planningMemory(lifetimes);
  const placements = new Map(
    [...slotOf].map(([value, slot]): [string, Placement] => [value, { shape: builder.shape(value), slot }]),
  );
  return { placements, slots };
}
