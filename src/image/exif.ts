/** Copies EXIF and colour profiles from one file to another byte for byte, apart from fields that are wrong for the new pixels. It does not decode the picture. */
import { joined, metadataPart, pngData, putPngChunk, putWebpChunk, viewOf, webpContent } from "./picture-chunks";
import { tiffExifReader } from "./tiff-exif";
import { EXIF_IFD, isLittleEndian } from "./tiff-ifd";

const ORIENTATION = 0x0112;
const PIXEL_WIDTH = 0xa002;
const PIXEL_HEIGHT = 0xa003;
const SHORT = 3;
const LONG = 4;

/** The bytes before the TIFF structure in a JPEG segment: "Exif\0\0". */
const PREFIX = [0x45, 0x78, 0x69, 0x66, 0, 0];
/** JPEG markers: application data 0 (JFIF) and 1 (EXIF or XMP), start of the image data. */
const APP0 = 0xe0;
const APP1 = 0xe1;
const START_OF_SCAN = 0xda;

/** The largest TIFF structure that a JPEG segment holds: 65,535 bytes less its length field and "Exif\0\0". */
const MAX_JPEG_EXIF = 65_535 - 2 - 6;

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
  const bytes = await bytesOf(to);
  const jpeg = bytes[0] === 0xff && bytes[1] === 0xd8;
  const file = jpeg
    ? replaceExifInJpeg(bytes, exif)
    : (putPngChunk(bytes, "eXIf", exif) ?? putWebpChunk(bytes, "EXIF", exif));
  if (!file) return to;
  return new Blob([file as Uint8Array<ArrayBuffer>], { type: to.type });
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

/**
 * The JPEG file `to` with the colour profile (ICC) of the JPEG file `from`, for encoders that write none. Returns `to` unchanged when one of
 * them is no JPEG file, or `from` has no profile.
 */
export async function carryProfile(from: Blob, to: Blob): Promise<Blob> {
  const profile = jpegSegments(await bytesOf(from)).segments.filter(isProfile);
  const { segments, rest } = jpegSegments(await bytesOf(to));
  if (profile.length === 0 || segments.length === 0) return to;
  const kept = segments.filter((segment) => !isProfile(segment));
  const file = joined([[0xff, 0xd8], ...[...kept, ...profile].map(({ bytes }) => bytes), rest]);
  return new Blob([file], { type: to.type });
}

async function bytesOf(blob: Blob): Promise<Uint8Array> {
  return new Uint8Array(await blob.arrayBuffer());
}

function hasPrefix(bytes: Uint8Array): boolean {
  return PREFIX.every((byte, i) => bytes[i] === byte);
}

interface Segment {
  readonly marker: number;
  /** The whole segment, including marker and length. */
  readonly bytes: Uint8Array;
}

const isExif = ({ marker, bytes }: Segment): boolean => marker === APP1 && hasPrefix(bytes.subarray(4));

/** JPEG marker of application data 2, in which profiles are (ICC.1:2022, B.4). */
const APP2 = 0xe2;
const isProfile = ({ marker, bytes }: Segment): boolean =>
  marker === APP2 && new TextDecoder().decode(bytes.subarray(4, 15)) === "ICC_PROFILE";

/** The segments of a JPEG file before its image data, and the rest. No segments where the file is truncated or no JPEG file. */
export function jpegSegments(file: Uint8Array): { segments: Segment[]; rest: Uint8Array } {
  const view = viewOf(file);
  const segments: Segment[] = [];
  // The file starts with FF D8. A segment is FF, its marker, and two bytes of length, which counts itself.
  let at = file[0] === 0xff && file[1] === 0xd8 ? 2 : file.length;
  while (at + 4 <= file.length && file[at] === 0xff && file[at + 1] !== START_OF_SCAN) {
    const end = at + 2 + view.getUint16(at + 2);
    if (end > file.length) break;
    segments.push({ marker: file[at + 1]!, bytes: file.subarray(at, end) });
    at = end;
  }
  return { segments, rest: file.subarray(at) };
}

/** The TIFF structure of a JPEG file's EXIF segment, with "Exif\0\0" before it. */
function exifOfJpeg(file: Uint8Array): Uint8Array | undefined {
  return jpegSegments(file).segments.find(isExif)?.bytes.subarray(4);
}

/** Replaces the EXIF block (TIFF structure) of an encoded JPEG. Returns the file unchanged when the block does not fit. */
export function replaceExifInJpeg(file: Uint8Array, exif: Uint8Array): Uint8Array {
  if (exif.length > MAX_JPEG_EXIF) return file;
  const { segments, rest } = jpegSegments(file);
  const length = 2 + PREFIX.length + exif.length;
  const own = [Uint8Array.of(0xff, APP1, length >> 8, length & 255, ...PREFIX), exif];
  const kept = segments.filter((segment) => !isExif(segment)).map(({ bytes }) => bytes);
  // JFIF requires its APP0 first, and EXIF its APP1 right after.
  kept.splice(segments[0]?.marker === APP0 ? 1 : 0, 0, ...own);
  return joined([file.subarray(0, 2), ...kept, rest]);
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
