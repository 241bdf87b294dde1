/**
 * Writes EXIF into picture files in Node. (sharp writes single EXIF fields only, which would lose maker notes.)
 */
import { crc32 } from "node:zlib";
import { EXIF_IFD, GPS_IFD, replaceExifInJpeg } from "../image/exif";

/**
 * Whether a TIFF file's first IFD links to EXIF or GPS data. Always false for BigTIFF. `read` gives bytes of the file, fewer
 * at its end.
 */
export async function tiffHasExif(read: (at: number, length: number) => Promise<Uint8Array>): Promise<boolean> {
  const view = async (at: number, length: number): Promise<DataView> => {
    const bytes = await read(at, length);
    return new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  };
  try {
    const header = await view(0, 8);
    const little = header.getUint16(0) === 0x4949;
    if (header.getUint16(2, little) !== 42) return false;
    const ifd = header.getUint32(4, little);
    const count = (await view(ifd, 2)).getUint16(0, little);
    const entries = await view(ifd + 2, 12 * count);
    const tags = Array.from({ length: count }, (_, i) => entries.getUint16(12 * i, little));
    return tags.includes(EXIF_IFD) || tags.includes(GPS_IFD);
  } catch (error) {
    if (error instanceof RangeError) return false;
    throw error;
  }
}

/** A chunk of a PNG file: length, type, data, CRC-32 of type and data. */
export function pngChunk(type: string, data: Uint8Array): Buffer {
  const chunk = Buffer.alloc(12 + data.length);
  chunk.writeUInt32BE(data.length, 0);
  chunk.write(type, 4, "latin1");
  chunk.set(data, 8);
  chunk.writeUInt32BE(crc32(chunk.subarray(4, 8 + data.length)), 8 + data.length);
  return chunk;
}

/** PNG: the eXIf chunk, after IHDR. */
function replaceInPng(file: Buffer, exif: Uint8Array): Buffer {
  const kept: Buffer[] = [];
  for (let at = 8; at < file.length;) {
    const end = at + 12 + file.readUInt32BE(at);
    if (file.toString("latin1", at + 4, at + 8) !== "eXIf") kept.push(file.subarray(at, end));
    at = end;
  }
  const [header, ...rest] = kept;
  return Buffer.concat([file.subarray(0, 8), header!, pngChunk("eXIf", exif), ...rest]);
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

function asBuffer(bytes: Uint8Array): Buffer {
  return Buffer.isBuffer(bytes) ? bytes : Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength);
}

/** An encoded file with this EXIF block (TIFF structure) in place of any it has. TIFF files stay as they are. */
export function replaceExif(file: Buffer, format: "jpeg" | "png" | "webp" | "tiff", exif: Uint8Array): Buffer {
  switch (format) {
    case "jpeg":
      return asBuffer(replaceExifInJpeg(file, exif));
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
