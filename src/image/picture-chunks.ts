/** Metadata in the chunks of PNG and WebP files, in browsers and in Node. */

const encoder = new TextEncoder();

function ascii(bytes: Uint8Array, from: number, to: number): string {
  return String.fromCharCode(...bytes.subarray(from, to));
}

export function viewOf(bytes: Uint8Array): DataView {
  return new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
}

const CRC_TABLE = Uint32Array.from({ length: 256 }, (_, n) => {
  let c = n;
  for (let k = 0; k < 8; k++) c = c & 1 ? 0xedb88320 ^ (c >>> 1) : c >>> 1;
  return c;
});

/** CRC-32 of ISO 3309, as PNG uses it. */
function crc32(bytes: Uint8Array): number {
  let c = 0xffffffff;
  for (const byte of bytes) c = CRC_TABLE[(c ^ byte) & 255]! ^ (c >>> 8);
  return ~c >>> 0;
}

/** The parts one after another. */
export function joined(parts: readonly ArrayLike<number>[]): Uint8Array<ArrayBuffer> {
  const whole = new Uint8Array(parts.reduce((sum, part) => sum + part.length, 0));
  let at = 0;
  for (const part of parts) {
    whole.set(part, at);
    at += part.length;
  }
  return whole;
}

/** A chunk of a PNG file: length, type, data, CRC-32 of type and data. */
export function pngChunk(type: string, data: Uint8Array): Uint8Array<ArrayBuffer> {
  const chunk = joined([new Uint8Array(4), encoder.encode(type), data, new Uint8Array(4)]);
  viewOf(chunk).setUint32(0, data.length);
  viewOf(chunk).setUint32(8 + data.length, crc32(chunk.subarray(4, 8 + data.length)));
  return chunk;
}

/** Keyword, 0; not compressed, method 0; no language, 0; no translated keyword, 0. The text follows. */
const PNG_XMP = "XML:com.adobe.xmp\0\0\0\0\0";

/** A PNG file with XMP in place of any that it has; undefined for other files. */
export function putPngXmp(file: Uint8Array, xmp: string): Uint8Array<ArrayBuffer> | undefined {
  return putPngChunk(file, "iTXt", encoder.encode(PNG_XMP + xmp), PNG_XMP.indexOf("\0") + 1);
}

/**
 * A PNG file with a chunk after its header, in place of those of the same type whose first `same` bytes of data are equal. Undefined for
 * other files.
 */
export function putPngChunk(
  file: Uint8Array,
  type: string,
  data: Uint8Array,
  same = 0,
): Uint8Array<ArrayBuffer> | undefined {
  const [header, ...rest] = pngChunks(file);
  if (!header || ascii(header, 4, 8) !== "IHDR") return undefined;
  const first = type + ascii(data, 0, same);
  const kept = rest.filter((chunk) => ascii(chunk, 4, 8 + same) !== first);
  return joined([file.subarray(0, 8), header, pngChunk(type, data), ...kept]);
}

/** The text of a PNG file's XMP. */
export function pngXmp(file: Uint8Array): Uint8Array | undefined {
  return pngData(file, "iTXt", PNG_XMP);
}

/** The data of the first chunk of a type whose data begin with `start`, without that. Undefined for other files than PNG, too. */
export function pngData(file: Uint8Array, type: string, start = ""): Uint8Array | undefined {
  const end = 8 + start.length;
  const found = pngChunks(file).find((chunk) => ascii(chunk, 4, end) === type + start);
  return found?.subarray(end, -4);
}

/** None for other files. */
function pngChunks(file: Uint8Array): Uint8Array[] {
  const chunks: Uint8Array[] = [];
  if (!isPng(file)) return chunks;
  for (let at = 8; at + 12 <= file.length; at += chunks.at(-1)!.length)
    chunks.push(file.subarray(at, at + 12 + viewOf(file).getUint32(at)));
  return chunks;
}

function isPng(file: Uint8Array): boolean {
  return ascii(file, 1, 4) === "PNG";
}

/** Bits of the flags in a VP8X chunk (RFC 9649). */
const FLAGS = { "XMP ": 0x04, EXIF: 0x08 } as const;
const HAS_ALPHA = 0x10;
const VP8X_SIZE = 10;

/**
 * A WebP file with a chunk in place of any of its type, at its end, where EXIF comes before XMP. Undefined for other files, and for WebP
 * without a readable size.
 */
export function putWebpChunk(
  file: Uint8Array,
  type: keyof typeof FLAGS,
  content: Uint8Array,
): Uint8Array<ArrayBuffer> | undefined {
  if (file.length < 30 || !isWebp(file)) return undefined;
  const chunks = webpChunks(file);
  const header = webpType(chunks[0]!) === "VP8X" ? chunks.shift()!.slice() : newVp8x(file);
  if (!header) return undefined;
  header[8]! |= FLAGS[type];
  const kept = chunks.filter((chunk) => webpType(chunk) !== type);
  const chunk = joined([encoder.encode(type), new Uint8Array(4), content, new Uint8Array(content.length & 1)]);
  viewOf(chunk).setUint32(4, content.length, true);
  const xmp = type === "EXIF" ? kept.findIndex((one) => webpType(one) === "XMP ") : -1;
  kept.splice(xmp < 0 ? kept.length : xmp, 0, chunk);
  const whole = joined([file.subarray(0, 12), header, ...kept]);
  viewOf(whole).setUint32(4, whole.length - 8, true);
  return whole;
}

/** The content of the first chunk of a type. Undefined for other files than WebP, too. */
export function webpContent(file: Uint8Array, type: keyof typeof FLAGS): Uint8Array | undefined {
  const found = isWebp(file) ? webpChunks(file).find((chunk) => webpType(chunk) === type) : undefined;
  return found?.subarray(8, 8 + viewOf(found).getUint32(4, true));
}

function webpChunks(file: Uint8Array): Uint8Array[] {
  const chunks: Uint8Array[] = [];
  for (let at = 12; at + 8 <= file.length; at += chunks.at(-1)!.length) {
    const size = viewOf(file).getUint32(at + 4, true);
    chunks.push(file.subarray(at, at + 8 + size + (size & 1)));
  }
  return chunks;
}

function isWebp(file: Uint8Array): boolean {
  return ascii(file, 0, 4) === "RIFF" && ascii(file, 8, 12) === "WEBP";
}

function webpType(chunk: Uint8Array): string {
  return ascii(chunk, 0, 4);
}

/** The VP8X chunk of a simple file, which has one image chunk: VP8 (lossy) or VP8L (lossless). */
function newVp8x(file: Uint8Array): Uint8Array | undefined {
  const view = viewOf(file);
  const type = ascii(file, 12, 16);
  const chunk = new Uint8Array(8 + VP8X_SIZE);
  chunk.set(encoder.encode("VP8X"));
  viewOf(chunk).setUint32(4, VP8X_SIZE, true);
  const setSize = (at: number, size: number): void => chunk.set([size - 1, (size - 1) >> 8, (size - 1) >> 16], at);
  if (type === "VP8 ") {
    // Frame tag (3 bytes), start code (3), then width and height of 14 bits each in 16.
    setSize(12, view.getUint16(26, true) & 0x3fff);
    setSize(15, view.getUint16(28, true) & 0x3fff);
    return chunk;
  }
  if (type !== "VP8L") return undefined;
  // Signature (1 byte), then 14 bits of width - 1, 14 of height - 1, and one that says whether there is alpha.
  const bits = view.getUint32(21, true);
  setSize(12, (bits & 0x3fff) + 1);
  setSize(15, ((bits >>> 14) & 0x3fff) + 1);
  if ((bits >>> 28) & 1) chunk[8]! |= HAS_ALPHA;
  return chunk;
}

/** In a JPEG file, metadata come before the image data, and are rarely longer. */
const HEAD_BYTES = 2 ** 20;

/** The part of a file that has its metadata: PNG and WebP files may have them at their end. */
export async function metadataPart(file: Blob): Promise<Uint8Array> {
  const head = new Uint8Array(await file.slice(0, HEAD_BYTES).arrayBuffer());
  return isPng(head) || isWebp(head) ? new Uint8Array(await file.arrayBuffer()) : head;
}
