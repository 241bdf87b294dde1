/**
 * Writes EXIF into JPEG, PNG and WebP files in Node; tiff-pages.ts has TIFF. (sharp writes single EXIF fields only, which would lose maker notes.)
 */
import { replaceExifInJpeg } from "../image/exif";
import { putPngChunk, putWebpChunk } from "../image/picture-chunks";

function asBuffer(bytes: Uint8Array): Buffer {
  return Buffer.isBuffer(bytes) ? bytes : Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength);
}

/** An encoded file with this EXIF block (TIFF structure) in place of any it has, or `file` itself where it does not fit. */
export function replaceExif(file: Buffer, format: "jpeg" | "png" | "webp", exif: Uint8Array): Buffer {
  switch (format) {
    case "jpeg":
      return asBuffer(replaceExifInJpeg(file, exif));
    case "png":
      return asBuffer(putPngChunk(file, "eXIf", exif) ?? file);
    case "webp":
      return asBuffer(putWebpChunk(file, "EXIF", exif) ?? file);
    default:
      return format satisfies never;
  }
}
