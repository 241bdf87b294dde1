/** Gathers entries of one axis at constant indices. */
import { gather as kernel, gatherIndices } from "../../kernels/gather";
import { inParts } from "../../base/pacer";
import { evaluated } from "../constants/deferred";
import { zerosLike } from "../constants/elements";
import { sizeOf } from "../ir";
import type { OpDefinition } from "../op";
import { expectAxis } from "../op-tools";
import { permuteAxis } from "../permutation";

declare module "../ir" {
  interface OpAttributes {
    /** inputs: x. Indices are constant, non-negative and flat; output axis size = indices.length. */
    gather: { axis: number; indices: readonly number[] };
  }
}

export const gather: OpDefinition<"gather"> = {
  arity: [1, 1],
  kernels: { gather: kernel },
  shape(node, [x]) {
    const { axis, indices } = node.attributes;
    expectAxis(node, axis, x.length);
    return x.map((n, i) => (i === axis ? indices.length : n));
  },
  flops: () => 0,
  evaluate({ shape, attributes: { axis, indices } }, [x]) {
    const inner = sizeOf(shape.slice(axis + 1));
    const outer = sizeOf(shape.slice(0, axis));
    const pick = function* () {
      const source = x.data;
      const data = zerosLike(source, sizeOf(shape));
      yield* inParts(outer * indices.length, (first, end) => {
        for (let i = first; i < end; i++) {
          const block = Math.floor(i / indices.length);
          const from = (block * x.shape[axis]! + indices[i % indices.length]!) * inner;
          data.set(source.subarray(from, from + inner), i * inner);
        }
      });
      return data;
    };
    return evaluated({ shape }, pick, x);
  },
  permute: permuteAxis,
  lower(b, node) {
    const [src = ""] = node.inputs;
    const { axis, indices } = node.attributes;
    const shape = b.shape(src);
    const plan = kernel.plan({ shape, axis, count: indices.length, elem: b.elem });
    b.stepWithData(node, "gather", plan, { src }, { binding: "indices", values: gatherIndices(indices, shape[axis]!) });
  },
};
