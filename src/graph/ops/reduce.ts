/** Mean, sum, maximum or minimum over axes. */
import { reduce as kernel, reducePlan } from "../../kernels/reduce";
import { foldAxes, mapElements } from "../constants/arithmetic";
import { evaluated } from "../constants/deferred";
import { isWhole, zerosLike } from "../constants/elements";
import { sizeOf } from "../ir";
import type { OpDefinition } from "../op";
import { expectAxis } from "../op-tools";
import { invert, permute } from "../permutation";

declare module "../ir" {
  interface OpAttributes {
    /** Over `axes` (sorted, non-negative). Reduced axes stay as size 1 when keepDims. */
    reduce: { fn: "mean" | "sum" | "max" | "min"; axes: readonly number[]; keepDims: boolean };
  }
}

const add = (a: number, b: number): number => a + b;
const FOLDS = {
  mean: { start: 0, step: add },
  sum: { start: 0, step: add },
  max: { start: -Infinity, step: Math.max },
  min: { start: Infinity, step: Math.min },
} as const;

export const reduce: OpDefinition<"reduce"> = {
  arity: [1, 1],
  kernels: { reduce: kernel },
  shape(node, [x]) {
    const { axes, keepDims } = node.attributes;
    for (const axis of axes) expectAxis(node, axis, x.length);
    return keepDims ? x.map((n, i) => (axes.includes(i) ? 1 : n)) : x.filter((_, i) => !axes.includes(i));
  },
  flops: (_, [x]) => sizeOf(x),
  /** Means of integers are truncated towards zero, and 0 where there are none, as in onnxruntime. */
  evaluate({ shape, attributes: { fn, axes } }, [x]) {
    const { start, step } = FOLDS[fn];
    const kept = x.shape.map((n, axis) => (axes.includes(axis) ? 1 : n));
    const count = sizeOf(x.shape) / sizeOf(kept);
    const fold = function* () {
      const totals = yield* foldAxes(x, kept, start, step);
      const whole = isWhole(x.data);
      const result = (sum: number): number =>
        fn !== "mean" ? sum : whole ? Math.trunc(sum / count) || 0 : sum / count;
      return yield* mapElements(totals, result, zerosLike(x.data, totals.length));
    };
    return evaluated({ shape }, fold, x);
  },
  permute(node, perm) {
    const axes = node.attributes.axes.map((axis) => perm[axis]!).sort((a, b) => a - b);
    const attributes = { ...node.attributes, axes };
    if (attributes.keepDims) return { node: { ...node, shape: permute(node.shape, invert(perm)), attributes }, perm };
    // The axes that stay, in both orders, determine the permutation of the result.
    const kept = perm.filter((_, i) => !node.attributes.axes.includes(i));
    const sorted = [...kept].sort((a, b) => a - b);
    const left = kept.map((axis) => sorted.indexOf(axis));
    return { node: { ...node, shape: permute(node.shape, invert(left)), attributes }, perm: left };
  },
  lower(b, node) {
    const rows = reducePlan(b.shape(node.inputs[0]!), node.attributes.axes);
    let from = node.inputs[0]!;
    rows.forEach((row, i) => {
      const to = i === rows.length - 1 ? node.output : b.temporary(node.output, [row.outer * row.inner]);
      b.step(node, "reduce", kernel.plan({ ...row, fn: node.attributes.fn, elem: b.elem }), { src: from }, to);
      from = to;
    });
  },
};
