/** EXIF of TIFF files, which sharp neither reads nor writes: there it is not a block of its own, but fields among those of the picture. */
import { EXIF_IFD, GPS_IFD } from "../image/exif";
import { ifdBytes, nextIfd, readHeader, readIfd, writeIfd, type ReadBytes, type TiffField } from "./tiff-ifd";

const ORIENTATION = 0x0112;

/**
 * Fields of a picture that EXIF has too (Exif 3.0, table 4): ImageDescription, Make, Model, Orientation, Software, DateTime, HostComputer,
 * Artist, Copyright. The others describe the samples of the one file.
 */
const DESCRIBING: ReadonlySet<number> = new Set([
  0x010e,
  0x010f,
  0x0110,
  ORIENTATION,
  0x0131,
  0x0132,
  0x013c,
  0x013b,
  0x8298,
  EXIF_IFD,
  GPS_IFD,
]);
/** EXIF has at most some 100 KB; damaged files announce gigabytes. */
const WANTED = { tags: DESCRIBING, bytes: 2 ** 20 };

/**
 * A function for the pages of one TIFF file, counted from 0, which gives the page's EXIF block: a TIFF structure, as in JPEG files. Undefined
 * where the page has none, and for BigTIFF. It throws RangeError where the block is damaged.
 */
export function tiffExifReader(): (read: ReadBytes, page: number) => Promise<Buffer | undefined> {
  const ifds: number[] = []; // of the pages so far
  return async (read, page) => {
    const header = await readHeader(read);
    if (!header) return undefined;
    const { little } = header;
    ifds[0] = header.ifd;
    while (ifds.length <= page) ifds.push(await nextIfd(read, ifds.at(-1)!, little));
    const fields = await readIfd(read, ifds[page]!, little, WANTED);
    if (fields.every(({ tag }) => tag === ORIENTATION)) return undefined;
    const start = Buffer.from("II*\0\x08\0\0\0", "latin1");
    const block = writeIfd(fields, start.length + ifdBytes(fields.length), true);
    return Buffer.concat([start, block.ifd, ...block.values]);
  };
}

/** The fields of an EXIF block that a TIFF page takes. Undefined where the block is damaged. */
export async function exifFields(block: Uint8Array): Promise<TiffField[] | undefined> {
  const bytes = Buffer.from(block.buffer, block.byteOffset, block.byteLength);
  const read: ReadBytes = (at, length) => Promise.resolve(bytes.subarray(at, at + length));
  try {
    const header = await readHeader(read);
    return header && (await readIfd(read, header.ifd, header.little, WANTED));
  } catch (error) {
    if (error instanceof RangeError) return undefined;
    throw error;
  }
}
