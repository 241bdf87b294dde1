/** Measures the difference between a coloured picture and the photograph. All figures are of 8-bit sRGB, as pictures are stored. */
import { EPSILON, fromLinear, KAPPA, RGB_TO_XYZ, toLinear, WHITE } from "../../src/image/lab";
import { ImageError, InputError } from "../../src/base/errors";
import type { Pixels } from "../../src/node/images";
import { ciede2000 } from "./ciede2000";

/** Figures of one picture against its photograph. */
export interface Scores {
  /** Peak signal-to-noise ratio over R, G and B, in dB. */
  readonly psnr: number;
  /** Structural similarity, mean over R, G and B; 1 is equal. */
  readonly ssim: number;
  /** Mean of the squared differences of a* and of b*. Its root is the picture's ab-RMSE. */
  readonly abSquared: number;
  /** CIEDE2000, mean over pixels. */
  readonly ciede2000: number;
  /** Colourfulness of the picture; see colourfulness(). */
  readonly colourfulness: number;
  readonly neutral: NeutralPixels;
}

/** Counts of pixels whose chroma in the photograph is below NEUTRAL: white, grey and black ones. */
export interface NeutralPixels {
  readonly count: number;
  /** The number of these with a chroma below KEPT in the picture. */
  readonly kept: number;
}

/** A pixel is neutral when its chroma, sqrt(a*^2 + b*^2), is below NEUTRAL in the photograph, and stays neutral below KEPT in the picture. */
const NEUTRAL = 4;
const KEPT = 8;

/** L*, a*, b* of every pixel, [height, width] each. */
export interface LabPlanes {
  readonly l: Float64Array;
  readonly a: Float64Array;
  readonly b: Float64Array;
}

const LINEAR = Float64Array.from({ length: 256 }, (_, byte) => toLinear(byte / 255));

function labF(t: number): number {
  return t > EPSILON ? Math.cbrt(t) : (KAPPA * t + 16) / 116;
}

/** Applies the formulas of src/image/lab.ts to planes, because an array per pixel would take most of the time. */
export function labPlanes({ data, width, height }: Pixels): LabPlanes {
  const count = width * height;
  const planes = { l: new Float64Array(count), a: new Float64Array(count), b: new Float64Array(count) };
  const [x, y, z] = RGB_TO_XYZ;
  for (let i = 0; i < count; i++) {
    const [r, g, b] = [LINEAR[data[4 * i]!]!, LINEAR[data[4 * i + 1]!]!, LINEAR[data[4 * i + 2]!]!];
    const fx = labF((x[0] * r + x[1] * g + x[2] * b) / WHITE[0]);
    const fy = labF((y[0] * r + y[1] * g + y[2] * b) / WHITE[1]);
    const fz = labF((z[0] * r + z[1] * g + z[2] * b) / WHITE[2]);
    planes.l[i] = 116 * fy - 16;
    planes.a[i] = 500 * (fx - fy);
    planes.b[i] = 200 * (fy - fz);
  }
  return planes;
}

/** The photograph without its colour: the grey of the same L*, rounded to 8 bits. */
export function greyOf({ data, width, height }: Pixels): Pixels {
  const grey = new Uint8ClampedArray(data.length).fill(255);
  const [r, g, b] = RGB_TO_XYZ[1];
  for (let i = 0; i < data.length; i += 4) {
    const light = r * LINEAR[data[i]!]! + g * LINEAR[data[i + 1]!]! + b * LINEAR[data[i + 2]!]!;
    grey.fill(Math.round(255 * fromLinear(light)), i, i + 3);
  }
  return { data: grey, width, height };
}

/** The PSNR that is reported for equal pictures, whose PSNR is infinite. */
const EQUAL_PSNR = 10 * Math.log10(255 ** 2 / 1e-6);

/** 10 log10(255^2 / mean squared error over R, G and B), in dB; 108 for equal pictures. */
export function psnr(a: Pixels, b: Pixels): number {
  let sum = 0;
  for (let i = 0; i < a.data.length; i += 4) for (let c = 0; c < 3; c++) sum += (a.data[i + c]! - b.data[i + c]!) ** 2;
  return sum === 0 ? EQUAL_PSNR : 10 * Math.log10((255 ** 2 * 3 * a.width * a.height) / sum);
}

/**
 * Hasler and Suesstrunk, "Measuring colourfulness in natural images" (2003): rg = R - G, yb = (R + G) / 2 - B;
 * sqrt(var rg + var yb) + 0.3 sqrt(mean rg ^2 + mean yb ^2), in units of 8-bit steps. Grey has 0.
 */
export function colourfulness({ data, width, height }: Pixels): number {
  const count = width * height;
  let [rg, rg2, yb, yb2] = [0, 0, 0, 0];
  for (let i = 0; i < data.length; i += 4) {
    const [r, g, b] = [data[i]!, data[i + 1]!, data[i + 2]!];
    const [p, q] = [r - g, (r + g) / 2 - b];
    rg += p;
    rg2 += p * p;
    yb += q;
    yb2 += q * q;
  }
  const [meanRg, meanYb] = [rg / count, yb / count];
  const variance = rg2 / count - meanRg ** 2 + yb2 / count - meanYb ** 2;
  return Math.sqrt(Math.max(0, variance)) + 0.3 * Math.sqrt(meanRg ** 2 + meanYb ** 2);
}

/** The SSIM window: an 11-tap Gaussian with standard deviation 1.5, and the constants (0.01 x 255)^2, (0.03 x 255)^2. */
const TAPS = 11;
const WINDOW = (() => {
  const raw = Array.from({ length: TAPS }, (_, i) => Math.exp(-((i - 5) ** 2) / (2 * 1.5 ** 2)));
  const sum = raw.reduce((a, b) => a + b, 0);
  return Float64Array.from(raw, (w) => w / sum);
})();
const C1 = (0.01 * 255) ** 2;
const C2 = (0.03 * 255) ** 2;

/** Weighted means of all windows that are completely inside the picture, [height - 10, width - 10]. */
function smooth(plane: Float64Array, width: number, height: number): Float64Array {
  const [outWidth, outHeight] = [width - TAPS + 1, height - TAPS + 1];
  const rows = new Float64Array(outWidth * height);
  for (let y = 0; y < height; y++)
    for (let x = 0; x < outWidth; x++) {
      let sum = 0;
      for (let k = 0; k < TAPS; k++) sum += WINDOW[k]! * plane[y * width + x + k]!;
      rows[y * outWidth + x] = sum;
    }
  const out = new Float64Array(outWidth * outHeight);
  for (let i = 0; i < out.length; i++) {
    let sum = 0;
    for (let k = 0; k < TAPS; k++) sum += WINDOW[k]! * rows[i + k * outWidth]!;
    out[i] = sum;
  }
  return out;
}

/**
 * Wang, Bovik, Sheikh, Simoncelli, "Image quality assessment: from error visibility to structural similarity" (2004), of
 * R, G and B apart, averaged; windows wholly inside the picture. Throws ImageError below 11 x 11 pixels.
 */
export function ssim(a: Pixels, b: Pixels): number {
  const { width, height } = a;
  if (width < TAPS || height < TAPS)
    throw new ImageError({
      where: "SSIM",
      expected: `at least ${TAPS} x ${TAPS} pixels`,
      received: `${width} x ${height}`,
      hint: "Leave this picture out.",
    });
  let total = 0;
  for (let c = 0; c < 3; c++) {
    const of = (f: (p: number, q: number) => number): Float64Array => {
      const plane = new Float64Array(width * height);
      for (let i = 0; i < plane.length; i++) plane[i] = f(a.data[4 * i + c]!, b.data[4 * i + c]!);
      return smooth(plane, width, height);
    };
    const [p, q] = [of((p) => p), of((_, q) => q)];
    const [squares, pq] = [of((p, q) => p * p + q * q), of((p, q) => p * q)];
    let sum = 0;
    for (let i = 0; i < p.length; i++) {
      const [means, product] = [p[i]! ** 2 + q[i]! ** 2, p[i]! * q[i]!];
      sum += ((2 * product + C1) * (2 * (pq[i]! - product) + C2)) / ((means + C1) * (squares[i]! - means + C2));
    }
    total += sum / p.length;
  }
  return total / 3;
}

/** Mean over pixels and over a*, b* of the squared difference. */
export function abSquared(x: LabPlanes, y: LabPlanes): number {
  let sum = 0;
  for (let i = 0; i < x.a.length; i++) sum += (x.a[i]! - y.a[i]!) ** 2 + (x.b[i]! - y.b[i]!) ** 2;
  return sum / (2 * x.a.length);
}

export function meanCiede2000(x: LabPlanes, y: LabPlanes): number {
  let sum = 0;
  for (let i = 0; i < x.l.length; i++) sum += ciede2000(x.l[i]!, x.a[i]!, x.b[i]!, y.l[i]!, y.a[i]!, y.b[i]!);
  return sum / x.l.length;
}

export function neutralPixels(truth: LabPlanes, picture: LabPlanes): NeutralPixels {
  let [count, kept] = [0, 0];
  for (let i = 0; i < truth.a.length; i++) {
    if (Math.hypot(truth.a[i]!, truth.b[i]!) >= NEUTRAL) continue;
    count++;
    if (Math.hypot(picture.a[i]!, picture.b[i]!) < KEPT) kept++;
  }
  return { count, kept };
}

/** A photograph with precomputed planes for comparisons. */
export interface Truth {
  readonly pixels: Pixels;
  readonly lab: LabPlanes;
}

export function truthOf(pixels: Pixels): Truth {
  return { pixels, lab: labPlanes(pixels) };
}

function sameSize(truth: Truth, { width, height }: Pixels): void {
  if (truth.pixels.width === width && truth.pixels.height === height) return;
  throw new InputError({
    where: "scores",
    expected: `a picture of ${truth.pixels.width} x ${truth.pixels.height}`,
    received: `${width} x ${height}`,
  });
}

/** All figures of a picture. Throws InputError when the sizes differ, ImageError below 11 x 11 pixels. */
export function score(truth: Truth, picture: Pixels): Scores {
  sameSize(truth, picture);
  const lab = labPlanes(picture);
  return {
    psnr: psnr(truth.pixels, picture),
    ssim: ssim(truth.pixels, picture),
    abSquared: abSquared(truth.lab, lab),
    ciede2000: meanCiede2000(truth.lab, lab),
    colourfulness: colourfulness(picture),
    neutral: neutralPixels(truth.lab, lab),
  };
}

/** abSquared of a picture alone. Throws InputError when the sizes differ. */
export function scoreChroma(truth: Truth, picture: Pixels): number {
  sameSize(truth, picture);
  return abSquared(truth.lab, labPlanes(picture));
}
