/**
 * Convolutions of one to three channels, where a step over four channels would be mostly padding: the windows are
 * written out as rows of taps * channels, and what is left is a 1x1 convolution of these.
 */
import type { ConvAlgorithm } from "./algorithm";
import { conv2d, type Conv2dParams } from "./conv2d";
import { flattenWindows, rowLength } from "./flatten-windows";

/** The rows are at most so many times as long as those of the output. */
const MOST = 1.5;

function takes(p: Conv2dParams): boolean {
  const short = p.inChannels < 4 && p.groups === 1 && p.kernel[0] * p.kernel[1] > 1;
  return short && rowLength(p) <= MOST * p.outChannels && !p.upsample && !p.srcSlice && !p.phase;
}

/** Variants: output pixels of one invocation. */
export const flat: ConvAlgorithm = {
  name: "flat",
  variants: (params) => (takes(params) ? ["4", "8"] : []),
  plan(params, variant) {
    const { batch, outHeight, outWidth, kernel, inChannels, residual } = params;
    const [row, length, one] = [rowLength(params), kernel[0] * kernel[1] * inChannels, [1, 1] as const];
    const rows = { inHeight: outHeight, inWidth: outWidth, inChannels: row, padTop: 0, padLeft: 0 };
    const tile = variant === "8" ? 8 : 4;
    const product = conv2d.plan({ ...params, ...rows, kernel: one, strides: one, dilations: one, variant: { tile } });
    const weights = { ...product.packing!["weights"]!, inChannels: length };
    const operands = { src: "#rows", weights: "weights", bias: "bias", dst: "dst" } as const;
    return {
      steps: [
        { kernel: "flattenWindows", plan: flattenWindows.plan(params), operands: { src: "src", dst: "#rows" } },
        {
          kernel: "conv2d",
          plan: {
            ...product,
            flops: (product.flops / row) * length,
            packing: { ...product.packing, weights },
          },
          operands: residual ? { ...operands, residual: "residual" } : operands,
        },
      ],
      temporaries: { "#rows": batch * outHeight * outWidth * row },
    };
  },
};
