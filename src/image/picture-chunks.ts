/** Adds metadata to PNG and WebP files, as chunks. */

const encoder = new TextEncoder();

function ascii(bytes: Uint8Array, from: number, to: number): string {
  return String.fromCharCode(...bytes.subarray(from, to));
}

function viewOf(bytes: Uint8Array): DataView {
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

/** Signature (8), then the IHDR chunk: length, type, 13 bytes, CRC. */
const PNG_HEAD = 8 + 25;

/** A PNG file with XMP in an iTXt chunk; undefined for other files. */
export function addPngXmp(file: Uint8Array, xmp: string): Uint8Array | undefined {
  // Keyword, 0; not compressed, method 0; no language, 0; no translated keyword, 0; the text.
  return addPngChunk(file, "iTXt", encoder.encode(`XML:com.adobe.xmp\0\0\0\0\0${xmp}`));
}

/** A PNG file with another chunk after its header; undefined for other files. */
export function addPngChunk(file: Uint8Array, type: string, content: Uint8Array): Uint8Array | undefined {
  if (file.length < PNG_HEAD || ascii(file, 1, 4) !== "PNG") return undefined;
  const data = new Uint8Array(4 + content.length);
  data.set(encoder.encode(type));
  data.set(content, 4);
  const whole = new Uint8Array(file.length + data.length + 8);
  whole.set(file.subarray(0, PNG_HEAD));
  const view = viewOf(whole);
  view.setUint32(PNG_HEAD, data.length - 4);
  whole.set(data, PNG_HEAD + 4);
  view.setUint32(PNG_HEAD + 4 + data.length, crc32(data));
  whole.set(file.subarray(PNG_HEAD), PNG_HEAD + 8 + data.length);
  return whole;
}

/** Bits of the flags in a VP8X chunk (RFC 9649). */
const FLAGS = { "XMP ": 0x04, EXIF: 0x08 } as const;
const HAS_ALPHA = 0x10;
const VP8X_SIZE = 10;

/** A WebP file with another chunk at its end (EXIF comes before XMP); undefined for other files, and for WebP without a readable size. */
export function addWebpChunk(file: Uint8Array, type: keyof typeof FLAGS, content: Uint8Array): Uint8Array | undefined {
  if (file.length < 30 || ascii(file, 0, 4) !== "RIFF" || ascii(file, 8, 12) !== "WEBP") return undefined;
  const extended = ascii(file, 12, 16) === "VP8X";
  const header = extended ? file.slice(12, 12 + 8 + VP8X_SIZE) : newVp8x(file);
  if (!header) return undefined;
  header[8]! |= FLAGS[type];
  const rest = file.subarray(extended ? 12 + 8 + VP8X_SIZE : 12);
  const chunk = 8 + content.length + (content.length & 1);
  const whole = new Uint8Array(12 + header.length + rest.length + chunk);
  whole.set(file.subarray(0, 12));
  whole.set(header, 12);
  whole.set(rest, 12 + header.length);
  const at = 12 + header.length + rest.length;
  whole.set(encoder.encode(type), at);
  viewOf(whole).setUint32(at + 4, content.length, true);
  whole.set(content, at + 8);
  viewOf(whole).setUint32(4, whole.length - 8, true);
  return whole;
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
