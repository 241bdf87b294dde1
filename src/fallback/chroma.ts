/** Colour at full resolution from a network's output, on the CPU, as shaders/picture/ compute it. */
import { clipChroma, fromLinear, labToLinear, rgbToLab, toLinear } from "../image/lab";
import type { Shown } from "../image/picture-stages";
import type { Size, Tile } from "../base/size";
import type { NetworkOutput } from "../weights/model/manifest";
import { lightnessOf, type Pixels } from "./lightness";

/** a* and b* of a network's output, [2, count], with the temperature of `output` where it is scores of cells. */
export function chromaOf(output: NetworkOutput, values: ArrayLike<number>, count: number): Float64Array {
  const ab = new Float64Array(2 * count);
  const set = (i: number, a: number, b: number): void => {
    ab[i] = a;
    ab[count + i] = b;
  };
  if (output.kind === "ab") return ab.map((_, i) => output.scale * values[i]!);
  if (output.kind === "rgb") {
    const [black, white] = output.range;
    for (let i = 0; i < count; i++) {
      const at = (c: number): number => Math.min(Math.max((values[c * count + i]! - black) / (white - black), 0), 1);
      const [, a, b] = rgbToLab([at(0), at(1), at(2)]);
      set(i, a, b);
    }
    return ab;
  }
  const { cells, temperature } = output;
  for (let i = 0; i < count; i++) {
    let most = -Infinity;
    for (let q = 0; q < cells.length; q++) most = Math.max(most, values[q * count + i]!);
    let [total, a, b] = [0, 0, 0];
    cells.forEach((cell, q) => {
      const weight = Math.exp((values[q * count + i]! - most) / temperature);
      total += weight;
      a += weight * cell[0];
      b += weight * cell[1];
    });
    set(i, a / total, b / total);
  }
  return ab;
}

/** The samples of a network's output. */
export interface ChromaSamples {
  /** [2, map.height, map.width]. */
  readonly ab: ArrayLike<number>;
  /** [map.height, map.width]: L* of the picture at each sample. */
  readonly lightness: ArrayLike<number>;
  readonly map: Size;
  /** How many samples the picture covers without padding; not always whole. */
  readonly valid: Size;
}

/** Where the variance of L* is below it, a* and b* are averaged. */
const EPSILON = 16;

/**
 * Lines that give a* and b* by L*, around each sample: a guided filter whose guide is L* (He, Sun 2015, "Fast guided filter", algorithm 2), with
 * windows of 3x3 samples, edges repeated. [2, height, width, 4] for the samples that the picture covers: first slopes and intercepts, then
 * the least and the most of the window.
 */
export function guidedModel(samples: ChromaSamples, { saturation, knee, warmth = 0 }: Shown): Float64Array {
  const { ab, lightness, map } = samples;
  const { width, height } = covered(samples);
  const count = width * height;
  /** L*, a*, b* of each covered sample as they are shown. */
  const lab = new Float64Array(3 * count);
  for (let i = 0; i < count; i++) {
    const from = Math.floor(i / width) * map.width + (i % width);
    const [a, b] = [ab[from]!, ab[map.width * map.height + from]!];
    const squared = a * a + b * b;
    const factor = squared === 0 ? 0 : (saturation * squared) / (squared + knee ** 2);
    lab[3 * i] = lightness[from]!;
    lab[3 * i + 1] = a * factor;
    lab[3 * i + 2] = b * factor + warmth * factor * Math.sqrt(squared);
  }
  const near = (i: number): number[] => {
    const x = [-1, 0, 1].map((d) => Math.min(Math.max((i % width) + d, 0), width - 1));
    const y = [-1, 0, 1].map((d) => Math.min(Math.max(Math.floor(i / width) + d, 0), height - 1));
    return y.flatMap((row) => x.map((column) => row * width + column));
  };
  const lines = new Float64Array(4 * count);
  const model = new Float64Array(8 * count);
  for (let i = 0; i < count; i++) {
    const window = near(i);
    const mean = (of: (j: number) => number): number => window.reduce((sum, j) => sum + of(3 * j), 0) / window.length;
    const l = mean((j) => lab[j]!);
    const variance = mean((j) => (lab[j]! - l) ** 2);
    for (const c of [1, 2]) {
      const slope = mean((j) => (lab[j]! - l) * lab[j + c]!) / (variance + EPSILON);
      lines[4 * i + c - 1] = slope;
      lines[4 * i + c + 1] = mean((j) => lab[j + c]!) - slope * l;
      const values = window.map((j) => lab[3 * j + c]!);
      model[4 * (count + i) + c - 1] = Math.min(...values);
      model[4 * (count + i) + c + 1] = Math.max(...values);
    }
  }
  for (let i = 0; i < count; i++)
    for (const j of near(i)) for (let k = 0; k < 4; k++) model[4 * i + k]! += lines[4 * j + k]! / 9;
  return model;
}

function covered({ valid }: Pick<ChromaSamples, "valid">): Size {
  return { width: Math.ceil(valid.width), height: Math.ceil(valid.height) };
}

/**
 * Writes a tile of the coloured picture: the tile's own L* and alpha with a* and b* of the lines, bilinear between samples, and the chroma that
 * sRGB has for them. `model`: of guidedModel(); `to`: R, G, B, A bytes of the tile.
 */
export function recombineTile(
  tile: Tile & Pick<Pixels, "data">,
  picture: Size,
  samples: Pick<ChromaSamples, "valid">,
  model: Float64Array,
  to: Uint8ClampedArray,
): void {
  const map = covered(samples);
  const lightness = lightnessOf(tile);
  const columns = Array.from({ length: tile.width }, (_, x) => between(tile.x + x, picture.width, samples.valid.width));
  const at = new Float64Array(8);
  for (let y = 0; y < tile.height; y++) {
    const row = between(tile.y + y, picture.height, samples.valid.height);
    for (let x = 0; x < tile.width; x++) {
      const column = columns[x]!;
      for (let k = 0; k < 8; k++) {
        const plane = k < 4 ? k : 4 * map.width * map.height + k - 4;
        const upper = plane + 4 * row.low * map.width;
        const lower = plane + 4 * row.high * map.width;
        const above = mix(model[upper + 4 * column.low]!, model[upper + 4 * column.high]!, column.t);
        at[k] = mix(above, mix(model[lower + 4 * column.low]!, model[lower + 4 * column.high]!, column.t), row.t);
      }
      const i = y * tile.width + x;
      const l = lightness[i]!;
      const a = Math.min(Math.max(at[0]! * l + at[2]!, at[4]!), at[6]!);
      const b = Math.min(Math.max(at[1]! * l + at[3]!, at[5]!), at[7]!);
      const rgb = labToLinear(clipChroma([l, a, b]));
      for (let c = 0; c < 3; c++) to[4 * i + c] = byteOf(rgb[c]!);
      to[4 * i + 3] = tile.data[4 * i + 3]!;
    }
  }
}

/** The samples on both sides of a pixel along one axis, edges repeated, and the share of the higher one. */
function between(pixel: number, pixels: number, valid: number): { low: number; high: number; t: number } {
  const last = Math.ceil(valid) - 1;
  const at = Math.min(Math.max(((pixel + 0.5) * valid) / pixels - 0.5, 0), last);
  const low = Math.floor(at);
  return { low, high: Math.min(low + 1, last), t: at - low };
}

/** Linear light from which on the byte of sRGB is larger than the index. */
const NEXT_BYTE = Float64Array.from({ length: 255 }, (_, byte) => toLinear((byte + 0.5) / 255));
const STEPS = 4096;
/** The byte of sRGB at each step of linear light. */
const BYTES = Uint8Array.from({ length: STEPS + 1 }, (_, i) => Math.floor(0.5 + 255 * fromLinear(i / STEPS)));

/** The nearest byte of sRGB, without a power for every pixel. */
function byteOf(linear: number): number {
  if (!(linear > 0)) return 0;
  if (linear >= 1) return 255;
  let byte = BYTES[Math.floor(linear * STEPS)]!;
  while (byte < 255 && linear >= NEXT_BYTE[byte]!) byte++;
  return byte;
}

function mix(from: number, to: number, t: number): number {
  return from + t * (to - from);
}
