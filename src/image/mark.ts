/** Writes into an encoded picture that it is artificially coloured, in XMP: see digital-source.ts. */
import { InputError } from "../base/errors";
import { markedXmp, newMark, uprightXmp } from "./digital-source";
import { APP0, APP1, isJpeg, jpegSegments, MAX_CONTENT, putApp1, type Segment } from "./jpeg-segments";
import { joined, metadataPart, pngXmp, putPngXmp, putWebpChunk, webpContent } from "./picture-chunks";

/** What precedes XMP in a JPEG segment (Adobe, XMP Specification Part 3, 1.1.3). */
const JPEG_XMP = new TextEncoder().encode("http://ns.adobe.com/xap/1.0/\0");
/** The longest XMP that a JPEG segment holds, in bytes. */
export const MAX_JPEG_XMP = MAX_CONTENT - JPEG_XMP.length;

/**
 * The JPEG, PNG or WebP file `file` with XMP that says so: IPTC's digital source type "algorithmically enhanced". XMP of `photograph`, where
 * that is a file of one of these types, is kept beside it. Throws InputError for files of other types.
 */
export async function markAsColorized(file: Blob, photograph?: Blob): Promise<Blob> {
  const bytes = new Uint8Array(await file.arrayBuffer());
  const given = photograph && xmpOf(await metadataPart(photograph));
  const xmp = (given && markedXmp(uprightXmp(given))) ?? newMark();
  const marked = withXmp(bytes, xmp) ?? withXmp(bytes, newMark());
  if (marked) return new Blob([marked], { type: file.type });
  throw new InputError({
    where: "markAsColorized",
    expected: "a JPEG, PNG or WebP file",
    received: file.type || "a file of no known type",
  });
}

/** Undefined where the file is of another type, or the XMP does not fit. */
function withXmp(file: Uint8Array, xmp: string): Uint8Array<ArrayBuffer> | undefined {
  const text = new TextEncoder().encode(xmp);
  // JFIF wants its APP0 first, and EXIF its APP1 right after.
  if (isJpeg(file)) return putApp1(file, joined([JPEG_XMP, text]), isXmp, [APP0, APP1]);
  return putPngXmp(file, xmp) ?? putWebpChunk(file, "XMP ", text);
}

function isXmp({ marker, bytes }: Segment): boolean {
  return marker === APP1 && JPEG_XMP.every((byte, i) => bytes[4 + i] === byte);
}

function xmpOf(file: Uint8Array): string | undefined {
  const segment = jpegSegments(file).segments.find(isXmp);
  const xmp = segment?.bytes.subarray(4 + JPEG_XMP.length) ?? pngXmp(file) ?? webpContent(file, "XMP ");
  return xmp && new TextDecoder().decode(xmp);
}
