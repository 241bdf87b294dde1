/** Helpers that passes share: a forward rewrite of a graph, and queries. */
import { GraphError } from "../base/errors";
import { visiting } from "../base/pacer";
import type { Activation, Constant, Graph, Node, Shape } from "./ir";

/** Operations for a visitor of rewrite(). Values are named as in the new graph. */
export interface Rewrite {
  shape(value: string): Shape;
  constant(value: string): Constant | undefined;
  /** The emitted node that computes `value`; undefined for inputs and constants. */
  node(value: string): Node | undefined;
  /** Uses by nodes and graph outputs in the old graph; replace() moves them. */
  uses(value: string): number;
  /** Appends a node to the new graph and returns its output's name. */
  emit(node: Node): string;
  /** Removes an emitted node, whose value must have no use left. */
  remove(value: string): void;
  /** Makes later nodes and the graph's outputs read `by` instead of `value`. */
  replace(value: string, by: string): void;
  addConstant(hint: string, constant: Constant): string;
  /** A name like `hint` that no value has. */
  fresh(hint: string): string;
}

interface RewriteHooks {
  /** Called before the first node. */
  readonly start?: (rw: Rewrite) => Generator<undefined>;
  /** The value to use for a graph output; default: the value itself. */
  readonly output?: (value: string, rw: Rewrite) => string;
}

/** How often each value is read by a node or is a graph output. Yields between parts. */
export function* countingUses(graph: Graph): Generator<undefined, Map<string, number>> {
  const uses = new Map<string, number>();
  const use = (name: string): void => void uses.set(name, (uses.get(name) ?? 0) + 1);
  yield* visiting(graph.nodes, (node) => node.inputs.forEach(use));
  for (const output of graph.outputs) use(output.value);
  return uses;
}

/** Union of origins, in order. */
export function mergeOrigins(...nodes: readonly Node[]): readonly string[] {
  return [...new Set(nodes.flatMap((node) => node.origin))];
}

export function isIdentity(activation: Activation): boolean {
  return activation.fn === "identity";
}

/**
 * Builds a new graph by visiting the nodes in order, their inputs already renamed. For each node the visitor emits the
 * node itself, other nodes, or nothing after replace(). Order stays topological because a node can only read values
 * emitted before it. Constants that lose their last use stay until drop-dead. Yields between parts, and where the visitor does.
 */
export function* rewrite(
  graph: Graph,
  visit: (node: Node, rw: Rewrite) => void | Generator<undefined, void>,
  hooks: RewriteHooks = {},
): Generator<undefined, Graph> {
  const constants = new Map(graph.constants);
  const emitted = new Map<string, Node>();
  const inputs = new Map(graph.inputs.map((input) => [input.name, input.shape]));
  const uses = yield* countingUses(graph);
  const renamed = new Map<string, string>();
  const taken = new Set([...inputs.keys(), ...constants.keys()]);
  yield* visiting(graph.nodes, ({ output }) => void taken.add(output));
  /** The last number that fresh() tried, by hint. */
  const numbers = new Map<string, number>();
  const current = (name: string): string => {
    for (let next = renamed.get(name); next !== undefined; next = renamed.get(name)) name = next;
    return name;
  };

  const rw: Rewrite = {
    shape(value) {
      const shape = emitted.get(value)?.shape ?? constants.get(value)?.shape ?? inputs.get(value);
      if (shape === undefined)
        throw new GraphError({ where: graph.label, expected: `value %${value} to be made earlier`, received: "none" });
      return shape;
    },
    constant: (value) => constants.get(value),
    node: (value) => emitted.get(value),
    uses: (value) => uses.get(value) ?? 0,
    emit(node) {
      emitted.set(node.output, node);
      taken.add(node.output);
      return node.output;
    },
    remove: (value) => void emitted.delete(value),
    replace(value, by) {
      renamed.set(value, by);
      uses.set(by, (uses.get(by) ?? 0) + (uses.get(value) ?? 0) - 1);
    },
    addConstant(hint, constant) {
      const name = rw.fresh(hint);
      constants.set(name, constant);
      return name;
    },
    fresh(hint) {
      let name = hint;
      while (taken.has(name)) {
        const number = (numbers.get(hint) ?? 0) + 1;
        numbers.set(hint, number);
        name = `${hint}.${number}`;
      }
      taken.add(name);
      return name;
    },
  };

  if (hooks.start) yield* hooks.start(rw);
  yield* visiting(graph.nodes, (node) => {
    const moved = node.inputs.some((name) => renamed.has(name));
    return visit(moved ? { ...node, inputs: node.inputs.map(current) } : node, rw);
  });
  const outputs = graph.outputs.map(({ name, value }) => {
    const last = current(value);
    return { name, value: hooks.output?.(last, rw) ?? last };
  });
  const nodes = [...emitted.values()];
  const same =
    nodes.length === graph.nodes.length &&
    nodes.every((node, i) => node === graph.nodes[i]) &&
    outputs.every(({ value }, i) => value === graph.outputs[i]!.value);
  return same ? graph : { ...graph, outputs, constants, nodes };
}
