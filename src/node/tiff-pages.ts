/**
 * TIFF files of several pages, and fields that sharp does not write. (sharp writes several pages only where all have one size,
 * and then from one picture in memory.) TIFF 6.0, section 2.
 */
import { ImageError } from "../base/errors";
import { describingFields } from "../image/tiff-exif";
import { ifdBytes, LONG, readHeader, readIfd, writeIfd, type ReadBytes, type TiffField } from "../image/tiff-ifd";

const UNDEFINED = 7;
const STRIP_OFFSETS = 273;
const TILE_OFFSETS = 324;
const ICC_PROFILE = 34_675;

/** Offsets in TIFF have 32 bits. */
const MAX_BYTES = 2 ** 32 - 1;

/** A TIFF file of one page, as sharp writes it, and what the page has beside it. */
export interface TiffPage {
  readonly file: Buffer;
  /** For pages whose profile sharp cannot attach without converting the samples. */
  readonly icc?: Uint8Array | undefined;
  /** Fields that the file does not have. */
  readonly exif?: readonly TiffField[] | undefined;
}

/**
 * Yields the parts of a TIFF file with these pages. Each page is asked for when the one before it was taken. `where` names the file in
 * messages. Throws ImageError for a file of more than 4 GiB.
 */
export async function* joinTiff(
  pages: AsyncIterable<TiffPage> | Iterable<TiffPage>,
  count: number,
  where: string,
): AsyncGenerator<Uint8Array> {
  let at = 0;
  let left = count;
  for await (const page of pages) {
    const little = page.file.toString("latin1", 0, 2) === "II";
    if (at === 0) {
      const header = Buffer.from(page.file.subarray(0, 8));
      header.fill(0, 4).writeUInt8(8, little ? 4 : 7);
      yield header;
      at = header.length;
    }
    const parts = await pageBlock(page, at, --left === 0);
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

/** A page at position `at` of a larger file: its IFD, the page's own file, values of fields; then the next page, unless it is the last. */
async function pageBlock({ file, icc, exif = [] }: TiffPage, at: number, last: boolean): Promise<Uint8Array[]> {
  const read: ReadBytes = (from, length) => Promise.resolve(file.subarray(from, from + length));
  const { little, ifd: own } = (await readHeader(read))!;
  const fields = await readIfd(read, own, little);
  if (icc) fields.push({ tag: ICC_PROFILE, type: UNDEFINED, count: icc.length, bytes: Buffer.from(icc) });
  const tags = new Set(fields.map(({ tag }) => tag));
  fields.push(...exif.filter(({ tag }) => !tags.has(tag)));

  const base = at + ifdBytes(fields.length); // the new position of the page's own file
  const moved = fields.map((field) =>
    field.tag === STRIP_OFFSETS || field.tag === TILE_OFFSETS ? movedOffsets(field, base) : field,
  );
  const { ifd, values } = writeIfd(moved, base + file.length + (file.length & 1), little, last);
  return [ifd, file, Buffer.alloc(file.length & 1), ...values];
}

/** Offsets of type SHORT or LONG, moved by `base`, as LONG. */
function movedOffsets({ tag, count, bytes }: TiffField, base: number): TiffField {
  const size = bytes.length / count;
  const given = Buffer.from(bytes);
  const moved = Buffer.alloc(4 * count);
  for (let i = 0; i < count; i++) moved.writeUInt32LE((given.readUIntLE(i * size, size) + base) % 2 ** 32, 4 * i);
  return { tag, type: LONG, count, bytes: moved };
}

/** The fields of an EXIF block that a TIFF page takes. Undefined where the block is damaged. */
export async function exifFields(block: Uint8Array): Promise<TiffField[] | undefined> {
  const read: ReadBytes = (at, length) => Promise.resolve(block.subarray(at, at + length));
  try {
    const header = await readHeader(read);
    return header && (await describingFields(read, header.ifd, header.little));
  } catch (error) {
    if (error instanceof RangeError) return undefined;
    throw error;
  }
}
