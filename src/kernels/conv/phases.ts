/**
 * A convolution over a picture enlarged by repeating pixels, as convolutions over the picture itself. Where factor
 * neighbouring taps fall on the same pixel, one tap with their sum does: of a 3x3 kernel after doubling, 2x2 taps stay.
 * Which taps meet depends on the output row and column modulo the factor: each remainder is a phase.
 */
import type { Pair } from "../../base/pair";
import { KernelError } from "../../errors";
import type { Conv2dParams } from "./params";

/** Output pixels that lie apart in dst, as one phase of a convolution over an upsampled picture makes them. */
export interface ConvPhase {
  /** Output pixel (y, x) goes to (y * factor + offset) along both axes. */
  readonly factor: Pair;
  readonly offset: Pair;
  /** [height, width] of dst and residual. */
  readonly size: Pair;
  /** For each tap of the kernel, those of the given weights that are summed into it. */
  readonly sums: readonly (readonly number[])[];
}

/** A convolution over the picture itself: all of one, or a phase. */
export interface PhaseParams extends Omit<Conv2dParams, "upsample"> {
  readonly phase?: ConvPhase;
}

/** One axis of a phase: its size, padding before it, and for each given tap the one that it goes into. */
interface Along {
  readonly out: number;
  readonly pad: number;
  readonly into: readonly number[];
}

/**
 * Output i = factor * q + offset reads the enlarged picture from i - pad on; pixel u of that is pixel floor(u / factor)
 * of the picture, so tap k falls on q + floor((offset - pad + k) / factor).
 */
function along(kernel: number, pad: number, factor: number, offset: number, out: number): Along {
  const under = Array.from({ length: kernel }, (_, k) => Math.floor((offset - pad + k) / factor));
  const [first = 0] = under;
  return { out: Math.ceil((out - offset) / factor), pad: 0 - first, into: under.map((pixel) => pixel - first) };
}

/** The phases of `params.upsample`, those with output pixels; parameters without upsampling are the only one. Throws KernelError for strides. */
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
