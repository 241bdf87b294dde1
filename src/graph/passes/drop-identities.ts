/**
 * Removes nodes that change nothing, and merges chains of reshapes.
 *
 *   before                                                      after
 *   %a: f32[1,4] = unary(%x) {activation=identity}              %c: f32[4] = reshape(%x)
 *   %b: f32[2,2] = reshape(%a)
 *   %c: f32[4] = reshape(%b)
 *
 * Also: slice, pad, expand, reshape and gather of the whole input; identity transposes; concat of one operand;
 * x + 0, x - 0, x * 1, x / 1, pow(x, 1). A node stays where its input is a graph input or a constant and its
 * output is a graph output, so that every output is written by a node.
 */
import { inParts } from "../../base/pacer";
import { computing } from "../constants/deferred";
import { isIdentity, mergeOrigins, rewrite, type Rewrite } from "../edit";
import { sameShape, type Constant, type Graph, type Node, type NodeFor } from "../ir";
import { isIdentityPermutation } from "../permutation";
import type { Pass } from "./pass";

const NEUTRAL = { add: 0, sub: 0, mul: 1, div: 1, pow: 1 } as const;

/** The number that all elements of a constant are; undefined where they differ. */
const fills = new WeakMap<Constant, number | undefined>();

/** Whether all elements of the constant are `value`. */
function* isFilled(constant: Constant | undefined, value: number): Generator<undefined, boolean> {
  if (constant === undefined) return false;
  if (!fills.has(constant)) {
    const data = yield* computing(constant);
    const first = data[0];
    let same = true;
    yield* inParts(data.length, (from, to) => {
      for (let i = from; i < to && same; i++) same = data[i] === first;
    });
    fills.set(constant, same ? first : undefined);
  }
  return fills.get(constant) === value;
}

/** The operand that a binary node passes through unchanged, if it does. */
function* neutralOperand(node: NodeFor<"binary">, rw: Rewrite): Generator<undefined, string | undefined> {
  const { fn, activation } = node.attributes;
  if (!isIdentity(activation) || !(fn in NEUTRAL)) return undefined;
  const neutral = NEUTRAL[fn as keyof typeof NEUTRAL];
  const [a, b] = node.inputs as [string, string];
  const isNeutral = (name: string) => isFilled(rw.constant(name), neutral);
  const keeps = (name: string): boolean => sameShape(rw.shape(name), node.shape);
  if (keeps(a) && (yield* isNeutral(b))) return a;
  if ((fn === "add" || fn === "mul") && keeps(b) && (yield* isNeutral(a))) return b;
  return undefined;
}

/** The value that `node` repeats unchanged, if it does. */
function* source(node: Node, rw: Rewrite): Generator<undefined, string | undefined> {
  const x = node.inputs[0]!;
  const same = sameShape(rw.shape(x), node.shape);
  switch (node.op) {
    case "unary":
      return isIdentity(node.attributes.activation) ? x : undefined;
    case "binary":
      return yield* neutralOperand(node, rw);
    case "reshape":
    case "expand":
    case "pad":
      return same ? x : undefined;
    case "slice":
      return same && node.attributes.steps.every((step, axis) => step > 0 || node.shape[axis] === 1) ? x : undefined;
    case "gather":
      return same && node.attributes.indices.every((index, i) => index === i) ? x : undefined;
    case "transpose":
      return isIdentityPermutation(node.attributes.perm) ? x : undefined;
    case "concat":
      return node.inputs.length === 1 ? x : undefined;
    default:
      return undefined;
  }
}

export const dropIdentities: Pass = {
  name: "drop-identities",
  run(graph: Graph): Generator<undefined, Graph> {
    const outputs = new Set(graph.outputs.map((output) => output.value));
    return rewrite(graph, function* (node, rw) {
      const from = yield* source(node, rw);
      if (from !== undefined && (rw.node(from) !== undefined || !outputs.has(node.output))) {
        rw.replace(node.output, from);
        return;
      }
      const before = rw.node(node.inputs[0]!);
      if (node.op === "reshape" && before?.op === "reshape") {
        const [x] = before.inputs as [string];
        if (sameShape(rw.shape(x), node.shape) && (rw.node(x) !== undefined || !outputs.has(node.output)))
          rw.replace(node.output, x);
        else rw.emit({ ...node, inputs: [x], origin: mergeOrigins(before, node) });
        return;
      }
      rw.emit(node);
    });
  },
};
