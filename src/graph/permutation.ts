/** Permutations of axes, as `transpose` uses them: transpose(x, p).shape[i] = x.shape[p[i]]. */
import type { Shape } from "./ir";

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

/** OpDefinition.permute for ops where only the output's shape changes. */
export function permuteShape<N extends { readonly shape: Shape }>(
  node: N,
  perm: Permutation,
): { readonly node: N; readonly perm: Permutation } {
  return { node: { ...node, shape: permute(node.shape, invert(perm)) }, perm };
}

/** OpDefinition.permute for ops that work along one axis. */
export function permuteAxis<N extends { readonly shape: Shape; readonly attributes: { readonly axis: number } }>(
  node: N,
  perm: Permutation,
): { readonly node: N; readonly perm: Permutation } {
  const attributes = { ...node.attributes, axis: perm[node.attributes.axis]! };
  return { node: { ...node, shape: permute(node.shape, invert(perm)), attributes }, perm };
}
