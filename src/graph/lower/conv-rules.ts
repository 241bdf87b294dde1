/** Rules that choose a convolution algorithm where nothing was measured. */
import type { ConvChoice } from "../../kernels/conv/algorithms";
import type { Conv2dParams } from "../../kernels/conv/params";

/** Rows of software drivers; see adapterClass() in conv-choice.ts. */
const SOFTWARE = ["swiftshader", "llvmpipe", "basic render", "cpu"];
/** Up to this many output pixels, weights are reused so little that reading them should be the bottleneck on GPUs. */
const SHORT = 128;

/** From this many input and output channels on, products outweigh Winograd's transforms. */
const WINOGRAD_CHANNELS = 32;
/** From this many output pixels on, Winograd's weights (1.8 to 4 times as many) are reused enough. */
const WINOGRAD_PIXELS = 1024;

/** Choices to try, best first; the caller skips inadmissible names. `row` is the driver's, see adapterClass() in conv-choice.ts. */
export function ruleChoices(params: Conv2dParams, row: string): readonly ConvChoice[] {
  const { batch, outHeight, outWidth, kernel, inChannels, outChannels, upsample } = params;
  const pixels = batch * outHeight * outWidth;
  const wide = Math.min(inChannels, outChannels) >= WINOGRAD_CHANNELS && pixels >= WINOGRAD_PIXELS;
  const llvmpipe = row === "llvmpipe";
  const swiftshader = row === "swiftshader";
  return [
    // Admissible for few input channels only, and then faster on every adapter tried: docs/decisions/convolution-algebra.md.
    "flat/4",
    // 3x3 and 4x4: docs/decisions/winograd.md. F(4x4,3x3) is not admissible in f16.
    llvmpipe && wide ? "winograd/4-subgroup" : "",
    llvmpipe && wide ? "winograd/2-subgroup" : "",
    // After upsampling direct/4 computes fewer taps: 2.25 times for 3x3, 2.56 for 4x4. Only the first is less than Winograd saves.
    swiftshader && wide ? "winograd/4-wide" : "",
    swiftshader && wide && !upsample ? "winograd/2" : "",
    // On llvmpipe twice as fast as direct/4, but works in blocks of 32 output channels.
    llvmpipe && outChannels >= 16 && !upsample ? "subgroup/8x32" : "",
    // Admissible for weights that are 8-bit integers in the model: docs/decisions/int8-weights.md.
    SOFTWARE.includes(row) || pixels <= SHORT ? "int8/4" : "",
    // On SwiftShader a third faster, but larger kernels compile for many seconds: docs/decisions/convolution.md.
    swiftshader && kernel[0] * kernel[1] === 1 ? "direct/8" : "",
  ].filter(Boolean);
}
