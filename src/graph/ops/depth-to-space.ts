/** Rearranges channels into blocks of pixels. */
import { depthToSpace as kernel } from "../../kernels/block-copy";
import type { OpDefinition } from "../op";
import { expectRank, nhwc } from "../op-tools";

declare module "../ir" {
  interface OpAttributes {
    /** NHWC; mode as in ONNX: how a channel index splits into (block row, block column, channel). */
    depthToSpace: { block: number; mode: "DCR" | "CRD" };
  }
}

export const depthToSpace: OpDefinition<"depthToSpace"> = {
  arity: [1, 1],
  kernels: { depthToSpace: kernel },
  shape(node, [x]) {
    expectRank(node, x, 4, "x");
    const { batch, height, width, channels } = nhwc(x);
    const { block } = node.attributes;
    return [batch, height * block, width * block, channels / (block * block)];
  },
  flops: () => 0,
  lower(b, node) {
    const [src = ""] = node.inputs;
    b.step(node, "depthToSpace", kernel.plan({ ...nhwc(b.shape(src)), ...node.attributes, elem: b.elem }), { src });
  },
};
