/** exp(x) / sum of exp(x) along one axis. */
import { rowsAlong } from "../../kernels/reduce";
import { softmax as kernel } from "../../kernels/softmax";
import { sizeOf } from "../ir";
import type { OpDefinition } from "../op";
import { expectAxis } from "../op-tools";
import { permuteAxis } from "../permutation";

declare module "../ir" {
  interface OpAttributes {
    softmax: { axis: number };
  }
}

export const softmax: OpDefinition<"softmax"> = {
  arity: [1, 1],
  kernels: { softmax: kernel },
  shape(node, [x]) {
    expectAxis(node, node.attributes.axis, x.length);
    return x;
  },
  flops: ({ shape }) => 3 * sizeOf(shape),
  permute: permuteAxis,
  lower(b, node) {
    const [src = ""] = node.inputs;
    const rows = rowsAlong(b.shape(src), node.attributes.axis);
    b.step(node, "softmax", kernel.plan({ ...rows, elem: b.elem }), { src });
  },
};
