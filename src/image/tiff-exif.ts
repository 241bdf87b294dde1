/** EXIF of TIFF files, which sharp neither reads nor writes: there it is not a block of its own, but fields among those of the picture. */
import { joined } from "./picture-chunks";
import {
  EXIF_IFD,
  GPS_IFD,
  ifdBytes,
  limited,
  nextIfd,
  readHeader,
  readIfd,
  writeIfd,
  type ReadBytes,
  type TiffField,
} from "./tiff-ifd";

export const ORIENTATION = 0x0112;

/**
 * Fields of a picture that EXIF has too (Exif 3.0, table 4): ImageDescription, Make, Model, Orientation, Software, DateTime, HostComputer,
 * Artist, Copyright. The others describe the samples of the one file.
 */
const DESCRIBING: readonly number[] = [
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
];
/** "II", 42, and the position of the IFD, which is right after this. */
const START = [0x49, 0x49, 42, 0, 8, 0, 0, 0];
/** EXIF has at most some 100 KB. */
const MAX_BYTES = 2 ** 20;

/** The fields that describe the photograph, in an IFD of a page or of an EXIF block. Throws RangeError where they are damaged. */
export function describingFields(read: ReadBytes, ifd: number, little: boolean): Promise<TiffField[]> {
  return readIfd(limited(read, MAX_BYTES), ifd, little, DESCRIBING);
}

/**
 * A function for the pages of one TIFF file, counted from 0, which gives the page's EXIF block: a TIFF structure, as in JPEG files. Undefined
 * where the page has none, and for BigTIFF. It throws RangeError where the block is damaged.
 */
export function tiffExifReader(): (read: ReadBytes, page: number) => Promise<Uint8Array | undefined> {
  const ifds: number[] = []; // of the pages so far
  return async (read, page) => {
    const header = await readHeader(read);
    if (!header) return undefined;
    const { little } = header;
    ifds[0] = header.ifd;
    while (ifds.length <= page) ifds.push(await nextIfd(read, ifds.at(-1)!, little));
    const fields = await describingFields(read, ifds[page]!, little);
    if (fields.every(({ tag }) => tag === ORIENTATION)) return undefined;
    const block = writeIfd(fields, START.length + ifdBytes(fields.length), true);
    return joined([START, block.ifd, ...block.values]);
  };
}
