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
}

/** The coloured picture, R G B A bytes. */
export function recombined(picture: Picture, chroma: ChromaMap): Uint8ClampedArray {
  const { ab, padded, valid, step, chromaScale } = chroma;
  const [mapWidth, mapHeight] = [Math.ceil(valid.width / step), Math.ceil(valid.height / step)];
  const out = new Uint8ClampedArray(picture.data.length);
  for (let y = 0; y < picture.height; y++)
    for (let x = 0; x < picture.width; x++) {
      const u = ((x + 0.5) * valid.width) / step / picture.width - 0.5;
      const v = ((y + 0.5) * valid.height) / step / picture.height - 0.5;
      const [a, b] = [0, 1].map((plane) => {
        const sample = (i: number, j: number): number =>
          ab[(plane * padded.height + j * step) * padded.width + i * step]!;
        return chromaScale * bilinear(sample, mapWidth, mapHeight, u, v);
      }) as [number, number];
      const rgb = labToRgb(clipChroma([luminance(colourAt(picture, x, y)), a, b]));
      const i = 4 * (y * picture.width + x);
      rgb.forEach((c, k) => (out[i + k] = Math.floor(0.5 + 255 * Math.min(1, Math.max(0, c)))));
      out[i + 3] = picture.data[i + 3]!;
    }
  return out;
}
