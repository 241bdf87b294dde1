/** Ways of computing a convolution that are good guesses where nothing was measured, best first. */
import type { ConvChoice } from "../kernels/conv/algorithms";
import type { Conv2dParams } from "../kernels/conv/params";

/** Drivers in software; see adapterClass() of conv-choice.ts. */
const SOFTWARE = ["swiftshader", "llvmpipe", "basic render", "cpu"];
/** Up to so many output pixels a weight is used so seldom that reading it should be the limit on GPUs. */
const SHORT = 128;

/** From so many input and output channels on, products outweigh Winograd's transforms. */
const WINOGRAD_CHANNELS = 32;
/** From so many output pixels on, each of its weights is used often enough: they are 1.8 to 4 times as many. */
const WINOGRAD_PIXELS = 1024;

/** Names that are not admissible are passed over. `row` names the driver, see adapterClass() of conv-choice.ts. */
export function ruleChoices(params: Conv2dParams, row: string): readonly ConvChoice[] {
  const { batch, outHeight, outWidth, kernel, inChannels, outChannels, upsample } = params;
  const pixels = batch * outHeight * outWidth;
  const wide = Math.min(inChannels, outChannels) >= WINOGRAD_CHANNELS && pixels >= WINOGRAD_PIXELS;
  const llvmpipe = row === "llvmpipe";
  const swiftshader = row === "swiftshader";
  return [
    // Takes few input channels only, and is then faster everywhere it was tried: docs/decisions/convolution-algebra.md.
    "flat/4",
    // 3x3 and 4x4: docs/decisions/winograd.md. F(4x4,3x3) is not admissible in f16.
    llvmpipe && wide ? "winograd/4-subgroup" : "",
    llvmpipe && wide ? "winograd/2-subgroup" : "",
    // After upsampling direct/4 computes fewer taps: 2.25 times for 3x3, 2.56 for 4x4. Only the first is less than Winograd saves.
    swiftshader && wide ? "winograd/4-wide" : "",
    swiftshader && wide && !upsample ? "winograd/2" : "",
    // Twice as fast as direct/4 there, but in blocks of 32 output channels.
    llvmpipe && outChannels >= 16 && !upsample ? "subgroup/8x32" : "",
    // Takes weights that are 8-bit integers in the model: docs/decisions/int8-weights.md.
    SOFTWARE.includes(row) || pixels <= SHORT ? "int8/4" : "",
    // A third faster there, but wider windows compile for many seconds: docs/decisions/convolution.md.
    swiftshader && kernel[0] * kernel[1] === 1 ? "direct/8" : "",
  ].filter(Boolean);
}
