/** Ways of computing a convolution that are good guesses where nothing was measured, best first. */
import type { ConvChoice } from "../kernels/conv-algorithms";
import type { Conv2dParams } from "../kernels/conv2d";

/** Names that are not admissible are passed over. `row` names the driver, see adapterClass() of conv-choice.ts. */
export function ruleChoices({ kernel }: Conv2dParams, row: string): readonly ConvChoice[] {
  // Takes few input channels only, and is then faster everywhere it was tried: docs/decisions/convolution.md.
  const few = "flat/4";
  // A third faster there, but wider windows compile for many seconds: docs/decisions/convolution.md.
  return row === "swiftshader" && kernel[0] * kernel[1] === 1 ? [few, "direct/8"] : [few];
}
