/** Copies EXIF from one file to another byte for byte, apart from fields that are wrong for the new pixels. It does not decode the picture. */
import { APP0, APP1, isJpeg, jpegSegments, putApp1, type Segment } from "./jpeg-segments";
import { joined, metadataPart, pngData, putPngChunk, putWebpChunk, viewOf, webpContent } from "./picture-chunks";
import { ORIENTATION, tiffExifReader } from "./tiff-exif";
import { EXIF_IFD, isLittleEndian, LONG } from "./tiff-ifd";

const PIXEL_WIDTH = 0xa002;
const PIXEL_HEIGHT = 0xa003;
const SHORT = 3;

/** The bytes before the TIFF structure in a JPEG segment: "Exif\0\0". */
const PREFIX = [0x45, 0x78, 0x69, 0x66, 0, 0];

/**
 * The file `to`, a JPEG, PNG or WebP file, with the EXIF block of the file `from`, which may be TIFF, too, changed for upright pixels of the size
 * of `to`: the orientation is 1 and the thumbnail is left out. Camera, time and place stay, so a published file shows where the photograph was
 * taken. `page` is that of a TIFF file, counted from 0. Returns `to` unchanged when one of them is of another type, or the EXIF is missing or
 * damaged.
 */
export async function carryExif(
  from: Blob,
  to: Blob,
  size: { readonly width: number; readonly height: number },
  page = 0,
): Promise<Blob> {
  const block = await exifOf(from, page);
  const exif = block && exifForPixels(block, size.width, size.height);
  if (!exif) return to;
  const file = putExif(await bytesOf(to), exif);
  return file ? new Blob([file], { type: to.type }) : to;
}

/**
 * A JPEG, PNG or WebP file with this EXIF block (TIFF structure) in place of any it has. Undefined for other files, and where the block does
 * not fit.
 */
export function putExif(file: Uint8Array, exif: Uint8Array): Uint8Array<ArrayBuffer> | undefined {
  // JFIF requires its APP0 first, and EXIF its APP1 right after.
  if (isJpeg(file)) return putApp1(file, joined([PREFIX, exif]), isExif, [APP0]);
  return putPngChunk(file, "eXIf", exif) ?? putWebpChunk(file, "EXIF", exif);
}

async function exifOf(file: Blob, page: number): Promise<Uint8Array | undefined> {
  const part = await metadataPart(file);
  const block = exifOfJpeg(part) ?? pngData(part, "eXIf") ?? webpContent(part, "EXIF");
  if (block) return block;
  try {
    return await tiffExifReader()((at, length) => bytesOf(file.slice(at, at + length)), page);
  } catch (error) {
    if (error instanceof RangeError) return undefined; // the block is damaged
    throw error;
  }
}

async function bytesOf(blob: Blob): Promise<Uint8Array> {
  return new Uint8Array(await blob.arrayBuffer());
}

function hasPrefix(bytes: Uint8Array): boolean {
  return PREFIX.every((byte, i) => bytes[i] === byte);
}

const isExif = ({ marker, bytes }: Segment): boolean => marker === APP1 && hasPrefix(bytes.subarray(4));

/** The TIFF structure of a JPEG file's EXIF segment, with "Exif\0\0" before it. */
function exifOfJpeg(file: Uint8Array): Uint8Array | undefined {
  return jpegSegments(file).segments.find(isExif)?.bytes.subarray(4);
}

/**
 * A copy of an EXIF block for upright pixels of this size: orientation 1, pixel dimensions set, thumbnail
 * unlinked (it shows the old picture). Undefined when the block is damaged.
 */
export function exifForPixels(exif: Uint8Array, width: number, height: number): Uint8Array | undefined {
  // In JPEG and WebP, "Exif\0\0" precedes the block.
  const bytes = exif.slice(hasPrefix(exif) ? PREFIX.length : 0);
  const view = viewOf(bytes);
  try {
    const little = isLittleEndian(view);
    if (little === undefined) return undefined;
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
