/** The segments of JPEG files, which hold metadata, in browsers and in Node. */
import { joined, viewOf } from "./picture-chunks";

/** JPEG markers: application data 0 (JFIF), 1 (EXIF or XMP) and 2 (profiles), start of the image data. */
export const APP0 = 0xe0;
export const APP1 = 0xe1;
export const APP2 = 0xe2;
const START_OF_SCAN = 0xda;

/** The most bytes that a segment holds: its length, a 16-bit number, counts its own two bytes. */
export const MAX_CONTENT = 65_535 - 2;

export interface Segment {
  readonly marker: number;
  /** The whole segment, including marker and length. */
  readonly bytes: Uint8Array;
}

export function isJpeg(file: Uint8Array): boolean {
  return file[0] === 0xff && file[1] === 0xd8;
}

/** The segments of a JPEG file before its image data, and the rest. No segments where the file is truncated or no JPEG file. */
export function jpegSegments(file: Uint8Array): { segments: Segment[]; rest: Uint8Array } {
  const view = viewOf(file);
  const segments: Segment[] = [];
  // The file starts with FF D8. A segment is FF, its marker, and two bytes of length, which counts itself.
  let at = isJpeg(file) ? 2 : file.length;
  while (at + 4 <= file.length && file[at] === 0xff && file[at + 1] !== START_OF_SCAN) {
    const end = at + 2 + view.getUint16(at + 2);
    if (end > file.length) break;
    segments.push({ marker: file[at + 1]!, bytes: file.subarray(at, end) });
    at = end;
  }
  return { segments, rest: file.subarray(at) };
}

/** A JPEG file of these segments and this rest. */
export function jpegFile(segments: readonly Segment[], rest: Uint8Array): Uint8Array<ArrayBuffer> {
  return joined([[0xff, 0xd8], ...segments.map(({ bytes }) => bytes), rest]);
}

/**
 * A JPEG file with an APP1 segment in place of those that are `same`, behind the segments at its start that have one of the markers `behind`.
 * Undefined for other files, and where the content does not fit.
 */
export function putApp1(
  file: Uint8Array,
  content: Uint8Array,
  same: (segment: Segment) => boolean,
  behind: readonly number[],
): Uint8Array<ArrayBuffer> | undefined {
  if (!isJpeg(file) || content.length > MAX_CONTENT) return undefined;
  const { segments, rest } = jpegSegments(file);
  const kept = segments.filter((segment) => !same(segment));
  const first = kept.findIndex(({ marker }) => !behind.includes(marker));
  const length = 2 + content.length;
  const bytes = joined([[0xff, APP1, length >> 8, length & 255], content]);
  kept.splice(first < 0 ? kept.length : first, 0, { marker: APP1, bytes });
  return jpegFile(kept, rest);
}
