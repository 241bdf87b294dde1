/** Permutations of axes, as `transpose` uses them: transpose(x, p).shape[i] = x.shape[p[i]]. */
import type { Node, Shape } from "./ir";

export type Permutation = readonly number[];

export function identityPermutation(rank: number): Permutation {
  return Array.from({ length: rank }, (_, i) => i);
}

export function isIdentityPermutation(perm: Permutation): boolean {
  return perm.every((axis, i) => axis === i);
}

/** transpose(transpose(x, first), second) = transpose(x, compose(first, second)). */
export function compose(first: Permutation, second: Permutation): Permutation {
  return second.map((axis) => first[axis]!);
}

export function invert(perm: Permutation): Permutation {
  const inverse = new Array<number>(perm.length);
  perm.forEach((axis, i) => (inverse[axis] = i));
  return inverse;
}

export function permute<T>(list: readonly T[], perm: Permutation): T[] {
  return perm.map((axis) => list[axis]!);
}

/** Whether the transpose only moves axes of size 1, so that the elements keep their order. */
export function isReshape(perm: Permutation, shape: Shape): boolean {
  const moved = perm.filter((axis) => shape[axis] !== 1);
  return moved.every((axis, i) => i === 0 || axis > moved[i - 1]!);
}

/** Ops that work on any order of axes once their attributes are permuted too. */
export type AgnosticNode = Extract<
  Node,
  { op: "unary" | "binary" | "concat" | "slice" | "pad" | "reduce" | "softmax" | "expand" | "gather" }
>;

const AGNOSTIC: ReadonlySet<string> = new Set<AgnosticNode["op"]>([
  "unary",
  "binary",
  "concat",
  "slice",
  "pad",
  "reduce",
  "softmax",
  "expand",
  "gather",
]);

export function isAgnostic(node: Node): node is AgnosticNode {
  return AGNOSTIC.has(node.op);
}

/**
 * Moves `node` above a transpose: for every input x = transpose(x', perm) gives the node on the x' and the permutation
 * that its result still needs, so that node(x...) = transpose(result.node(x'...), result.perm). Inputs keep their names.
 */
export function permuteNode(node: AgnosticNode, perm: Permutation): { node: AgnosticNode; perm: Permutation } {
  const back = invert(perm);
  const axisOf = (axis: number): number => perm[axis]!;
  const shape = node.op === "reduce" ? node.shape : permute(node.shape, back);
  switch (node.op) {
    case "unary":
    case "binary":
    case "expand":
      return { node: { ...node, shape }, perm };
    case "concat":
      return { node: { ...node, shape, attributes: { axis: axisOf(node.attributes.axis) } }, perm };
    case "softmax":
      return { node: { ...node, shape, attributes: { axis: axisOf(node.attributes.axis) } }, perm };
    case "gather":
      return { node: { ...node, shape, attributes: { ...node.attributes, axis: axisOf(node.attributes.axis) } }, perm };
    case "slice": {
      const { starts, steps } = node.attributes;
      return {
        node: { ...node, shape, attributes: { starts: permute(starts, back), steps: permute(steps, back) } },
        perm,
      };
    }
    case "pad": {
      const { before, after } = node.attributes;
      const attributes = { ...node.attributes, before: permute(before, back), after: permute(after, back) };
      return { node: { ...node, shape, attributes }, perm };
    }
    case "reduce": {
      const axes = node.attributes.axes.map(axisOf).sort((a, b) => a - b);
      const attributes = { ...node.attributes, axes };
      if (attributes.keepDims) return { node: { ...node, shape: permute(node.shape, back), attributes }, perm };
      // Axes that stay, in both orders; the result is permuted as they are.
      const kept = perm.filter((_, i) => !node.attributes.axes.includes(i));
      const sorted = [...kept].sort((a, b) => a - b);
      const left = kept.map((axis) => sorted.indexOf(axis));
      return { node: { ...node, shape: permute(node.shape, invert(left)), attributes }, perm: left };
    }
    default:
      return node satisfies never;
  }
}
