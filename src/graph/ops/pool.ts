/** Max and average pooling. */
import { pool2d } from "../../kernels/pool2d";
import { sizeOf, type Pair } from "../ir";
import type { OpDefinition } from "../op";
import { expectRank, slidingSize, spatialSizes } from "../op-tools";

declare module "../ir" {
  interface OpAttributes {
    /** inputs: x [N,H,W,C]. Average with countIncludePad=false divides by the taps inside the picture. */
    pool: {
      kind: "max" | "average";
      kernel: Pair;
      strides: Pair;
      pads: Pads;
      dilations: Pair;
      countIncludePad: boolean;
    };
  }
}

export const pool: OpDefinition<"pool"> = {
  arity: [1, 1],
  kernels: { pool2d },
  shape(node, [x]) {
    expectRank(node, x, 4, "x");
    const { kernel, strides, pads, dilations } = node.attributes;
    return [x[0]!, ...slidingSize(x, kernel, strides, pads, dilations), x[3]!];
  },
  flops: ({ shape, attributes: { kernel } }) => sizeOf(shape) * kernel[0] * kernel[1],
  writesChannels: () => true,
  lower(b, node) {
    const [src = ""] = node.inputs;
    const { pads, ...attributes } = node.attributes;
    const [padTop, padLeft, padBottom, padRight] = pads;
    const { inChannels: channels, outChannels: _, ...sizes } = spatialSizes(b.shape(src), node.shape);
    const slice = b.sliceOf(node.output);
    const window = { ...attributes, padTop, padLeft, padBottom, padRight };
    const plan = pool2d.plan({ ...sizes, channels, ...window, ...(slice && { slice }), elem: b.elem });
    b.step(node, "pool2d", plan, { src }, slice?.output);
  },
};
