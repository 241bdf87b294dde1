/** Changes to picture files that keep their containers: chunks of PNG (with right check sums), segments of JPEG, RIFF chunks, TIFF entries. */
import { crc32 } from "node:zlib";
import { formatOfBytes } from "../../src/node/images";
import type { CorpusFile } from "./attack";
import type { Dice } from "./dice";
import { spliced, type Mutation } from "./mutations";

/** A part of a container: all of it, and the position of its own data. */
interface Part {
  readonly start: number;
  readonly end: number;
  readonly data: number;
}

function viewOf(bytes: Uint8Array): DataView {
  return new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
}

function pngParts(bytes: Uint8Array): Part[] {
  const parts: Part[] = [];
  for (let at = 8; at + 12 <= bytes.length;) {
    const end = at + 12 + viewOf(bytes).getUint32(at);
    if (end > bytes.length) break;
    parts.push({ start: at, end, data: at + 8 });
    at = end;
  }
  return parts;
}

function jpegParts(bytes: Uint8Array): Part[] {
  const parts: Part[] = [];
  for (let at = 2; at + 4 <= bytes.length && bytes[at] === 0xff;) {
    const end = at + 2 + viewOf(bytes).getUint16(at + 2);
    if (end > bytes.length || end < at + 4) break;
    parts.push({ start: at, end, data: at + 4 });
    if (bytes[at + 1] === 0xda) break; // the picture's own data follow
    at = end;
  }
  return parts;
}

function riffParts(bytes: Uint8Array): Part[] {
  const parts: Part[] = [];
  for (let at = 12; at + 8 <= bytes.length;) {
    const size = viewOf(bytes).getUint32(at + 4, true);
    const end = at + 8 + size + (size & 1);
    if (end > bytes.length) break;
    parts.push({ start: at, end, data: at + 8 });
    at = end;
  }
  return parts;
}

/** Entries of all directories of a TIFF structure. */
function tiffParts(bytes: Uint8Array): Part[] {
  const parts: Part[] = [];
  const little = bytes[0] === 0x49;
  const view = viewOf(bytes);
  if (bytes.length < 8) return parts;
  for (let ifd = view.getUint32(4, little), n = 0; ifd >= 8 && ifd + 2 <= bytes.length && n < 9; n++) {
    const count = view.getUint16(ifd, little);
    if (ifd + 6 + 12 * count > bytes.length) break;
    for (let i = 0; i < count; i++)
      parts.push({ start: ifd + 2 + 12 * i, end: ifd + 14 + 12 * i, data: ifd + 4 + 12 * i });
    ifd = view.getUint32(ifd + 2 + 12 * count, little);
  }
  return parts;
}

function partsOf(bytes: Uint8Array): Part[] {
  const format = formatOfBytes(bytes);
  if (format === undefined) return [];
  return { png: pngParts, jpeg: jpegParts, webp: riffParts, tiff: tiffParts }[format](bytes);
}

/** Makes the check sums of PNG chunks and the length of a RIFF file right again, so that readers go on to what was changed. */
function mended(bytes: Uint8Array): Uint8Array {
  const format = formatOfBytes(bytes);
  if (format === "webp") viewOf(bytes).setUint32(4, bytes.length - 8, true);
  if (format === "png")
    for (const { start, end } of pngParts(bytes))
      viewOf(bytes).setUint32(end - 4, crc32(bytes.subarray(start + 4, end - 4)));
  return bytes;
}

function onPart(
  change: (bytes: Uint8Array, part: Part, dice: Dice, others: readonly CorpusFile[]) => Uint8Array,
): Mutation {
  return (bytes, dice, others) => {
    const parts = partsOf(bytes);
    return parts.length === 0 ? bytes : mended(change(bytes.slice(), dice.pick(parts), dice, others));
  };
}

export const PICTURE_MUTATIONS: Readonly<Record<string, Mutation>> = {
  "a byte of a part": onPart((bytes, { data, end }, dice) => {
    if (end > data) bytes[data + dice.below(end - data)] = dice.pick([0, 1, 2, 3, 16, 127, 128, 255, dice.below(256)]);
    return bytes;
  }),
  "a number of a part": onPart((bytes, { data, end }, dice) => {
    const at = data + dice.below(end - data);
    const little = dice.chance(0.5);
    if (at + 4 <= bytes.length)
      if (dice.chance(0.5)) viewOf(bytes).setUint32(at, dice.integer(), little);
      else viewOf(bytes).setUint16(at, dice.integer(), little);
    return bytes;
  }),
  "remove a part": onPart((bytes, { start, end }) => spliced(bytes, start, end)),
  "repeat a part": onPart((bytes, { start, end }, dice) => {
    const part = bytes.subarray(start, end);
    const times = dice.pick([1, 2, 40]);
    return spliced(bytes, end, end, Buffer.concat(Array.from({ length: times }, () => part)));
  }),
  "shorten a part": onPart((bytes, { data, end }, dice) => spliced(bytes, data, data + dice.below(end - data))),
  "lengthen a part": onPart((bytes, { data }, dice) =>
    spliced(bytes, data, data, new Uint8Array(dice.pick([1, 9, 300])).fill(dice.below(256))),
  ),
  "a part of another file": onPart((bytes, { start, end }, dice, others) => {
    const other = dice.pick(others).bytes;
    const parts = partsOf(other);
    if (parts.length === 0) return bytes;
    const from = dice.pick(parts);
    return spliced(bytes, dice.chance(0.5) ? start : end, end, other.subarray(from.start, from.end));
  }),
  "the size of the picture": (bytes, dice) => {
    const format = formatOfBytes(bytes);
    const copy = bytes.slice();
    const view = viewOf(copy);
    const size = dice.pick([0, 1, 2, 9, 200, 16_384, 20_000, 65_535, 2 ** 24, 2 ** 31 - 1]);
    if (format === "png" && copy.length > 33) view.setUint32(dice.pick([16, 20]), size);
    if (format === "jpeg") {
      const frame = jpegParts(copy).find(({ start }) => /^c[0-2]$/.test(copy[start + 1]!.toString(16)));
      if (frame && frame.end > frame.data + 5) view.setUint16(frame.data + dice.pick([1, 3]), size);
    }
    if (format === "tiff") {
      const entry = tiffParts(copy).find(
        ({ start }) => view.getUint16(start, copy[0] === 0x49) === dice.pick([256, 257]),
      );
      if (entry) view.setUint32(entry.start + 8, size, copy[0] === 0x49);
    }
    return mended(copy);
  },
};
