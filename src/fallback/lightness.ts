/** L* of a picture at other sizes on the CPU, as shaders/picture/luminance-*.wgsl compute it, and the network inputs made of it. */
import { fromLinear, labInverseF, luminance } from "../image/lab";
import type { LuminanceInputParams } from "../kernels/picture/luminance-input";
import type { Size } from "../base/size";

/** R, G, B, A bytes, [height, width, 4]. */
export interface Pixels extends Size {
  readonly data: ArrayLike<number>;
}

/** L* of the greys 0 to 255, which most pixels of a photograph to colour have. */
const GREYS = Float64Array.from({ length: 256 }, (_, i) => luminance([i / 255, i / 255, i / 255]));

/** L* of every pixel, [height, width]. */
export function lightnessOf({ data, width, height }: Pixels): Float64Array {
  const lightness = new Float64Array(width * height);
  for (let i = 0, at = 0; i < lightness.length; i++, at += 4) {
    const [r, g, b] = [data[at]!, data[at + 1]!, data[at + 2]!];
    lightness[i] = r === g && g === b ? GREYS[r]! : luminance([r / 255, g / 255, b / 255]);
  }
  return lightness;
}

/** The weights of input samples for one output sample: those from `begin` on; their sum is 1. */
interface Taps {
  readonly begin: number;
  readonly weights: Float64Array;
}

/** A triangle filter whose radius is the factor of reduction, at least 1 input sample, for each output sample. */
function triangleTaps(length: number, outLength: number): Taps[] {
  const ratio = length / outLength;
  const radius = Math.max(1, ratio);
  return Array.from({ length: outLength }, (_, out) => {
    const centre = (out + 0.5) * ratio;
    const begin = Math.max(0, Math.floor(centre - radius + 0.5));
    const end = Math.min(length, Math.floor(centre + radius + 0.5));
    const weights = Float64Array.from({ length: end - begin }, (_, i) =>
      Math.max(0, 1 - Math.abs(begin + i + 0.5 - centre) / radius),
    );
    const total = weights.reduce((sum, weight) => sum + weight, 0);
    return { begin, weights: weights.map((weight) => weight / total) };
  });
}

/** L* of a picture at one size, made from the picture's rows from the upper to the lower. */
export class Resampler {
  readonly size: Size;
  /** [size.height, size.width]. */
  readonly plane: Float64Array;
  readonly #columns: readonly Taps[];
  readonly #rows: readonly Taps[];
  readonly #line: Float64Array;

  constructor(picture: Size, size: Size) {
    this.size = size;
    this.plane = new Float64Array(size.width * size.height);
    this.#columns = triangleTaps(picture.width, size.width);
    this.#rows = triangleTaps(picture.height, size.height);
    this.#line = new Float64Array(size.width);
  }

  /** Adds rows of the picture, the first of which is row `y`. `lightness`: [rows, picture.width]. */
  add(y: number, lightness: Float64Array, { width, height }: Size): void {
    for (let row = 0; row < height; row++) this.#addRow(y + row, lightness.subarray(row * width, (row + 1) * width));
  }

  #addRow(y: number, lightness: Float64Array): void {
    const line = this.#line;
    this.#columns.forEach(({ begin, weights }, x) => {
      let sum = 0;
      for (let i = 0; i < weights.length; i++) sum += weights[i]! * lightness[begin + i]!;
      line[x] = sum;
    });
    this.#rows.forEach(({ begin, weights }, out) => {
      const weight = weights[y - begin];
      if (!weight) return;
      const at = out * line.length;
      for (let x = 0; x < line.length; x++) this.plane[at + x]! += weight * line[x]!;
    });
  }
}

type InputParams = Pick<LuminanceInputParams, "padded" | "reduction"> &
  Partial<Pick<LuminanceInputParams, "channels" | "value" | "scale" | "offset">>;

/**
 * A network's input, [1, channels, padded.height / reduction, padded.width / reduction]: see LuminanceInputParams. By default L* in one
 * channel. The last row and column of the plane are repeated into the padding.
 */
export function networkInput(
  { size, plane }: Pick<Resampler, "size" | "plane">,
  { padded, reduction = 1, channels = 1, value = "lightness", scale = 1, offset = 0 }: InputParams,
): Float32Array<ArrayBuffer> {
  const [width, height] = [padded.width / reduction, padded.height / reduction];
  const input = new Float32Array(channels * width * height);
  for (let i = 0; i < width * height; i++) {
    let sum = 0;
    for (let k = 0; k < reduction * reduction; k++) {
      const x = Math.min((i % width) * reduction + (k % reduction), size.width - 1);
      const y = Math.min(Math.floor(i / width) * reduction + Math.floor(k / reduction), size.height - 1);
      sum += plane[y * size.width + x]!;
    }
    const lightness = sum / reduction ** 2;
    input[i] = (value === "grey" ? fromLinear(labInverseF((lightness + 16) / 116)) : lightness) * scale + offset;
  }
  for (let c = 1; c < channels; c++) input.copyWithin(c * width * height, 0, width * height);
  return input;
}
