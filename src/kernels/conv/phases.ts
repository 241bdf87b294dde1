/**
 * Rewrites a convolution after nearest-neighbour upsampling as convolutions over the picture before upsampling. Neighbouring
 * taps that fall on the same source pixel become one tap with the sum of their weights: a 3x3 kernel after doubling
 * becomes 2x2. Which taps coincide depends on the output row and column modulo the factor: each remainder is a phase.
 */
import type { Pair } from "../../base/pair";
import { KernelError } from "../../base/errors";
import type { Conv2dParams } from "./params";

/** One phase: it computes every factor-th output pixel along each axis. */
export interface ConvPhase {
  /** Output pixel i of the phase is pixel i * factor + offset of dst, along each axis. */
  readonly factor: Pair;
  readonly offset: Pair;
  /** [height, width] of dst and residual. */
  readonly size: Pair;
  /** For each tap of the phase's kernel, the original taps whose weights are summed. */
  readonly sums: readonly (readonly number[])[];
}

/** A convolution without upsampling: a whole convolution, or one phase. */
export interface PhaseParams extends Omit<Conv2dParams, "upsample"> {
  readonly phase?: ConvPhase;
}

/** One axis of a phase: its size, its leading padding, and for each original tap the tap that it is summed into. */
interface Along {
  readonly out: number;
  readonly pad: number;
  readonly into: readonly number[];
}

/**
 * Output i = factor * q + offset reads the upsampled picture from i - pad on. Pixel u of the upsampled picture is pixel
 * floor(u / factor) of src, so tap k reads src at q + floor((offset - pad + k) / factor).
 */
function along(kernel: number, pad: number, factor: number, offset: number, out: number): Along {
  const under = Array.from({ length: kernel }, (_, k) => Math.floor((offset - pad + k) / factor));
  const [first = 0] = under;
  return { out: Math.ceil((out - offset) / factor), pad: 0 - first, into: under.map((pixel) => pixel - first) };
}

/** The phases that have output pixels; one phase without upsampling. Throws KernelError for strides or dilations with upsampling. */
export function phasesOf(params: Conv2dParams): PhaseParams[] {
  const { upsample, ...rest } = params;
  if (!upsample || (upsample[0] === 1 && upsample[1] === 1)) return [rest];
  const { kernel, strides, dilations, padTop, padLeft, outHeight, outWidth } = params;
  if ([...strides, ...dilations].some((n) => n !== 1))
    throw new KernelError("convolution", "strides and dilations of 1 after upsampling", `${strides}, ${dilations}`);
  const phases: PhaseParams[] = [];
  for (let oy = 0; oy < Math.min(upsample[0], outHeight); oy++)
    for (let ox = 0; ox < Math.min(upsample[1], outWidth); ox++) {
      const y = along(kernel[0], padTop, upsample[0], oy, outHeight);
      const x = along(kernel[1], padLeft, upsample[1], ox, outWidth);
      const size = [y.into.at(-1)! + 1, x.into.at(-1)! + 1] as const;
      const sums = Array.from({ length: size[0] * size[1] }, (): number[] => []);
      y.into.forEach((ty, ky) => x.into.forEach((tx, kx) => sums[ty * size[1] + tx]!.push(ky * kernel[1] + kx)));
      const phase: ConvPhase = { factor: upsample, offset: [oy, ox], size: [outHeight, outWidth], sums };
      phases.push({ ...rest, kernel: size, padTop: y.pad, padLeft: x.pad, outHeight: y.out, outWidth: x.out, phase });
    }
  return phases;
}
