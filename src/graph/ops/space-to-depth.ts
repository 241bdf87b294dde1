/** Rearranges blocks of pixels into channels. */
import { spaceToDepth as kernel } from "../../kernels/block-copy";
import type { OpDefinition } from "../op";
import { expectRank, nhwc } from "../op-tools";

declare module "../ir" {
  interface OpAttributes {
    /** NHWC; output channel = (block row * block + block column) * channels + channel. */
    spaceToDepth: { block: number };
  }
}

export const spaceToDepth: OpDefinition<"spaceToDepth"> = {
  arity: [1, 1],
  kernels: { spaceToDepth: kernel },
  shape(node, [x]) {
    expectRank(node, x, 4, "x");
    const { batch, height, width, channels } = nhwc(x);
    const { block } = node.attributes;
    return [batch, height / block, width / block, channels * block * block];
  },
  flops: () => 0,
  lower(b, node) {
    const [src = ""] = node.inputs;
    b.step(node, "spaceToDepth", kernel.plan({ ...nhwc(b.shape(src)), ...node.attributes, elem: b.elem }), { src });
  },
};
