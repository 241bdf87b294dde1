/** The reference for tests of the colour kernels: src/fallback in double precision, with the shapes that these tests use. */
import { guidedModel as modelOf, recombineTile, type ChromaSamples } from "../../src/fallback/chroma";
import { lightnessOf, networkInput, Resampler } from "../../src/fallback/lightness";
import type { Triple } from "../../src/image/lab";
import type { Shown } from "../../src/image/picture-stages";

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

/** L* of every pixel, [height, width]. */
export { lightnessOf as luminanceOf } from "../../src/fallback/lightness";

/** L* of a picture at another size, [outHeight, outWidth]. */
export function resampledLuminance(picture: Picture, outWidth: number, outHeight: number): Float64Array {
  const resampler = new Resampler(picture, { width: outWidth, height: outHeight });
  resampler.add(0, lightnessOf(picture), picture);
  return resampler.plane;
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
  return networkInput({ size: valid, plane }, { padded, reduction: step });
}

/** One of each step x step equal samples. */
function samplesOf({ ab, padded, valid, step, chromaScale }: ChromaMap, lightness: ArrayLike<number>): ChromaSamples {
  const map = { width: padded.width / step, height: padded.height / step };
  const one = (i: number): number => {
    const row = Math.floor(i / map.width); // of both planes
    return chromaScale * ab[row * step * padded.width + (i % map.width) * step]!;
  };
  const planes = Float64Array.from({ length: 2 * map.width * map.height }, (_, i) => one(i));
  return { ab: planes, lightness, map, valid: { width: valid.width / step, height: valid.height / step } };
}

function shownOf({ saturation = 1, knee = 0, warmth = 0 }: ChromaMap): Shown {
  return { saturation, knee, warmth };
}

/** What guided-chroma writes, [2, mapHeight, mapWidth, 4]. */
export function guidedModel(chroma: ChromaMap, luminance: ArrayLike<number>): Float64Array {
  return modelOf(samplesOf(chroma, luminance), shownOf(chroma));
}

/** The coloured picture, R G B A bytes. */
export function recombined(
  picture: Picture,
  chroma: ChromaMap,
  luminanceAt: ArrayLike<number> = mapLuminance(picture, chroma),
): Uint8ClampedArray {
  const out = new Uint8ClampedArray(picture.data.length);
  const samples = samplesOf(chroma, luminanceAt);
  recombineTile({ x: 0, y: 0, ...picture }, picture, samples, modelOf(samples, shownOf(chroma)), out);
  return out;
}
