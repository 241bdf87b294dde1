/**
 * Writes EXIF into picture files in Node. (sharp writes single EXIF fields only, which would lose maker notes.)
 */
import { EXIF_IFD, GPS_IFD, replaceExifInJpeg } from "../image/exif";
import { putPngChunk, putWebpChunk } from "../image/picture-chunks";

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

function asBuffer(bytes: Uint8Array): Buffer {
  return Buffer.isBuffer(bytes) ? bytes : Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength);
}

/** An encoded file with this EXIF block (TIFF structure) in place of any it has. TIFF files stay as they are. */
export function replaceExif(file: Buffer, format: "jpeg" | "png" | "webp" | "tiff", exif: Uint8Array): Buffer {
  switch (format) {
    case "jpeg":
      return asBuffer(replaceExifInJpeg(file, exif));
    case "png":
      return asBuffer(putPngChunk(file, "eXIf", exif) ?? file);
    case "webp":
      return asBuffer(putWebpChunk(file, "EXIF", exif) ?? file);
    case "tiff":
      return file;
    default:
      return format satisfies never;
  }
}
