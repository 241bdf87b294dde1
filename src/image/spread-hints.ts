/**
 * Spreads colours that the user knows over the photograph. How far a place is from a hint is measured along the path on which L* changes
 * least, so that a colour fills an even region and stops at its edges (as in Yatziv, Sapiro 2006, "Fast image and video colorization using
 * chrominance blending").
 */
import type { Size } from "../base/size";
import { samplesOfDisc, type Disc } from "./disc";

/** A hint with what it spreads. */
export interface SpreadHint extends Disc {
  /** The length of a path, see distances(), at which its weight has fallen to 1/e; 0: it stays in its disc. */
  readonly spread: number;
  /** a* and b*, as a network would predict them. */
  readonly ab: readonly [number, number];
}

/** What hints say about each sample of a network's output. */
export interface HintField {
  /** [map.height, map.width]: 0 where the prediction alone gives the colour, 1 where the hints do. */
  readonly share: Float32Array;
  /** [2, map.height, map.width]: a* and b* of the hints, times the share. */
  readonly ab: Float32Array;
}

/** L* of a picture: [height, stride], of which the first `width` of each row count. */
interface Lightness extends Size {
  readonly values: ArrayLike<number>;
  readonly stride: number;
}

/** The most samples along a side of the grid on which paths are measured. On a finer one, grain and texture would be edges. */
const GRID = 64;
/** The difference of L* between neighbours that is an edge: a path across it has length 1. */
const EDGE = 12;
/** The length of a path over an even picture, along its longer side. */
const ACROSS = 1.5;
/** A sample of a hint outweighs those of others, which are at least this far from it. */
const NEAREST = 1e-4;

/** `map`: of the network's output with padding, in samples, [map.height, map.width] of `lightness`; `valid`: what the picture covers of it. */
export function spreadHints(
  hints: readonly SpreadHint[],
  picture: Size,
  { lightness, map, valid }: { readonly lightness: ArrayLike<number>; readonly map: Size; readonly valid: Size },
): HintField {
  const covered = { width: Math.ceil(valid.width), height: Math.ceil(valid.height) };
  const fine = { ...covered, values: lightness, stride: map.width };
  const factor = Math.ceil(Math.max(covered.width, covered.height) / GRID);
  const grid = reduced(fine, factor);
  const step = {
    width: (factor * picture.width) / valid.width,
    height: (factor * picture.height) / valid.height,
  };
  const count = grid.width * grid.height;
  const share = new Float64Array(count);
  /** Weights by nearness, and a* and b* times these. */
  const sums = [share, share, share].map(() => new Float64Array(count));
  for (const hint of hints) {
    const lengths = distances(grid, samplesOfDisc(hint, step, grid));
    for (let i = 0; i < count; i++) {
      const weight = lengths[i] === 0 ? 1 : Math.exp(-((lengths[i]! / hint.spread) ** 2));
      const nearness = weight / (1 - weight + NEAREST);
      share[i] = Math.max(share[i]!, weight);
      [1, ...hint.ab].forEach((value, k) => (sums[k]![i]! += nearness * value));
    }
  }
  const [nearness, a, b] = sums as [Float64Array, Float64Array, Float64Array];
  const of = (sum: Float64Array): Float64Array =>
    share.map((part, i) => (part === 0 ? 0 : (part * sum[i]!) / nearness[i]!));
  const enlarged = enlarge([share, of(a), of(b)], grid, fine, factor);
  const samples = map.width * map.height;
  return { share: enlarged.subarray(0, samples), ab: enlarged.subarray(samples) };
}

/** Means of L* over squares of factor x factor samples. */
function reduced(fine: Lightness, factor: number): Lightness {
  const [width, height] = [Math.ceil(fine.width / factor), Math.ceil(fine.height / factor)];
  const values = Float64Array.from({ length: width * height }, (_, i) => {
    let [sum, count] = [0, 0];
    const [left, top] = [(i % width) * factor, Math.floor(i / width) * factor];
    for (let y = top; y < Math.min(top + factor, fine.height); y++)
      for (let x = left; x < Math.min(left + factor, fine.width); x++) {
        sum += fine.values[y * fine.stride + x]!;
        count++;
      }
    return sum / count;
  });
  return { width, height, values, stride: width };
}

/** The neighbours that a pass over a picture has seen before a sample: columns and rows from it. */
const SEEN = [
  [-1, 0],
  [-1, -1],
  [0, -1],
  [1, -1],
] as const;

/**
 * The length of the shortest path from the samples `from` to each one, Infinity where `from` is empty. A step between neighbours costs the square
 * of the change of L* in units of EDGE, divided by the step, so a sharp edge is long and a shadow that grows slowly is not; and ACROSS for the
 * longer side. Passes from both corners are repeated until nothing becomes shorter (Toivanen 1996, "New geodosic distance transforms for
 * gray-scale images").
 */
export function distances({ values, width, height }: Lightness, from: readonly number[]): Float64Array {
  const lengths = new Float64Array(width * height).fill(Infinity);
  for (const i of from) lengths[i] = 0;
  const even = ACROSS / Math.max(width, height);
  let shorter = from.length > 0;
  const pass = (sign: 1 | -1): void => {
    for (let k = 0; k < lengths.length; k++) {
      const i = sign === 1 ? k : lengths.length - 1 - k;
      const [x, y] = [i % width, Math.floor(i / width)];
      for (const [dx, dy] of SEEN) {
        const [column, row] = [x + sign * dx, y + sign * dy];
        if (column < 0 || column >= width || row < 0 || row >= height) continue;
        const j = row * width + column;
        const step = Math.hypot(dx, dy);
        const length = lengths[j]! + ((values[i]! - values[j]!) / EDGE) ** 2 / step + step * even;
        if (length >= lengths[i]!) continue;
        lengths[i] = length;
        shorter = true;
      }
    }
  };
  while (shorter) {
    shorter = false;
    pass(1);
    pass(-1);
  }
  return lengths;
}

/**
 * Planes of a grid at the size of the network's output: of the four samples of the grid around each one, those of like L* count (joint bilateral;
 * Kopf et al. 2007, "Joint bilateral upsampling").
 */
function enlarge(planes: readonly Float64Array[], grid: Lightness, fine: Lightness, factor: number): Float32Array {
  const plane = fine.values.length;
  const to = new Float32Array(planes.length * plane);
  for (let y = 0; y < fine.height; y++)
    for (let x = 0; x < fine.width; x++) {
      const at = y * fine.stride + x;
      const [column, row] = [(x + 0.5) / factor - 0.5, (y + 0.5) / factor - 0.5];
      const sums = planes.map(() => 0);
      let total = 0;
      for (const r of [Math.floor(row), Math.floor(row) + 1])
        for (const c of [Math.floor(column), Math.floor(column) + 1]) {
          const near = (1 - Math.abs(row - r)) * (1 - Math.abs(column - c));
          if (near === 0 || r < 0 || r >= grid.height || c < 0 || c >= grid.width) continue;
          const i = r * grid.width + c;
          const weight = near * (1e-6 + Math.exp(-(((fine.values[at]! - grid.values[i]!) / EDGE) ** 2)));
          total += weight;
          planes.forEach((values, k) => (sums[k]! += weight * values[i]!));
        }
      sums.forEach((sum, k) => (to[k * plane + at] = sum / total));
    }
  return to;
}
