/** Bands of rows, for convolutions of images that are larger than a device binds in one dispatch. */
import { elemBytes } from "../../kernels/kernel";
import type { Conv2dParams } from "../../kernels/conv/params";
import type { ElementRange } from "../op";

interface ConvBand {
  readonly params: Conv2dParams;
  /** The rows that the band reads and writes, where they are not all. */
  readonly ranges: Readonly<Partial<Record<"src" | "residual" | "dst", ElementRange>>>;
  /** Whether the rows of src must be copied, because they do not start at an aligned offset. */
  readonly copySrc?: boolean;
}

/** WebGPU's default for the offsets of bindings, in bytes. */
const ALIGNMENT = 256;

/**
 * The convolution as bands that bind at most `most` bytes of each image. One band where all fits, and where it cannot be divided: several
 * images, upsampling, windows that lie below the image, and rows of which none starts at an aligned offset.
 */
export function bandsOf(params: Conv2dParams, most: number): readonly ConvBand[] {
  const { batch, inHeight, outHeight, outWidth, outChannels, kernel, strides, dilations, padTop, pool, elem } = params;
  const kept = pool ? 2 : 1;
  const height = outHeight / kept;
  /** Elements of a row. */
  const row = {
    src: params.inWidth * (params.srcSlice?.channels ?? params.inChannels),
    dst: (outWidth / kept) * (params.slice?.channels ?? outChannels),
    ...(params.residual && { residual: outWidth * outChannels }),
  };
  const operands = Object.keys(row) as (keyof typeof row)[];
  const bytes = (operand: keyof typeof row, rows: number): number => rows * row[operand]! * elemBytes(elem);
  /** The first row of src under the window of a row, before pooling. */
  const top = (y: number): number => y * strides[0] - padTop;
  /** The rows of each image for the rows from..to-1 of dst. */
  const rowsOf = (operand: keyof typeof row, from: number, to: number): readonly [number, number] => {
    if (operand !== "src") return [from, to];
    return [
      Math.max(0, top(from * kept)),
      Math.min(inHeight, Math.max(1, top(to * kept - 1) + (kernel[0] - 1) * dilations[0] + 1)),
    ];
  };
  const fits = (from: number, to: number): boolean =>
    operands.every((operand) => {
      const [first, end] = rowsOf(operand, from, to);
      return bytes(operand, end - first) <= most;
    });
  /** Rows of src that start elsewhere are copied, where the whole of src can be bound for that. */
  const starts = (from: number): boolean =>
    operands.every(
      (operand) =>
        bytes(operand, rowsOf(operand, from, height)[0]) % ALIGNMENT === 0 ||
        (operand === "src" && bytes(operand, inHeight) <= most),
    );
  const whole = [{ params, ranges: {} }];
  if (batch > 1 || params.upsample || top(outHeight - 1) >= inHeight || fits(0, height)) return whole;
  const bands: ConvBand[] = [];
  for (let from = 0, to; from < height; from = to) {
    to = height;
    while (to > from && !(fits(from, to) && (to === height || starts(to)))) to--;
    if (to === from) return whole;
    const rangeOf = (operand: keyof typeof row): ElementRange => {
      const [first, end] = rowsOf(operand, from, to);
      return { first: first * row[operand]!, count: (end - first) * row[operand]! };
    };
    const [first, end] = rowsOf("src", from, to);
    const pad = Math.max(0, padTop - from * kept * strides[0]);
    bands.push({
      params: { ...params, inHeight: end - first, outHeight: (to - from) * kept, padTop: pad },
      ranges: Object.fromEntries(operands.map((operand) => [operand, rangeOf(operand)])),
      copySrc: bytes("src", first) % ALIGNMENT !== 0,
    });
  }
  return bands;
}
