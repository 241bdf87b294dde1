/** Packs constant operands for kernels: pure functions from row-major arrays to packed ones. */
import { KernelError } from "../base/errors";
import type { Packing } from "./kernel";
import { transformWeights } from "./conv/winograd-weights";

/** Rows of a block of output channels that are packed between two yields. */
const ROWS = 256;

/** Elements after packing. */
export function packedLength(packing: Packing): number {
  if (packing.layout === "pad") return packing.length;
  if (packing.layout === "winograd") return packing.points ** 2 * packedLength(packing.product);
  const { taps, inChannels, outChannels, groups = 1, parts = 1, block, inBlock } = packing;
  return (
    parts * groups * Math.ceil(outChannels / groups / block) * taps * Math.ceil(inChannels / inBlock) * inBlock * block
  );
}

/**
 * A new array in the packed layout; padding is zero. A generator that yields every few milliseconds. Throws KernelError when
 * the length of `data` is wrong.
 */
export function* packingOf(packing: Packing, data: Float32Array): Generator<undefined, Float32Array> {
  const out = new Float32Array(packedLength(packing));
  if (packing.layout !== "winograd") return yield* packingInto(packing, data, out);
  const products = packing.points ** 2;
  const [size, step] = [out.length / products, packing.inChannels * packing.columns];
  const all = yield* transformWeights(data, packing);
  for (let i = 0; i < products; i++)
    out.set(yield* packingOf(packing.product, all.subarray(i * step, (i + 1) * step)), i * size);
  return out;
}

/** packingOf() into a given array of packedLength(packing) zeros, which it returns. */
export function* packingInto<T extends Float32Array | Int8Array>(
  packing: Exclude<Packing, { readonly layout: "winograd" }>,
  data: T,
  out: T,
): Generator<undefined, T> {
  if (packing.layout === "pad") {
    if (data.length > out.length) throw new KernelError("packing", `at most ${out.length} elements`, `${data.length}`);
    out.set(data);
    return out;
  }
  const { taps, inChannels, outChannels, groups = 1, parts = 1, block, inBlock, sums } = packing;
  const given = sums ? Math.max(...sums.flat()) + 1 : taps;
  if (data.length !== given * parts * inChannels * outChannels)
    throw new KernelError("packing", `${given} x ${parts * inChannels} x ${outChannels} weights`, `${data.length}`);
  const rows = Math.ceil(inChannels / inBlock) * inBlock;
  const groupOut = outChannels / groups;
  let base = 0;
  for (let group = 0; group < groups * parts; group++)
    for (let first = 0; first < groupOut; first += block, base += taps * rows * block) {
      const width = Math.min(block, groupOut - first);
      for (let tap = 0; tap < taps; tap++)
        for (let channel = 0; channel < inChannels; channel++) {
          const to = base + (tap * rows + channel) * block;
          for (const source of sums?.[tap] ?? [tap]) {
            const row = (source * parts + (group % parts)) * inChannels + channel;
            const from = row * outChannels + Math.floor(group / parts) * groupOut + first;
            for (let i = 0; i < width; i++) out[to + i]! += data[from + i]!;
          }
          if (channel % ROWS === 0) yield;
        }
    }
  return out;
}
