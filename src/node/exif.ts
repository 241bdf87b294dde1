/**
 * EXIF carried from one picture file to another without decoding it: the block is copied byte for byte, apart
 * from what the new pixels make untrue. (sharp writes single EXIF fields only, which would lose maker notes.)
 */
import { crc32 } from "node:zlib";

const ORIENTATION = 0x0112;
const EXIF_IFD = 0x8769;
const GPS_IFD = 0x8825;
const PIXEL_WIDTH = 0xa002;
const PIXEL_HEIGHT = 0xa003;
const SHORT = 3;
const LONG = 4;

/** The TIFF structure inside an EXIF block, without the "Exif\0\0" that JPEG and WebP put before it. */
function tiffPart(exif: Uint8Array): Uint8Array {
  const prefixed = Buffer.from(exif.subarray(0, 6)).toString("latin1") === "Exif\0\0";
  return exif.slice(prefixed ? 6 : 0);
}

/**
 * A copy of an EXIF block for upright pixels of this size: orientation 1, pixel dimensions set, thumbnail
 * unlinked (it shows the picture before). Undefined when the block is damaged.
 */
export function exifForPixels(exif: Uint8Array, width: number, height: number): Uint8Array | undefined {
  const bytes = tiffPart(exif);
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  try {
    const mark = view.getUint16(0);
    if (mark !== 0x4949 && mark !== 0x4d4d) return undefined;
    const little = mark === 0x4949;
    if (view.getUint16(2, little) !== 42) return undefined;
    const setNumber = (entry: number, value: number): void => {
      const type = view.getUint16(entry + 2, little);
      if (type === SHORT) view.setUint16(entry + 8, value, little);
      else if (type === LONG) view.setUint32(entry + 8, value, little);
    };
    /** Calls `visit` with each entry's tag and position; returns the position of the link to the next IFD. */
    const walk = (ifd: number, visit: (tag: number, entry: number) => void): number => {
      const count = view.getUint16(ifd, little);
      for (let i = 0; i < count; i++) visit(view.getUint16(ifd + 2 + 12 * i, little), ifd + 2 + 12 * i);
      return ifd + 2 + 12 * count;
    };
    const link = walk(view.getUint32(4, little), (tag, entry) => {
      if (tag === ORIENTATION) setNumber(entry, 1);
      if (tag === EXIF_IFD)
        walk(view.getUint32(entry + 8, little), (inner, at) => {
          if (inner === PIXEL_WIDTH) setNumber(at, width);
          if (inner === PIXEL_HEIGHT) setNumber(at, height);
        });
    });
    view.setUint32(link, 0, little);
    return bytes;
  } catch (error) {
    if (error instanceof RangeError) return undefined; // an offset points outside the block
    throw error;
  }
}

/** Whether a TIFF file's first IFD links to EXIF or GPS data. BigTIFF is not looked into. */
export function tiffHasExif(file: Uint8Array): boolean {
  const view = new DataView(file.buffer, file.byteOffset, file.byteLength);
  try {
    const little = view.getUint16(0) === 0x4949;
    if (view.getUint16(2, little) !== 42) return false;
    const ifd = view.getUint32(4, little);
    const tags = Array.from({ length: view.getUint16(ifd, little) }, (_, i) =>
      view.getUint16(ifd + 2 + 12 * i, little),
    );
    return tags.includes(EXIF_IFD) || tags.includes(GPS_IFD);
  } catch (error) {
    if (error instanceof RangeError) return false;
    throw error;
  }
}

/** The largest block that a JPEG segment holds: 65,535 bytes less its length field and "Exif\0\0". */
const MAX_JPEG_EXIF = 65_535 - 2 - 6;

/** Puts an EXIF block (TIFF structure) in place of the one in an encoded JPEG; unchanged when it does not fit. */
function replaceInJpeg(file: Buffer, exif: Uint8Array): Buffer {
  if (exif.length > MAX_JPEG_EXIF) return file;
  const kept: Buffer[] = [];
  let at = 2;
  // Segments before the image data: FF marker, two bytes of length (which counts itself).
  while (file[at] === 0xff && file[at + 1] !== 0xda) {
    const end = at + 2 + file.readUInt16BE(at + 2);
    const isExif = file[at + 1] === 0xe1 && file.toString("latin1", at + 4, at + 10) === "Exif\0\0";
    if (!isExif) kept.push(file.subarray(at, end));
    at = end;
  }
  const head = Buffer.from([0xff, 0xe1, 0, 0]);
  head.writeUInt16BE(exif.length + 8, 2);
  // JFIF wants its APP0 first, EXIF its APP1 right after.
  const jfif = kept[0]?.[1] === 0xe0 ? [kept.shift()!] : [];
  const soi = file.subarray(0, 2);
  return Buffer.concat([soi, ...jfif, head, Buffer.from("Exif\0\0", "latin1"), exif, ...kept, file.subarray(at)]);
}

/** PNG: the eXIf chunk, after IHDR. A chunk is length, type, data, CRC-32 of type and data. */
function replaceInPng(file: Buffer, exif: Uint8Array): Buffer {
  const kept: Buffer[] = [];
  for (let at = 8; at < file.length;) {
    const end = at + 12 + file.readUInt32BE(at);
    if (file.toString("latin1", at + 4, at + 8) !== "eXIf") kept.push(file.subarray(at, end));
    at = end;
  }
  const chunk = Buffer.alloc(12 + exif.length);
  chunk.writeUInt32BE(exif.length, 0);
  chunk.write("eXIf", 4, "latin1");
  chunk.set(exif, 8);
  chunk.writeUInt32BE(crc32(chunk.subarray(4, 8 + exif.length)), 8 + exif.length);
  const [header, ...rest] = kept;
  return Buffer.concat([file.subarray(0, 8), header!, chunk, ...rest]);
}

/** WebP: the EXIF chunk at the end, announced by a bit of VP8X (which sharp writes, as the file has a profile). */
function replaceInWebp(file: Buffer, exif: Uint8Array): Buffer {
  const kept: Buffer[] = [];
  for (let at = 12; at + 8 <= file.length;) {
    const size = file.readUInt32LE(at + 4);
    const end = at + 8 + size + (size & 1);
    if (file.toString("latin1", at, at + 4) !== "EXIF") kept.push(file.subarray(at, end));
    at = end;
  }
  if (kept[0]?.toString("latin1", 0, 4) !== "VP8X") return file;
  const extended = Buffer.from(kept.shift()!);
  extended[8]! |= 0x08;
  const chunk = Buffer.alloc(8 + exif.length + (exif.length & 1));
  chunk.write("EXIF", 0, "latin1");
  chunk.writeUInt32LE(exif.length, 4);
  chunk.set(exif, 8);
  // XMP, where present, comes after EXIF.
  const xmp = kept.findIndex((part) => part.toString("latin1", 0, 4) === "XMP ");
  kept.splice(xmp < 0 ? kept.length : xmp, 0, chunk);
  const body = Buffer.concat([Buffer.from("WEBP", "latin1"), extended, ...kept]);
  const head = Buffer.alloc(8);
  head.write("RIFF", 0, "latin1");
  head.writeUInt32LE(body.length, 4);
  return Buffer.concat([head, body]);
}

/** An encoded file with this EXIF block (TIFF structure) in place of any it has. TIFF files stay as they are. */
export function replaceExif(file: Buffer, format: "jpeg" | "png" | "webp" | "tiff", exif: Uint8Array): Buffer {
  switch (format) {
    case "jpeg":
      return replaceInJpeg(file, exif);
    case "png":
      return replaceInPng(file, exif);
    case "webp":
      return replaceInWebp(file, exif);
    case "tiff":
      return file;
    default:
      return format satisfies never;
  }
}
