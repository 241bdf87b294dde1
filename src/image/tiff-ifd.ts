/** The directories (IFDs) of TIFF files and EXIF blocks: read to lists of fields, and written. TIFF 6.0, section 2; no BigTIFF. */
import { viewOf } from "./picture-chunks";

/** In the IFD of a picture. */
export const EXIF_IFD = 0x8769;
export const GPS_IFD = 0x8825;

/** Bytes of one value by TIFF type: BYTE, ASCII, SHORT, LONG, RATIONAL, SBYTE, UNDEFINED, SSHORT, SLONG, SRATIONAL, FLOAT, DOUBLE, IFD. */
const TYPE_BYTES: readonly (number | undefined)[] = [undefined, 1, 1, 2, 4, 8, 1, 1, 2, 4, 8, 4, 8, 4];
export const LONG = 4;
const RATIONAL = 5;
const SRATIONAL = 10;

/** The byte orders: "II" and "MM". */
const LITTLE = 0x4949;
const BIG = 0x4d4d;

/** In the IFD of EXIF data. Those of a picture link to EXIF and GPS data; nothing links further. */
const INTEROPERABILITY_IFD = 0xa005;

export interface TiffField {
  readonly tag: number;
  readonly type: number;
  readonly count: number;
  /** The values, little-endian. */
  readonly bytes: Uint8Array;
  /** The IFD that this field links to, in place of `bytes`. */
  readonly fields?: readonly TiffField[];
}

/** Gives bytes of a file, fewer at its end. */
export type ReadBytes = (at: number, length: number) => Promise<Uint8Array>;

/** Whether a TIFF structure is little-endian; undefined for what is none. */
export function isLittleEndian(view: DataView): boolean | undefined {
  const order = view.getUint16(0);
  const little = order === LITTLE;
  return (little || order === BIG) && view.getUint16(2, little) === 42 ? little : undefined;
}

/** The byte order and the position of the first IFD; undefined for what is no TIFF structure. */
export async function readHeader(read: ReadBytes): Promise<{ little: boolean; ifd: number } | undefined> {
  const header = await read(0, 8);
  const view = viewOf(header);
  const little = header.length < 8 ? undefined : isLittleEndian(view);
  return little === undefined ? undefined : { little, ifd: view.getUint32(4, little) };
}

/** `read` for at most so many bytes in all. Then it throws RangeError: damaged files announce gigabytes, and IFDs that link to themselves. */
export function limited(read: ReadBytes, bytes: number): ReadBytes {
  let left = bytes;
  return (at, length) => {
    left -= length;
    if (left < 0) throw new RangeError(`more than ${bytes} bytes`);
    return read(at, length);
  };
}

/**
 * Reads the fields of these tags of an IFD, by default all, with the IFDs they link to by one of `links`. Throws RangeError where the file ends
 * before.
 */
export async function readIfd(
  read: ReadBytes,
  at: number,
  little: boolean,
  tags?: readonly number[],
  links: readonly number[] = [EXIF_IFD, GPS_IFD],
): Promise<TiffField[]> {
  const view = await readEntries(read, at, little);
  const fields: TiffField[] = [];
  for (let entry = 0; entry + 12 <= view.byteLength; entry += 12) {
    const [tag, type] = [view.getUint16(entry, little), view.getUint16(entry + 2, little)];
    const count = view.getUint32(entry + 4, little);
    const value = view.getUint32(entry + 8, little);
    const size = TYPE_BYTES[type];
    if (size === undefined || (tags && !tags.includes(tag))) continue;
    if (links.includes(tag)) {
      const further = tag === EXIF_IFD ? [INTEROPERABILITY_IFD] : [];
      const inner = await readIfd(read, value, little, undefined, further);
      fields.push({ tag, type: LONG, count: 1, bytes: new Uint8Array(4), fields: inner });
      continue;
    }
    const length = size * count;
    // Up to 4 bytes are in the entry itself.
    const bytes =
      length > 4
        ? await exactly(read, value, length)
        : new Uint8Array(view.buffer, view.byteOffset + entry + 8, length);
    fields.push({ tag, type, count, bytes: inOrder(bytes, type, little) });
  }
  return fields;
}

/** The position of the IFD after this one, 0 after the last. Throws RangeError where the file ends before. */
export async function nextIfd(read: ReadBytes, at: number, little: boolean): Promise<number> {
  const view = await readEntries(read, at, little);
  return view.getUint32(view.byteLength - 4, little);
}

/** An IFD's entries of 12 bytes each, and the position of the next IFD in 4. */
async function readEntries(read: ReadBytes, at: number, little: boolean): Promise<DataView> {
  const count = viewOf(await exactly(read, at, 2)).getUint16(0, little);
  return viewOf(await exactly(read, at + 2, 12 * count + 4));
}

async function exactly(read: ReadBytes, at: number, length: number): Promise<Uint8Array> {
  const bytes = await read(at, length);
  if (bytes.length < length) throw new RangeError("the file ends too early");
  return bytes;
}

/** A copy of values between little-endian and the given order, either way. */
function inOrder(bytes: Uint8Array, type: number, little: boolean): Uint8Array {
  const copy = Uint8Array.from(bytes);
  const size = type === RATIONAL || type === SRATIONAL ? 4 : TYPE_BYTES[type]!; // a RATIONAL is two LONGs
  if (!little) for (let at = 0; at < copy.length; at += size) copy.subarray(at, at + size).reverse();
  return copy;
}

/** Bytes of an IFD of so many fields, without their values. */
export function ifdBytes(fields: number): number {
  return 2 + 12 * fields + 4;
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
): { ifd: Uint8Array; values: Uint8Array[] } {
  const ifd = new Uint8Array(ifdBytes(fields.length));
  const view = viewOf(ifd);
  const values: Uint8Array[] = [];
  let end = valuesAt;
  const append = (...parts: readonly Uint8Array[]): void => {
    values.push(...parts);
    for (const part of parts) end += part.length;
  };
  view.setUint16(0, fields.length, little);
  const inTurn = [...fields].sort((a, b) => a.tag - b.tag);
  for (const [i, { tag, type, count, bytes, fields: inner }] of inTurn.entries()) {
    const entry = 2 + 12 * i;
    view.setUint16(entry, tag, little);
    view.setUint16(entry + 2, type, little);
    view.setUint32(entry + 4, count, little);
    if (!inner && bytes.length <= 4) {
      ifd.set(inOrder(bytes, type, little), entry + 8);
      continue;
    }
    view.setUint32(entry + 8, end, little); // without its upper bits; who writes the file refuses one that is too long for its offsets
    if (inner) {
      const linked = writeIfd(inner, end + ifdBytes(inner.length), little);
      append(linked.ifd, ...linked.values);
    } else append(inOrder(bytes, type, little), new Uint8Array(bytes.length & 1));
  }
  view.setUint32(2 + 12 * fields.length, last ? 0 : end, little);
  return { ifd, values };
}
