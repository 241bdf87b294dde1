/** (x - mean) / sqrt(variance + epsilon) * scale + bias, with mean and variance over the pixels of each channel of each image. */
import { instanceNorm as kernel } from "../../kernels/normalize";
import { sizeOf } from "../ir";
import type { OpDefinition } from "../op";
import { expectRank, expectShape, nhwc } from "../op-tools";

declare module "../ir" {
  interface OpAttributes {
    /** inputs: x [N,H,W,C], scale [C], bias [C]. */
    instanceNorm: { epsilon: number };
  }
}

export const instanceNorm: OpDefinition<"instanceNorm"> = {
  arity: [3, 3],
  kernels: { instanceNorm: kernel },
  shape(node, [x, ...operands]) {
    expectRank(node, x, 4, "x");
    for (const operand of operands) expectShape(node, operand, [x[3]!], "scale and bias");
    return x;
  },
  flops: ({ shape }) => 5 * sizeOf(shape),
  lower(b, node) {
    const [src = "", scale = "", bias = ""] = node.inputs;
    const { batch, height, width, channels } = nhwc(node.shape);
    const plan = kernel.plan({ batch, pixels: height * width, channels, ...node.attributes, elem: b.elem });
    b.step(node, "instanceNorm", plan, { src, scale, bias });
  },
};
