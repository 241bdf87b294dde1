/**
 * im2col for convolutions of one to three input channels, where steps of four channels would be mostly padding: the first
 * dispatch writes the windows as rows of taps * channels, and a 1x1 convolution of these rows follows.
 */
import wgsl from "../../../shaders/conv/flat.wgsl?raw";
import { elemBytes, linearGrid, type Elem, type Kernel } from "../kernel";
import { checkWindow, windowSizes, type WindowParams } from "../window";
import { wholeStep, type ConvAlgorithm } from "./algorithm";
import { convDirect, directPacking, pixelsOf } from "./direct";
import { convSizes, type Conv2dParams } from "./params";

/** Elements of a row: taps * inChannels, and zeros to a multiple of 4. */
export function rowLength({ kernel, inChannels }: WindowParams): number {
  return Math.ceil((kernel[0] * kernel[1] * inChannels) / 4) * 4;
}

/** The windows as rows of a matrix. src [N,H,W,C] -> dst [N,OH,OW,rowLength()]. One group. */
export const convFlat: Kernel<WindowParams & { readonly elem: Elem }> = {
  name: "conv/flat",
  wgsl,
  bindings: { src: "read", dst: "write" },
  plan(params) {
    checkWindow("conv/flat", params);
    const { batch, inHeight, inWidth, inChannels, outHeight, outWidth, kernel, elem } = params;
    const row = rowLength(params);
    const values = batch * outHeight * outWidth * row;
    // The number of channels and the width of the window are compiled in.
    const { KERNEL_H: _, KERNEL_W, ...window } = windowSizes(params);
    return {
      constants: { elem, IN_C: inChannels, KERNEL_W },
      runtime: { ...window, TERMS: kernel[0] * kernel[1] * inChannels, ROW4: row / 4, COUNT: values / 4 },
      grid: linearGrid(values / 4),
      flops: 0,
      bytes: elemBytes(elem) * (batch * inHeight * inWidth * inChannels + values),
    };
  },
};

/** Admissible only when rows are at most this many times as long as the output's channels. */
const MOST = 1.5;

function takes(p: Conv2dParams): boolean {
  const short = p.inChannels < 4 && p.groups === 1 && p.kernel[0] * p.kernel[1] > 1;
  return short && rowLength(p) <= MOST * p.outChannels && !p.upsample && !p.srcSlice;
}

/** Variants: output pixels per invocation of the product. */
export const flat: ConvAlgorithm = {
  name: "flat",
  variants: (params) => (takes(params) ? ["4", "8"] : []),
  plan(params, variant) {
    const { batch, outHeight, outWidth, kernel, inChannels } = params;
    const row = rowLength(params);
    const one = [1, 1] as const;
    const rows = { inHeight: outHeight, inWidth: outWidth, inChannels: row, padTop: 0, padLeft: 0 };
    const product = { ...params, ...rows, kernel: one, strides: one, dilations: one, pixels: pixelsOf(variant) };
    const { packing, ...plan } = convDirect.plan(product);
    // The zeros at the end of a row are multiplied by zero-padded weights.
    const weights = { ...directPacking(product), inChannels: kernel[0] * kernel[1] * inChannels };
    const { flops } = convSizes(params);
    return {
      steps: [
        { kernel: "convFlat", plan: convFlat.plan(params), operands: { src: "src", dst: "#rows" } },
        wholeStep("convDirect", { ...plan, flops, packing: { ...packing, weights } }, params, "#rows"),
      ],
      temporaries: { "#rows": batch * outHeight * outWidth * row },
    };
  },
};
