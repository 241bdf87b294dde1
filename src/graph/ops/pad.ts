/** Padding. */
import { pad as kernel } from "../../kernels/pad";
import { zerosLike } from "../constants/elements";
import { stridesOf } from "../../base/strides";
import { sizeOf } from "../ir";
import type { OpDefinition } from "../op";
import { invert, permute } from "../permutation";

declare module "../ir" {
  interface OpAttributes {
    /** `before` and `after` per axis; never negative (import turns negative pads into slices). */
    pad: {
      mode: "constant" | "reflect" | "edge" | "wrap";
      before: readonly number[];
      after: readonly number[];
      value: number;
    };
  }
}

export const pad: OpDefinition<"pad"> = {
  arity: [1, 1],
  kernels: { pad: kernel },
  shape: ({ attributes: { before, after } }, [x]) => x.map((n, axis) => n + before[axis]! + after[axis]!),
  flops: () => 0,
  evaluate({ shape, attributes: { mode, before, value } }, [x]) {
    const inner = stridesOf(shape);
    const outer = stridesOf(x.shape);
    const source = x.data;
    /** The index of the input that index i of the output repeats; -1 for the constant. */
    const sources = shape.map((n, axis) =>
      Array.from({ length: n }, (_, i) => {
        const [at, last] = [i - before[axis]!, x.shape[axis]! - 1];
        if (at >= 0 && at <= last) return at;
        if (mode === "constant") return -1;
        if (mode === "edge") return at < 0 ? 0 : last;
        if (mode === "wrap") return ((at % (last + 1)) + last + 1) % (last + 1);
        return at < 0 ? -at : 2 * last - at;
      }),
    );
    const data = zerosLike(source, sizeOf(shape));
    for (let to = 0; to < data.length; to++) {
      const index = sources.map((along, axis) => along[Math.floor(to / inner[axis]!) % shape[axis]!]!);
      data[to] = index.includes(-1) ? value : source[index.reduce((sum, i, axis) => sum + i * outer[axis]!, 0)]!;
    }
    return { shape, data };
  },
  permute(node, perm) {
    const back = invert(perm);
    const { before, after } = node.attributes;
    const attributes = { ...node.attributes, before: permute(before, back), after: permute(after, back) };
    return { node: { ...node, shape: permute(node.shape, back), attributes }, perm };
  },
  lower(b, node) {
    const [src = ""] = node.inputs;
    b.step(node, "pad", kernel.plan({ shape: b.shape(src), ...node.attributes, elem: b.elem }), { src });
  },
};
