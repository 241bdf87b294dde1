/** Ways of computing a convolution that are good guesses where nothing was measured, best first. */
import type { ConvChoice } from "../kernels/conv-algorithms";
import type { Conv2dParams } from "../kernels/conv2d";

/** Names that are not admissible are passed over. `row` names the driver, see adapterClass() of conv-choice.ts. */
export function ruleChoices({ kernel, outChannels, upsample }: Conv2dParams, row: string): readonly ConvChoice[] {
  // Takes few input channels only, and is then faster everywhere it was tried: docs/decisions/convolution-algebra.md.
  const few = "flat/4";
  // Twice as fast as direct/4 there, but in blocks of 32 output channels, and only direct/4 saves products after upsampling.
  if (row === "llvmpipe" && outChannels >= 16 && !upsample) return [few, "subgroup/8x32"];
  // A third faster there, but wider windows compile for many seconds: docs/decisions/convolution.md.
  return row === "swiftshader" && kernel[0] * kernel[1] === 1 ? [few, "direct/8"] : [few];
}
