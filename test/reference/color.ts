/** Slow, simple picture operations in double precision, the reference for tests of the colour kernels. */
import { clipChroma, labToRgb, luminance, type Triple } from "../../src/image/lab";

/** R G B A bytes, row-major. */
export interface Picture {
  readonly width: number;
  readonly height: number;
  readonly data: Uint8ClampedArray;
}

/** n x n x n colours over the sRGB cube, corners included. */
export function lattice(n: number): Triple[] {
  const colours: Triple[] = [];
  for (let r = 0; r < n; r++)
    for (let g = 0; g < n; g++) for (let b = 0; b < n; b++) colours.push([r / (n - 1), g / (n - 1), b / (n - 1)]);
  return colours;
}

function colourAt(picture: Picture, x: number, y: number): Triple {
  const i = 4 * (y * picture.width + x);
  return [picture.data[i]! / 255, picture.data[i + 1]! / 255, picture.data[i + 2]! / 255];
}

/** L* of every pixel, [height, width]. */
export function luminanceOf(picture: Picture): Float64Array {
  const out = new Float64Array(picture.width * picture.height);
  for (let y = 0; y < picture.height; y++)
    for (let x = 0; x < picture.width; x++) out[y * picture.width + x] = luminance(colourAt(picture, x, y));
  return out;
}

/** Resamples a row with a triangle filter; its radius is the reduction factor, at least 1 input sample. */
function filterLine(line: readonly number[], outSize: number): number[] {
  const ratio = line.length / outSize;
  const radius = Math.max(1, ratio);
  return Array.from({ length: outSize }, (_, o) => {
    const centre = (o + 0.5) * ratio;
    let sum = 0;
    let total = 0;
    line.forEach((value, i) => {
      const weight = Math.max(0, 1 - Math.abs(i + 0.5 - centre) / radius);
      sum += weight * value;
      total += weight;
    });
    return sum / total;
  });
}

/** L* of a picture at another size, [outHeight, outWidth]. */
export function resampledLuminance(picture: Picture, outWidth: number, outHeight: number): Float64Array {
  const { width, height } = picture;
  const l = luminanceOf(picture);
  const rows = Array.from({ length: height }, (_, y) =>
    filterLine([...l.subarray(y * width, (y + 1) * width)], outWidth),
  );
  const out = new Float64Array(outWidth * outHeight);
  for (let x = 0; x < outWidth; x++)
    filterLine(
      rows.map((row) => row[x]!),
      outHeight,
    ).forEach((value, y) => (out[y * outWidth + x] = value));
  return out;
}

/** Bilinear value of a [height, width] map at half-pixel coordinates, edges repeated. */
function bilinear(map: (x: number, y: number) => number, width: number, height: number, u: number, v: number): number {
  const x = Math.min(Math.max(u, 0), width - 1);
  const y = Math.min(Math.max(v, 0), height - 1);
  const [x0, y0] = [Math.floor(x), Math.floor(y)];
  const [x1, y1] = [Math.min(x0 + 1, width - 1), Math.min(y0 + 1, height - 1)];
  const upper = map(x0, y0) + (x - x0) * (map(x1, y0) - map(x0, y0));
  const lower = map(x0, y1) + (x - x0) * (map(x1, y1) - map(x0, y1));
  return upper + (y - y0) * (lower - upper);
}

/** [2, height, width] with every sample `times` times along both axes. */
export function repeatSamples(ab: ArrayLike<number>, width: number, height: number, times: number): Float32Array {
  return Float32Array.from({ length: 2 * width * height * times * times }, (_, i) => {
    const x = Math.floor((i % (width * times)) / times);
    const row = Math.floor(i / (width * times) / times); // of both planes
    return ab[row * width + x]!;
  });
}

/** A network's output at the size of the padded picture, where every `step`th sample is repeated `step` times. */
export interface ChromaMap {
  /** [2, paddedHeight, paddedWidth]. */
  readonly ab: ArrayLike<number>;
  readonly padded: { readonly width: number; readonly height: number };
  readonly valid: { readonly width: number; readonly height: number };
  readonly step: number;
  readonly chromaScale: number;
  /** Default 1. */
  readonly saturation?: number;
  /** Default 0. */
  readonly knee?: number;
  /** Default 0. */
  readonly warmth?: number;
}

/** L* of the picture at each sample of the network's output: means over step x step pixels of the padded picture. */
export function mapLuminance(
  picture: Picture,
  { padded, valid, step }: Pick<ChromaMap, "padded" | "valid" | "step">,
): Float32Array<ArrayBuffer> {
  const plane = resampledLuminance(picture, valid.width, valid.height);
  const [width, height] = [padded.width / step, padded.height / step];
  return Float32Array.from({ length: width * height }, (_, i) => {
    let sum = 0;
    for (let k = 0; k < step * step; k++) {
      const x = Math.min((i % width) * step + (k % step), valid.width - 1);
      const y = Math.min(Math.floor(i / width) * step + Math.floor(k / step), valid.height - 1);
      sum += plane[y * valid.width + x]!;
    }
    return sum / step ** 2;
  });
}

function mean(values: readonly number[]): number {
  return values.reduce((sum, value) => sum + value, 0) / values.length;
}

/** What guided-chroma writes, [2, mapHeight, mapWidth, 4]: by He and Sun 2015, algorithm 2: windows of 3x3, edges repeated, epsilon 16. */
export function guidedModel(chroma: ChromaMap, luminance: ArrayLike<number>): Float64Array {
  const { ab, padded, valid, step, chromaScale, saturation = 1, knee = 0, warmth = 0 } = chroma;
  const [width, height] = [Math.ceil(valid.width / step), Math.ceil(valid.height / step)];
  const samples = Array.from({ length: width * height }, (_, i) => ({ x: i % width, y: Math.floor(i / width) }));
  const l = samples.map(({ x, y }) => luminance[(y * padded.width) / step + x]!);
  const shown = samples.map(({ x, y }) => {
    const [a, b] = [0, 1].map((c) => chromaScale * ab[(c * padded.height + y * step) * padded.width + x * step]!);
    const c = Math.hypot(a!, b!);
    const factor = c === 0 ? 0 : (saturation * c ** 2) / (c ** 2 + knee ** 2);
    return [a! * factor, b! * factor + warmth * factor * c];
  });
  const inside = (at: number, end: number): number => Math.min(Math.max(at, 0), end - 1);
  const around = ({ x, y }: { x: number; y: number }): number[] =>
    [-1, 0, 1].flatMap((dy) => [-1, 0, 1].map((dx) => inside(y + dy, height) * width + inside(x + dx, width)));
  const fits = samples.map((sample) => {
    const window = around(sample);
    const meanL = mean(window.map((i) => l[i]!));
    const variance = mean(window.map((i) => (l[i]! - meanL) ** 2));
    const planes = [0, 1].map((c) => {
      const values = window.map((i) => shown[i]![c]!);
      const covariance = mean(window.map((i) => (l[i]! - meanL) * shown[i]![c]!));
      const slope = covariance / (variance + 16);
      return {
        slope,
        intercept: mean(values) - slope * meanL,
        least: Math.min(...values),
        most: Math.max(...values),
      };
    });
    return (["slope", "intercept", "least", "most"] as const).flatMap((key) => planes.map((plane) => plane[key]));
  });
  const lines = samples.map((sample) => [0, 1, 2, 3].map((k) => mean(around(sample).map((i) => fits[i]![k]!))));
  return Float64Array.from([...lines.flat(), ...fits.flatMap((fit) => fit.slice(4))]);
}

/** The coloured picture, R G B A bytes. */
export function recombined(
  picture: Picture,
  chroma: ChromaMap,
  luminanceAt: ArrayLike<number> = mapLuminance(picture, chroma),
): Uint8ClampedArray {
  const { valid, step } = chroma;
  const [mapWidth, mapHeight] = [Math.ceil(valid.width / step), Math.ceil(valid.height / step)];
  const model = guidedModel(chroma, luminanceAt);
  const out = new Uint8ClampedArray(picture.data.length);
  for (let y = 0; y < picture.height; y++)
    for (let x = 0; x < picture.width; x++) {
      const u = ((x + 0.5) * valid.width) / step / picture.width - 0.5;
      const v = ((y + 0.5) * valid.height) / step / picture.height - 0.5;
      const at = (plane: number, k: number): number =>
        bilinear((i, j) => model[4 * ((plane * mapHeight + j) * mapWidth + i) + k]!, mapWidth, mapHeight, u, v);
      const l = luminance(colourAt(picture, x, y));
      const [a, b] = [0, 1].map((c) => Math.min(Math.max(at(0, c) * l + at(0, 2 + c), at(1, c)), at(1, 2 + c)));
      const rgb = labToRgb(clipChroma([l, a!, b!]));
      const i = 4 * (y * picture.width + x);
      rgb.forEach((c, k) => (out[i + k] = Math.floor(0.5 + 255 * Math.min(1, Math.max(0, c)))));
      out[i + 3] = picture.data[i + 3]!;
    }
  return out;
}
