/** Packing of convolution weights as 8-bit integers, which need a quarter of the memory and bandwidth of f32. */
import { KernelError } from "../base/errors";
import { elemBytes, type ConvPacking, type Elem, type Packing } from "./kernel";
import { packedLength, packingInto } from "./packing";

/** Weight i is data[i] * scales[i % scales.length]: one scale per output channel, the last axis. */
interface Int8Weights {
  readonly data: Int8Array;
  readonly scales: Float32Array;
}

/** The shader keeps each integer in the top 8 of 32 bits, so scales are multiplied by 2^-24. */
const UNIT = 2 ** -24;

export function isInt8(packing: Packing): packing is ConvPacking & { readonly int8: true } {
  return packing.layout === "conv2d" && packing.int8 === true;
}

/** The packing of the scales: in blocks of output channels, like a row of weights. */
function scalesPacking(packing: ConvPacking): ConvPacking {
  const { groups = 1, outChannels, block } = packing;
  return { layout: "conv2d", taps: 1, inChannels: 1, outChannels, groups, block, inBlock: 1 };
}

/** Storage type of a packed operand, where `elem` is the storage type of activations. */
export function packedElem(packing: Packing, elem: Elem): Elem {
  return (packing.layout === "conv2d" && packing.elem) || elem;
}

/** Bytes of a packed operand, where `elem` is the storage type of activations. */
export function packedBytes(packing: Packing, elem: Elem): number {
  const count = packedLength(packing);
  if (isInt8(packing)) return count + 4 * packedLength(scalesPacking(packing));
  return count * elemBytes(packedElem(packing, elem));
}

/**
 * The integers in the packed layout, then for each block of output channels its scales as f32, times 2^-24; padding is
 * zero. A generator that yields every few milliseconds. Throws KernelError when the number of weights or scales is wrong.
 */
export function* packingInt8(
  packing: ConvPacking,
  { data, scales }: Int8Weights,
): Generator<undefined, Uint8Array<ArrayBuffer>> {
  if (scales.length !== packing.outChannels)
    throw new KernelError("packing", `${packing.outChannels} scales`, `${scales.length}`);
  const count = packedLength(packing);
  const rows = scalesPacking(packing);
  const out = new ArrayBuffer(count + 4 * packedLength(rows));
  yield* packingInto(packing, data, new Int8Array(out, 0, count));
  yield* packingInto(
    rows,
    scales.map((scale) => scale * UNIT),
    new Float32Array(out, count),
  );
  return new Uint8Array(out);
}
