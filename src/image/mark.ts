/** Writes into an encoded picture that it is artificially coloured, in XMP: see digital-source.ts. */
import { InputError } from "../base/errors";
import { markedXmp, newMark } from "./digital-source";
import { jpegSegments } from "./exif";
import { joined, metadataPart, pngXmp, putPngXmp, putWebpChunk, webpContent } from "./picture-chunks";

/** What precedes XMP in a JPEG segment (Adobe, XMP Specification Part 3, 1.1.3). */
const JPEG_XMP = new TextEncoder().encode("http://ns.adobe.com/xap/1.0/\0");
const APP0 = 0xe0;
const APP1 = 0xe1;
/** A segment's length, which counts its own two bytes, is a 16-bit number. */
const MAX_SEGMENT = 65_535;

/**
 * The JPEG, PNG or WebP file `file` with XMP that says so: IPTC's digital source type "algorithmically enhanced". XMP of `photograph`, where
 * that is a file of one of these types, is kept beside it. Throws InputError for files of other types.
 */
export async function markAsColorized(file: Blob, photograph?: Blob): Promise<Blob> {
  const bytes = new Uint8Array(await file.arrayBuffer());
  const given = photograph && xmpOf(await metadataPart(photograph));
  const xmp = (given && markedXmp(upright(given))) ?? newMark();
  const marked = withXmp(bytes, xmp) ?? withXmp(bytes, newMark());
  if (marked) return new Blob([marked as Uint8Array<ArrayBuffer>], { type: file.type });
  throw new InputError({
    where: "markAsColorized",
    expected: "a JPEG, PNG or WebP file",
    received: file.type || "a file of no known type",
  });
}

/** Undefined where the file is of another type, or the XMP does not fit. */
function withXmp(file: Uint8Array, xmp: string): Uint8Array | undefined {
  if (file[0] === 0xff && file[1] === 0xd8) return addJpegXmp(file, xmp);
  return putPngXmp(file, xmp) ?? putWebpChunk(file, "XMP ", new TextEncoder().encode(xmp));
}

function isXmp(segment: { readonly marker: number; readonly bytes: Uint8Array }): boolean {
  return segment.marker === APP1 && JPEG_XMP.every((byte, i) => segment.bytes[4 + i] === byte);
}

function xmpOf(file: Uint8Array): string | undefined {
  const segment = jpegSegments(file).segments.find(isXmp);
  const xmp = segment?.bytes.subarray(4 + JPEG_XMP.length) ?? pngXmp(file) ?? webpContent(file, "XMP ");
  return xmp && new TextDecoder().decode(xmp);
}

/** Sets the orientation in XMP to 1, because the pixels of results are upright. */
function upright(xmp: string): string {
  return xmp.replace(/(tiff:Orientation(?:>|=["']))[1-8]/g, "$11");
}

function addJpegXmp(file: Uint8Array, xmp: string): Uint8Array | undefined {
  const text = new TextEncoder().encode(xmp);
  const length = 2 + JPEG_XMP.length + text.length;
  if (length > MAX_SEGMENT) return undefined;
  const { segments, rest } = jpegSegments(file);
  const kept = segments.filter((segment) => !isXmp(segment));
  // JFIF wants its APP0 first, and EXIF its APP1 right after.
  const first = kept.findIndex(({ marker }) => marker !== APP0 && marker !== APP1);
  const at = first < 0 ? kept.length : first;
  const parts: (Uint8Array | readonly number[])[] = kept.map(({ bytes }) => bytes);
  parts.splice(at, 0, [0xff, APP1, length >> 8, length & 255], JPEG_XMP, text);
  return joined([file.subarray(0, 2), ...parts, rest]);
}
