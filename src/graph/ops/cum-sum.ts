/** Cumulative sums along one axis. */
import { cumSum as kernel } from "../../kernels/cum-sum";
import { zerosLike } from "../constants/elements";
import { sizeOf } from "../ir";
import type { OpDefinition } from "../op";
import { expectAxis, rowsAlong } from "../op-tools";
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
    const { outer, axis: length, inner } = rowsAlong(shape, axis);
    const source = x.data;
    const data = zerosLike(source, sizeOf(shape));
    for (let row = 0; row < outer * inner; row++) {
      const start = Math.floor(row / inner) * length * inner + (row % inner);
      let total = 0;
      for (let k = 0; k < length; k++) {
        const at = start + (reverse ? length - 1 - k : k) * inner;
        const before = total;
        total += source[at]!;
        data[at] = exclusive ? before : total;
      }
    }
    return { shape, data };
  },
  permute: permuteAxis,
  lower(b, node) {
    const [src = ""] = node.inputs;
    const { axis, exclusive, reverse } = node.attributes;
    const rows = rowsAlong(node.shape, axis);
    b.step(node, "cumSum", kernel.plan({ ...rows, exclusive, reverse, elem: b.elem }), { src });
  },
};
