/** Cumulative sums along one axis. */
import { cumSum as kernel } from "../../kernels/cum-sum";
import { rowsAlong } from "../../kernels/reduce";
import { inParts } from "../../base/pacer";
import { evaluated } from "../constants/deferred";
import { zerosLike } from "../constants/elements";
import { sizeOf } from "../ir";
import type { OpDefinition } from "../op";
import { expectAxis } from "../op-tools";
import { permuteAxis } from "../permutation";

declare module "../ir" {
  interface OpAttributes {
    /** out[k] = sum of x[j] over j <= k on the axis; exclusive: j < k; reverse: j >= k, and both: j > k. */
    cumSum: { axis: number; exclusive: boolean; reverse: boolean };
  }
}

export const cumSum: OpDefinition<"cumSum"> = {
  arity: [1, 1],
  kernels: { cumSum: kernel },
  shape(node, [x]) {
    expectAxis(node, node.attributes.axis, x.length);
    return x;
  },
  flops: ({ shape }) => sizeOf(shape),
  /** Sums in double precision. */
  evaluate({ shape, attributes: { axis, exclusive, reverse } }, [x]) {
    const { axis: length, inner } = rowsAlong(shape, axis);
    const sum = function* () {
      const source = x.data;
      const data = zerosLike(source, sizeOf(shape));
      let total = 0;
      // Row after row along the axis.
      yield* inParts(data.length, (from, to) => {
        for (let i = from; i < to; i++) {
          const k = i % length;
          const row = (i - k) / length;
          const start = Math.floor(row / inner) * length * inner + (row % inner);
          const at = start + (reverse ? length - 1 - k : k) * inner;
          const before = k === 0 ? 0 : total;
          total = before + source[at]!;
          data[at] = exclusive ? before : total;
        }
      });
      return data;
    };
    return evaluated({ shape }, sum, x);
  },
  permute: permuteAxis,
  lower(b, node) {
    const [src = ""] = node.inputs;
    const { axis, exclusive, reverse } = node.attributes;
    const rows = rowsAlong(node.shape, axis);
    b.step(node, "cumSum", kernel.plan({ ...rows, exclusive, reverse, elem: b.elem }), { src });
  },
};
