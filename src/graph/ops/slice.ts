/** Slicing with a start and a step on every axis. */
import { slice as kernel } from "../../kernels/strided-copy";
import { strided } from "../constants/strided";
import { stridesOf } from "../../base/strides";
import type { OpDefinition } from "../op";
import { expectRank, fail } from "../op-tools";
import { invert, permute } from "../permutation";

declare module "../ir" {
  interface OpAttributes {
    /** out[i] = x[starts + i*steps] on every axis; steps may be negative. The node's shape states the output's sizes. */
    slice: { starts: readonly number[]; steps: readonly number[] };
  }
}

export const slice: OpDefinition<"slice"> = {
  arity: [1, 1],
  kernels: { slice: kernel },
  shape(node, [x]) {
    const { starts, steps } = node.attributes;
    expectRank(node, node.shape, x.length, "a result");
    x.forEach((size, axis) => {
      const first = starts[axis]!;
      const last = first + (node.shape[axis]! - 1) * steps[axis]!;
      if (!(first >= 0 && first < size && last >= 0 && last < size))
        fail(node, `indices 0..${size - 1} on axis ${axis}`, `${first}..${last}`);
    });
    return node.shape;
  },
  flops: () => 0,
  evaluate({ shape, attributes: { starts, steps } }, [x]) {
    const strides = stridesOf(x.shape);
    const offset = starts.reduce((sum, start, axis) => sum + start * strides[axis]!, 0);
    const walk = strides.map((stride, axis) => stride * steps[axis]!);
    return strided(x, shape, walk, offset);
  },
  permute(node, perm) {
    const back = invert(perm);
    const { starts, steps } = node.attributes;
    const attributes = { starts: permute(starts, back), steps: permute(steps, back) };
    return { node: { ...node, shape: permute(node.shape, back), attributes }, perm };
  },
  lower(b, node) {
    if (b.sliceOf(node.output)) return;
    const [src = ""] = node.inputs;
    const plan = kernel.plan({ shape: b.shape(src), ...node.attributes, outShape: node.shape, elem: b.elem });
    b.step(node, "slice", plan, { src });
  },
};
