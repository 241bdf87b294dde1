/** The directories (IFDs) of TIFF files and EXIF blocks: read to lists of fields, and written. TIFF 6.0, section 2; no BigTIFF. */
import { EXIF_IFD, GPS_IFD } from "../image/exif";

/** Bytes of one value by TIFF type: BYTE, ASCII, SHORT, LONG, RATIONAL, SBYTE, UNDEFINED, SSHORT, SLONG, SRATIONAL, FLOAT, DOUBLE, IFD. */
const TYPE_BYTES: readonly (number | undefined)[] = [undefined, 1, 1, 2, 4, 8, 1, 1, 2, 4, 8, 4, 8, 4];
/** Bytes of the numbers that a byte order turns round, where they are not those of a value: two LONGs make a RATIONAL. */
const RATIONALS: ReadonlySet<number> = new Set([5, 10]);
export const LONG = 4;

/** In the IFD of EXIF data. Those of a picture link to EXIF and GPS data; nothing links further. */
const INTEROPERABILITY_IFD = 0xa005;

export interface TiffField {
  readonly tag: number;
  readonly type: number;
  readonly count: number;
  /** The values, little-endian. */
  readonly bytes: Buffer;
  /** The IFD that this field links to, in place of `bytes`. */
  readonly fields?: readonly TiffField[];
}

/** Gives bytes of a file, fewer at its end. */
export type ReadBytes = (at: number, length: number) => Promise<Buffer>;

/** The byte order and the position of the first IFD; undefined for what is no TIFF structure. */
export async function readHeader(read: ReadBytes): Promise<{ little: boolean; ifd: number } | undefined> {
  const header = await read(0, 8);
  const order = header.toString("latin1", 0, 2);
  if (header.length < 8 || (order !== "II" && order !== "MM")) return undefined;
  const little = order === "II";
  if (shortAt(header, 2, little) !== 42) return undefined;
  return { little, ifd: longAt(header, 4, little) };
}

interface Wanted {
  /** The tags to read. Default: all. */
  readonly tags?: ReadonlySet<number>;
  /** Most bytes of values. */
  readonly bytes?: number;
}

/** Reads an IFD with those it links to. Throws RangeError where the file ends before, or has more values than wanted. */
export async function readIfd(
  read: ReadBytes,
  at: number,
  little: boolean,
  { tags, bytes: most = Infinity }: Wanted = {},
): Promise<TiffField[]> {
  let left = most;
  const fieldsAt = async (ifd: number, links: readonly number[], only?: ReadonlySet<number>): Promise<TiffField[]> => {
    const { entries } = await readEntries(read, ifd, little);
    const fields: TiffField[] = [];
    for (let entry = 0; entry < entries.length; entry += 12) {
      const [tag, type] = [shortAt(entries, entry, little), shortAt(entries, entry + 2, little)];
      const count = longAt(entries, entry + 4, little);
      const size = TYPE_BYTES[type];
      if (size === undefined || (only && !only.has(tag))) continue;
      if (links.includes(tag)) {
        const inner = await fieldsAt(
          longAt(entries, entry + 8, little),
          tag === EXIF_IFD ? [INTEROPERABILITY_IFD] : [],
        );
        fields.push({ tag, type: LONG, count: 1, bytes: Buffer.alloc(4), fields: inner });
        continue;
      }
      left -= size * count;
      if (left < 0) throw new RangeError(`an IFD with more than ${most} bytes of values`);
      const inside = size * count <= 4;
      const bytes = inside
        ? entries.subarray(entry + 8, entry + 8 + size * count)
        : await exactly(read, longAt(entries, entry + 8, little), size * count);
      fields.push({ tag, type, count, bytes: inOrder(bytes, type, little) });
    }
    return fields;
  };
  return fieldsAt(at, [EXIF_IFD, GPS_IFD], tags);
}

/** The position of the IFD after this one, 0 after the last. Throws RangeError where the file ends before. */
export async function nextIfd(read: ReadBytes, at: number, little: boolean): Promise<number> {
  return (await readEntries(read, at, little)).next;
}

async function readEntries(read: ReadBytes, at: number, little: boolean): Promise<{ entries: Buffer; next: number }> {
  const length = 12 * shortAt(await exactly(read, at, 2), 0, little);
  const bytes = await exactly(read, at + 2, length + 4);
  return { entries: bytes.subarray(0, length), next: longAt(bytes, length, little) };
}

async function exactly(read: ReadBytes, at: number, length: number): Promise<Buffer> {
  const bytes = await read(at, length);
  if (bytes.length < length) throw new RangeError(`a TIFF structure that ends before byte ${at + length}`);
  return bytes;
}

function shortAt(bytes: Buffer, at: number, little: boolean): number {
  return little ? bytes.readUInt16LE(at) : bytes.readUInt16BE(at);
}

function longAt(bytes: Buffer, at: number, little: boolean): number {
  return little ? bytes.readUInt32LE(at) : bytes.readUInt32BE(at);
}

/** A copy of values between little-endian and the given order, either way. */
function inOrder(bytes: Buffer, type: number, little: boolean): Buffer {
  const copy = Buffer.from(bytes);
  if (little) return copy;
  const size = RATIONALS.has(type) ? 4 : TYPE_BYTES[type];
  if (size === 2) return copy.swap16();
  if (size === 4) return copy.swap32();
  return size === 8 ? copy.swap64() : copy;
}

/** Bytes of an IFD of so many fields, without their values. */
export function ifdBytes(fields: number): number {
  return 2 + 12 * fields + 4;
}

/** Even: offsets in TIFF are. */
export function even(bytes: number): number {
  return bytes + (bytes & 1);
}

/**
 * An IFD, and its longer values with the IFDs it links to, which lie from the even position `valuesAt` on. It links to an IFD right after these,
 * or to none where it is the `last`.
 */
export function writeIfd(
  fields: readonly TiffField[],
  valuesAt: number,
  little: boolean,
  last = true,
): { ifd: Buffer; values: Buffer[] } {
  const ifd = Buffer.alloc(ifdBytes(fields.length));
  const short = (value: number, to: number): unknown =>
    little ? ifd.writeUInt16LE(value, to) : ifd.writeUInt16BE(value, to);
  // Who writes the file refuses one that is too long for its offsets.
  const long = (value: number, to: number): unknown =>
    little ? ifd.writeUInt32LE(value % 2 ** 32, to) : ifd.writeUInt32BE(value % 2 ** 32, to);
  const values: Buffer[] = [];
  let end = valuesAt;
  const append = (...parts: readonly Buffer[]): void => {
    values.push(...parts);
    for (const part of parts) end += part.length;
  };
  short(fields.length, 0);
  const inTurn = [...fields].sort((a, b) => a.tag - b.tag);
  for (const [i, { tag, type, count, bytes, fields: inner }] of inTurn.entries()) {
    const entry = 2 + 12 * i;
    short(tag, entry);
    short(type, entry + 2);
    long(count, entry + 4);
    if (inner) {
      long(end, entry + 8);
      const linked = writeIfd(inner, end + ifdBytes(inner.length), little);
      append(linked.ifd, ...linked.values);
    } else if (bytes.length <= 4) inOrder(bytes, type, little).copy(ifd, entry + 8);
    else {
      long(end, entry + 8);
      append(inOrder(bytes, type, little), Buffer.alloc(bytes.length & 1));
    }
  }
  long(last ? 0 : end, 2 + 12 * fields.length);
  return { ifd, values };
}
