/** Padding. */
import { pad as kernel } from "../../kernels/pad";
import { inParts } from "../../base/pacer";
import { evaluated } from "../constants/deferred";
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
    /** The index of the input that index i of the output repeats; NaN for the constant. */
    const repeated = (i: number, axis: number): number => {
      const [at, last] = [i - before[axis]!, x.shape[axis]! - 1];
      if (at >= 0 && at <= last) return at;
      if (mode === "constant") return NaN;
      if (mode === "edge") return at < 0 ? 0 : last;
      if (mode === "wrap") return ((at % (last + 1)) + last + 1) % (last + 1);
      return at < 0 ? -at : 2 * last - at;
    };
    const fill = function* () {
      const source = x.data;
      const data = zerosLike(source, sizeOf(shape));
      yield* inParts(data.length, (first, end) => {
        for (let to = first; to < end; to++) {
          let from = 0;
          for (let axis = 0; axis < shape.length; axis++)
            from += outer[axis]! * repeated(Math.floor(to / inner[axis]!) % shape[axis]!, axis);
          data[to] = Number.isNaN(from) ? value : source[from]!;
        }
      });
      return data;
    };
    return evaluated({ shape }, fill, x);
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
