/** Colours 16-bit photographs: their own luminance with all its bits, and the chroma of the 8-bit result. */
import { Pacer } from "../base/pacer";
import { fromLinear, labF, labInverseF, RGB_TO_XYZ, toLinear, WHITE, XYZ_TO_RGB } from "../image/lab";
import type { DeepPixels, DeepSamples, Pixels } from "./images";

/** Bisection steps of the chroma; they leave an interval of 1/65,536 of it. */
const CLIP_STEPS = 16;
/** Rounding of the matrices; far below the darkest 16-bit step, which is 1.2e-6. */
const SLACK = 1e-9;

const LINEAR = Float64Array.from({ length: 256 }, (_, value) => toLinear(value / 255));

/** The luminance Y, 0 to 1, of the pixel at index `at` of the samples. */
function luminanceAt({ data, light }: DeepSamples, at: number): number {
  let sum = 0;
  for (let c = 0; c < light.length; c++) sum += light[c]![data[at + c]!]!;
  return sum;
}

/** Grey sRGB bytes with the luminance and the alpha of the samples: what the networks see. */
export function greyOf(samples: DeepSamples, width: number, height: number): Pixels {
  const { data, channels, light } = samples;
  const grey = new Uint8ClampedArray(4 * width * height);
  for (let i = 0; i < width * height; i++) {
    const value = 255 * fromLinear(luminanceAt(samples, i * channels));
    grey.fill(value, 4 * i, 4 * i + 3);
    grey[4 * i + 3] = channels > light.length ? data[(i + 1) * channels - 1]! / 257 : 255;
  }
  return { data: grey, width, height };
}

/**
 * 16-bit sRGB with the luminance of `samples` and the a* and b* of `coloured`, a picture of the same size; where sRGB has no
 * such colour, with less chroma of the same hue. The luminance is kept to the rounding of the result; a* and b* have the
 * rounding of 8 bits, about half a unit. Pauses now and then; throws the signal's reason when aborted.
 */
export async function deepColour(
  samples: DeepSamples,
  { data: coloured, width, height }: Pixels,
  signal?: AbortSignal,
): Promise<DeepPixels> {
  const { data, channels, light } = samples;
  const outChannels = channels > light.length ? 4 : 3;
  const out = new Uint16Array(width * height * outChannels);
  const rgb = new Float64Array(3);
  const pacer = new Pacer();
  for (let y = 0; y < height; y++) {
    for (let i = y * width; i < (y + 1) * width; i++) {
      withChroma(rgb, luminanceAt(samples, i * channels), coloured, 4 * i);
      const to = i * outChannels;
      for (let c = 0; c < 3; c++) out[to + c] = Math.round(65_535 * fromLinear(Math.min(Math.max(rgb[c]!, 0), 1)));
      if (outChannels === 4) out[to + 3] = data[(i + 1) * channels - 1]!;
    }
    await pacer.pause();
    signal?.throwIfAborted();
  }
  return { data: out, width, height };
}

/** Sets `rgb` to linear sRGB of luminance `y` with the a* and b* of the sRGB bytes at `at`. */
function withChroma(rgb: Float64Array, y: number, bytes: Uint8ClampedArray, at: number): void {
  const r = LINEAR[bytes[at]!]!;
  const g = LINEAR[bytes[at + 1]!]!;
  const b = LINEAR[bytes[at + 2]!]!;
  const rowX = RGB_TO_XYZ[0];
  const rowY = RGB_TO_XYZ[1];
  const rowZ = RGB_TO_XYZ[2];
  const fy = labF(rowY[0] * r + rowY[1] * g + rowY[2] * b);
  // a* / 500 and -b* / 200
  const x = labF((rowX[0] * r + rowX[1] * g + rowX[2] * b) / WHITE[0]) - fy;
  const z = labF((rowZ[0] * r + rowZ[1] * g + rowZ[2] * b) / WHITE[2]) - fy;
  if (setLab(rgb, y, x, z)) return;
  let inside = 0;
  for (let i = 0, step = 0.5; i < CLIP_STEPS; i++, step /= 2)
    if (setLab(rgb, y, x * (inside + step), z * (inside + step))) inside += step;
  setLab(rgb, y, x * inside, z * inside);
}

/** Sets `rgb` to linear sRGB of luminance `y` and chroma a* = 500 `a`, b* = -200 `b`. Returns whether sRGB has this colour. */
function setLab(rgb: Float64Array, y: number, a: number, b: number): boolean {
  const fy = labF(y);
  const x = WHITE[0] * labInverseF(fy + a);
  const z = WHITE[2] * labInverseF(fy + b);
  let inside = true;
  for (let c = 0; c < 3; c++) {
    const row = XYZ_TO_RGB[c]!;
    const value = row[0] * x + row[1] * y + row[2] * z;
    rgb[c] = value;
    if (value < -SLACK || value > 1 + SLACK) inside = false;
  }
  return inside;
}
