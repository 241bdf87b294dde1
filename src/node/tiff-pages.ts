/**
 * TIFF files of several pages, and tags that sharp does not write. (sharp writes several pages only where all have one size,
 * and then from one picture in memory.) TIFF 6.0, section 2.
 */
import { ImageError } from "../base/errors";

/** Bytes of one value by TIFF type: BYTE, ASCII, SHORT, LONG, RATIONAL, SBYTE, UNDEFINED, SSHORT, SLONG, SRATIONAL, FLOAT, DOUBLE. */
const TYPE_BYTES = [0, 1, 1, 2, 4, 8, 1, 1, 2, 4, 8, 4, 8] as const;
const SHORT = 3;
const LONG = 4;
const UNDEFINED = 7;
const STRIP_OFFSETS = 273;
const TILE_OFFSETS = 324;
const ICC_PROFILE = 34_675;

/** Offsets in TIFF have 32 bits. */
const MAX_BYTES = 2 ** 32 - 1;

interface Entry {
  readonly tag: number;
  readonly type: number;
  readonly count: number;
  /** The values in the file's byte order. */
  readonly bytes: Buffer;
}

/** A TIFF file of one page, as sharp writes it, and its profile. */
export interface TiffPage {
  readonly file: Buffer;
  /** For pages whose profile sharp cannot attach without converting the samples. */
  readonly icc?: Uint8Array;
}

/** Even: offsets in TIFF are. */
function even(bytes: number): number {
  return bytes + (bytes & 1);
}

/**
 * Yields the parts of a TIFF file with these pages. Each page is asked for when the one before it was taken. `where` names the file in
 * messages. Throws ImageError for a file of more than 4 GiB.
 */
export async function* joinTiff(
  pages: AsyncIterable<TiffPage> | Iterable<TiffPage>,
  count: number,
  where: string,
): AsyncGenerator<Buffer> {
  let at = 0;
  let left = count;
  for await (const page of pages) {
    if (at === 0) {
      const header = Buffer.from(page.file.subarray(0, 8));
      header.fill(0, 4).writeUInt8(8, littleEndian(header) ? 4 : 7);
      yield header;
      at = header.length;
    }
    const parts = pageBlock(page, at, --left === 0);
    const end = parts.reduce((sum, part) => sum + part.length, at);
    if (end > MAX_BYTES)
      throw new ImageError({
        where,
        expected: "at most 4 GiB in a TIFF file",
        received: `more, at page ${count - left} of ${count}`,
        hint: "Split the pages into several files first.",
      });
    yield* parts;
    at = end;
  }
}

function littleEndian(file: Buffer): boolean {
  return file.toString("latin1", 0, 2) === "II";
}

/** A page at position `at` of a larger file: its IFD, the page's own file, values of tags; then the next page, unless it is the last. */
function pageBlock({ file, icc }: TiffPage, at: number, last: boolean): Buffer[] {
  const little = littleEndian(file);
  const short = (bytes: Buffer, value: number, to: number): unknown =>
    little ? bytes.writeUInt16LE(value, to) : bytes.writeUInt16BE(value, to);
  const long = (bytes: Buffer, value: number, to: number): unknown =>
    little ? bytes.writeUInt32LE(value, to) : bytes.writeUInt32BE(value, to);
  const entries = readEntries(file, little);
  if (icc) entries.push({ tag: ICC_PROFILE, type: UNDEFINED, count: icc.length, bytes: Buffer.from(icc) });
  entries.sort((a, b) => a.tag - b.tag);

  const ifd = Buffer.alloc(even(2 + 12 * entries.length + 4));
  const parts = [ifd, file, Buffer.alloc(file.length & 1)];
  const base = at + ifd.length; // the new position of the page's own file
  let end = base + even(file.length);
  short(ifd, entries.length, 0);
  entries.forEach(({ tag, type, count, bytes }, i) => {
    const offsets = tag === STRIP_OFFSETS || tag === TILE_OFFSETS;
    const values = offsets ? movedOffsets(bytes, type, little, base) : bytes;
    const entry = 2 + 12 * i;
    short(ifd, tag, entry);
    short(ifd, offsets ? LONG : type, entry + 2);
    long(ifd, count, entry + 4);
    if (values.length <= 4) return void values.copy(ifd, entry + 8);
    long(ifd, end % 2 ** 32, entry + 8); // joinTiff() refuses a file that is too long
    parts.push(values, Buffer.alloc(values.length & 1));
    end += even(values.length);
  });
  long(ifd, last ? 0 : end % 2 ** 32, 2 + 12 * entries.length);
  return parts;
}

/** The entries of a file's first IFD. */
function readEntries(file: Buffer, little: boolean): Entry[] {
  const short = (at: number): number => (little ? file.readUInt16LE(at) : file.readUInt16BE(at));
  const long = (at: number): number => (little ? file.readUInt32LE(at) : file.readUInt32BE(at));
  const ifd = long(4);
  return Array.from({ length: short(ifd) }, (_, i) => {
    const at = ifd + 2 + 12 * i;
    const [tag, type, count] = [short(at), short(at + 2), long(at + 4)];
    const length = TYPE_BYTES[type]! * count;
    const from = length <= 4 ? at + 8 : long(at + 8);
    return { tag, type, count, bytes: file.subarray(from, from + length) };
  });
}

/** Offsets of type SHORT or LONG, moved by `base`, as LONG. */
function movedOffsets(bytes: Buffer, type: number, little: boolean, base: number): Buffer {
  const size = type === SHORT ? 2 : 4;
  const moved = Buffer.alloc((bytes.length / size) * 4);
  for (let i = 0; i * size < bytes.length; i++) {
    const value = (little ? bytes.readUIntLE(i * size, size) : bytes.readUIntBE(i * size, size)) + base;
    if (little) moved.writeUInt32LE(value % 2 ** 32, 4 * i);
    else moved.writeUInt32BE(value % 2 ** 32, 4 * i);
  }
  return moved;
}
