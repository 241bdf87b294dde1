/** The windows of a convolution as rows of a matrix. */
import indexing from "../../../shaders/lib/indexing.wgsl?raw";
import wgsl from "../../../shaders/conv/flat.wgsl?raw";
import { elemBytes, linearGrid, type Elem, type Kernel } from "../kernel";
import { checkWindow, WINDOW_CONSTANTS, windowConstants, type WindowParams } from "../window";

/** What the code is made for; the rest is given at run time. */
const COMPILED = ["IN_C", "KERNEL_W"];
const UNUSED = ["OUT_C", "KERNEL_H"];

/** Elements of a row: taps * inChannels, and zeros to a multiple of 4. */
export function rowLength({ kernel, inChannels }: WindowParams): number {
  return Math.ceil((kernel[0] * kernel[1] * inChannels) / 4) * 4;
}

/** src [N,H,W,C] -> dst [N,OH,OW,rowLength()]. One group. */
export const flattenWindows: Kernel<WindowParams & { readonly elem: Elem }> = {
  name: "flatten-windows",
  wgsl,
  libs: [indexing],
  bindings: { src: "read", dst: "write" },
  plan(params) {
    checkWindow("flatten-windows", params);
    const { batch, inHeight, inWidth, inChannels, outHeight, outWidth, kernel, elem } = params;
    const row = rowLength(params);
    const count = batch * outHeight * outWidth * row;
    const used = WINDOW_CONSTANTS.filter((name) => !UNUSED.includes(name));
    const window = windowConstants(params);
    return {
      constants: {
        ...Object.fromEntries(used.map((name) => [name, window[name]])),
        LENGTH: kernel[0] * kernel[1] * inChannels,
        ROW4: row / 4,
        COUNT: count / 4,
        elem,
      },
      runtime: [...used.filter((name) => !COMPILED.includes(name)), "LENGTH", "ROW4", "COUNT"],
      grid: linearGrid(count / 4),
      flops: 0,
      bytes: elemBytes(elem) * (batch * inHeight * inWidth * inChannels + count),
    };
  },
};
