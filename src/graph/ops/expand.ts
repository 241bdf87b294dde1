/** Broadcasting: repeats a tensor along its axes of size 1. */
import { expand as kernel } from "../../kernels/strided-copy";
import { strided } from "../constants/strided";
import { broadcastStrides } from "../../base/strides";
import type { OpDefinition } from "../op";
import { fail, show } from "../op-tools";
import { permuteShape } from "../permutation";

declare module "../ir" {
  interface OpAttributes {
    /** Broadcast to the node's shape (same rank as the input). */
    expand: Record<string, never>;
  }
}

export const expand: OpDefinition<"expand"> = {
  arity: [1, 1],
  kernels: { expand: kernel },
  shape(node, [x]) {
    if (x.length !== node.shape.length || !x.every((n, i) => n === 1 || n === node.shape[i]))
      fail(node, `an input that broadcasts to ${show(node.shape)}`, show(x));
    return node.shape;
  },
  flops: () => 0,
  evaluate: ({ shape }, [x]) => strided(x, shape, broadcastStrides(x.shape, shape)),
  permute: permuteShape,
  lower(b, node) {
    const [src = ""] = node.inputs;
    b.step(node, "expand", kernel.plan({ shape: b.shape(src), outShape: node.shape, elem: b.elem }), { src });
  },
};
