/**
 * Pushes transposes down through ops that do not depend on the order of axes, until they meet their inverse.
 *
 *   before                                                        after
 *   %t: f32[1,4,9,9] = transpose(%x) {perm=0x3x1x2}               %r: f32[1,9,9,4] = unary(%x) {activation=relu}
 *   %r: f32[1,4,9,9] = unary(%t) {activation=relu}                %y: f32[1,9,9,8] = conv(%r, %w, %b) {...}
 *   %u: f32[1,9,9,4] = transpose(%r) {perm=0x2x3x1}
 *   %y: f32[1,9,9,8] = conv(%u, %w, %b) {...}
 *
 * Every value of the old graph is represented as a view: a value of the new graph and the permutation that it still needs.
 * A node that does not depend on the order takes over the permutation of its operands (the cheapest one where they differ;
 * constants are permuted here). For any other node, the operands' transposes are emitted. Where only axes of size 1 move, a
 * reshape replaces the transpose; an expanded value is expanded in the new order instead of being transposed.
 */
import { visiting } from "../../base/pacer";
import { shapesOf } from "../cost";
import { rewrite, type Rewrite } from "../edit";
import { IDENTITY, sizeOf, type Constant, type Graph, type Node, type OpName, type Shape } from "../ir";
import { definitionOf, type OpDefinition, type Ops } from "../op";
import {
  compose,
  identityPermutation,
  invert,
  isIdentityPermutation,
  isReshape,
  permute,
  type Permutation,
} from "../permutation";
import { reshaped, transposed } from "../constants/strided";
import type { Pass } from "./pass";

/** A value of the old graph: transpose(base, perm), where base is a value of the new graph. */
interface View {
  readonly base: string;
  readonly perm: Permutation;
}

type PermuteNode = NonNullable<OpDefinition<OpName>["permute"]>;

/** Emitted transposes, for reuse, by base and permutation. */
type Made = Map<string, string>;

/** Most orders of axes that are compared for one node. */
const MOST_ORDERS = 8;

const keyOf = (base: string, perm: Permutation): string => `${perm.join(",")} ${base}`;

/** Number of elements to move for transpose(base, perm). */
function cost(base: string, perm: Permutation, rw: Rewrite, made: Made): number {
  const shape = rw.shape(base);
  if (isReshape(perm, shape) || rw.constant(base) !== undefined || made.has(keyOf(base, perm))) return 0;
  const node = rw.node(base);
  return node?.op === "expand" ? cost(node.inputs[0]!, perm, rw, made) : sizeOf(shape);
}

/** Emits transpose(base, perm) by the cheapest nodes and returns its name. */
function materialise(base: string, perm: Permutation, rw: Rewrite, made: Made): string {
  if (isIdentityPermutation(perm)) return base;
  const key = keyOf(base, perm);
  const known = made.get(key);
  if (known !== undefined) return known;
  const name = build();
  made.set(key, name);
  return name;

  function build(): string {
    const constant = rw.constant(base);
    if (constant !== undefined) return rw.addConstant(`${base}.t`, transposed(constant, perm));
    const before = rw.node(base);
    const shape = permute(rw.shape(base), perm);
    const common = { output: rw.fresh(`${base}.t`), shape, origin: before?.origin ?? [] };
    if (isReshape(perm, rw.shape(base))) return rw.emit({ op: "reshape", inputs: [base], attributes: {}, ...common });
    if (before?.op !== "expand") return rw.emit({ op: "transpose", inputs: [base], attributes: { perm }, ...common });
    const inner = materialise(before.inputs[0]!, perm, rw, made);
    return rw.emit({ op: "expand", inputs: [inner], attributes: {}, ...common });
  }
}

/** Prepends axes of size 1 up to `rank`. */
function padRank(shape: Shape, rank: number): Shape {
  return [...new Array<number>(rank - shape.length).fill(1), ...shape];
}

/** A constant operand of a broadcast of rank `perm.length`, in the order before `perm`, without leading ones. */
function permuteOperand(constant: Constant, perm: Permutation): Constant {
  const padded = reshaped(constant, padRank(constant.shape, perm.length));
  const moved = transposed(padded, invert(perm));
  const first = moved.shape.findIndex((n) => n !== 1);
  return reshaped(moved, first < 0 ? [] : moved.shape.slice(first));
}

/**
 * For each value, the permutation of the transposes that all of its uses reach through ops that do not depend on the order of
 * axes; "none" where uses differ. Transposing a graph input by it at once lets those ops work in the final order.
 */
function* permutationsAhead(graph: Graph, ops: Ops): Generator<undefined, ReadonlyMap<string, Permutation | "none">> {
  const shapes = shapesOf(graph);
  const ahead = new Map<string, Permutation | "none">(graph.outputs.map(({ value }) => [value, "none"]));
  const visit = (node: Node): void => {
    const agnostic = definitionOf(ops, node).permute !== undefined;
    const found = node.op === "transpose" ? node.attributes.perm : agnostic ? ahead.get(node.output) : "none";
    if (found === undefined) return;
    for (const input of node.inputs) {
      const fits = shapes.get(input)!.length === node.shape.length;
      const known = ahead.get(input) ?? found;
      ahead.set(input, fits && (known === found || String(known) === String(found)) ? found : "none");
    }
  };
  yield* visiting(graph.nodes.toReversed(), visit);
  return ahead;
}

export const cancelTransposes: Pass = {
  name: "cancel-transposes",
  run(graph: Graph, ops: Ops): Generator<undefined, Graph> {
    const views = new Map<string, View>();
    const made: Made = new Map();
    const viewOf = (name: string, rw: Rewrite): View =>
      views.get(name) ?? { base: name, perm: identityPermutation(rw.shape(name).length) };
    const actual = (name: string, rw: Rewrite): string => {
      const { base, perm } = viewOf(name, rw);
      return materialise(base, perm, rw, made);
    };

    /** Chooses the order of axes in which a node is computed: the identity when all operands have it. */
    const choose = (operands: readonly View[], rank: number, rw: Rewrite): Permutation => {
      const price = (target: Permutation): number =>
        operands.reduce((sum, { base, perm }) => sum + cost(base, compose(perm, invert(target)), rw, made), 0);
      const orders = new Map<string, Permutation>();
      for (const { perm } of operands) {
        orders.delete(String(perm));
        if (!isIdentityPermutation(perm)) orders.set(String(perm), perm);
      }
      // Of equal costs the last one wins: a permutation rather than the identity, so that transposes move down.
      return [identityPermutation(rank), ...[...orders.values()].slice(-MOST_ORDERS)]
        .map((perm) => ({ perm, price: price(perm) }))
        .reduce((best, next) => (next.price <= best.price ? next : best)).perm;
    };

    /** The node's operands as views of its rank; operands of lower rank (binary only) get leading axes of size 1. */
    const operandsOf = (node: Node, rank: number, rw: Rewrite): View[] =>
      node.inputs
        .filter((name) => rw.constant(name) === undefined)
        .map((name) => {
          const view = viewOf(name, rw);
          if (view.perm.length === rank) return view;
          const inner = actual(name, rw);
          const base = rw.emit({
            op: "reshape",
            output: rw.fresh(`${inner}.r`),
            inputs: [inner],
            attributes: {},
            shape: padRank(rw.shape(inner), rank),
            origin: node.origin,
          });
          return { base, perm: identityPermutation(rank) };
        });

    const visitAgnostic = (node: Node, rw: Rewrite, permuteNode: PermuteNode): void => {
      const operandViews = node.inputs.map((name) => viewOf(name, rw));
      const rank = operandViews.reduce((most, { perm }) => Math.max(most, perm.length), 0);
      if (operandViews.every((view) => isIdentityPermutation(view.perm)))
        return void rw.emit({ ...node, inputs: operandViews.map((view) => view.base) });
      const operands = operandsOf(node, rank, rw);
      const target = choose(operands, rank, rw);
      let next = 0;
      const inputs = node.inputs.map((name) => {
        const constant = rw.constant(name);
        if (constant === undefined) {
          const { base, perm } = operands[next++]!;
          return materialise(base, compose(perm, invert(target)), rw, made);
        }
        if (node.op !== "binary") return materialise(name, invert(target), rw, made);
        // Another key than that of a transpose by the same permutation.
        const key = `operand ${keyOf(name, target)}`;
        if (!made.has(key)) made.set(key, rw.addConstant(`${name}.t`, permuteOperand(constant, target)));
        return made.get(key)!;
      });
      const { node: permuted, perm } = permuteNode({ ...node, inputs }, target);
      views.set(node.output, { base: rw.emit(permuted as Node), perm });
    };

    const visit = (node: Node, rw: Rewrite): void => {
      if (node.op === "transpose") {
        const { base, perm } = viewOf(node.inputs[0]!, rw);
        views.set(node.output, { base, perm: compose(perm, node.attributes.perm) });
      } else if (node.op === "reshape") {
        const { base, perm } = viewOf(node.inputs[0]!, rw);
        const input = isReshape(perm, rw.shape(base)) ? base : actual(node.inputs[0]!, rw);
        rw.emit({ ...node, inputs: [input] });
      } else {
        const { permute: permuteNode } = definitionOf(ops, node);
        if (permuteNode) visitAgnostic(node, rw, permuteNode);
        else rw.emit({ ...node, inputs: node.inputs.map((name) => actual(name, rw)) });
      }
    };

    return rewrite(graph, visit, {
      *start(rw) {
        const ahead = yield* permutationsAhead(graph, ops);
        // With nothing between an input and its transposes, there is nothing to gain.
        const between = new Set<string>();
        yield* visiting(graph.nodes, ({ op, inputs }) => {
          if (op !== "transpose") for (const input of inputs) between.add(input);
        });
        for (const { name } of graph.inputs) {
          const perm = ahead.get(name);
          if (perm === undefined || perm === "none" || isIdentityPermutation(perm) || !between.has(name)) continue;
          const base = materialise(name, perm, rw, made);
          made.set(keyOf(base, invert(perm)), name);
          views.set(name, { base, perm: invert(perm) });
        }
      },
      output(value, rw) {
        const name = actual(value, rw);
        if (rw.node(name) !== undefined || rw.shape(name).includes(0)) return name;
        // Every output that has elements is written by a node, so an input or a constant is copied.
        const common = { output: rw.fresh(`${name}.copy`), shape: rw.shape(name), origin: [] };
        return rw.emit({ op: "unary", inputs: [name], attributes: { activation: IDENTITY }, ...common });
      },
    });
  },
};
