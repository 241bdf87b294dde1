/** TIFF files byte by byte, with tags that no library here writes. TIFF 6.0, section 2; little-endian. */

/** Numbers are SHORT where all fit, else LONG; text is ASCII; bytes are UNDEFINED; tags are an IFD of their own. */
export type TiffValue = readonly number[] | string | Buffer | TiffTags | { readonly rational: readonly number[] };
export type TiffTags = ReadonlyMap<number, TiffValue>;

const STRIP_OFFSETS = 273;
const STRIP_BYTES = 279;

export interface TinyPage {
  readonly tags: TiffTags;
  /** The one strip of samples. Tags may announce another length. */
  readonly strip: Buffer;
}

/** A file of these pages; the last one links to the page `loop` where it is given. */
export function tinyTiff(pages: readonly TinyPage[], loop?: number): Buffer {
  let file = Buffer.from("II*\0\0\0\0\0", "latin1");
  const append = (bytes: Buffer): number => {
    const at = file.length;
    file = Buffer.concat([file, bytes, Buffer.alloc(bytes.length & 1)]);
    return at;
  };
  /** Returns the positions of the IFD and of its link to the next. */
  const appendIfd = (tags: TiffTags): { at: number; link: number } => {
    const entries = [...tags].sort(([a], [b]) => a - b).map(([tag, value]) => ({ tag, ...encoded(value) }));
    const ifd = Buffer.alloc(2 + 12 * entries.length + 4);
    ifd.writeUInt16LE(entries.length, 0);
    for (const [i, { tag, type, count, bytes }] of entries.entries()) {
      const to = 2 + 12 * i;
      ifd.writeUInt16LE(tag, to);
      ifd.writeUInt16LE(type, to + 2);
      ifd.writeUInt32LE(count, to + 4);
      if (bytes.length <= 4) bytes.copy(ifd, to + 8);
      else ifd.writeUInt32LE(append(bytes), to + 8);
    }
    const at = append(ifd);
    return { at, link: at + ifd.length - 4 };
  };
  const encoded = (value: TiffValue): { type: number; count: number; bytes: Buffer } => {
    if (typeof value === "string")
      return { type: 2, count: value.length + 1, bytes: Buffer.from(`${value}\0`, "latin1") };
    if (Buffer.isBuffer(value)) return { type: 7, count: value.length, bytes: value };
    if (value instanceof Map) return { type: 4, count: 1, bytes: longs([appendIfd(value as TiffTags).at]) };
    if ("rational" in value) return { type: 5, count: value.rational.length / 2, bytes: longs(value.rational) };
    const numbers = value as readonly number[];
    if (numbers.some((n) => n > 65_535)) return { type: 4, count: numbers.length, bytes: longs(numbers) };
    const bytes = Buffer.alloc(2 * numbers.length);
    numbers.forEach((n, i) => bytes.writeUInt16LE(n, 2 * i));
    return { type: 3, count: numbers.length, bytes };
  };
  const ifds: number[] = [];
  let link = 4;
  for (const { tags, strip } of pages) {
    const own = new Map(tags).set(STRIP_OFFSETS, [append(strip)]);
    if (!own.has(STRIP_BYTES)) own.set(STRIP_BYTES, [strip.length]);
    const ifd = appendIfd(own);
    file.writeUInt32LE(ifd.at, link);
    ifds.push(ifd.at);
    link = ifd.link;
  }
  if (loop !== undefined) file.writeUInt32LE(ifds[loop]!, link);
  return file;
}

function longs(values: readonly number[]): Buffer {
  const bytes = Buffer.alloc(4 * values.length);
  values.forEach((value, i) => bytes.writeUInt32LE(value, 4 * i));
  return bytes;
}

interface PageFacts {
  readonly bits?: number;
  readonly channels?: number;
  readonly photometric?: number;
  readonly more?: readonly (readonly [number, TiffValue])[];
}

/** The tags of a page without compression: of unsigned samples, grey or RGB by default. */
export function pageTags(
  width: number,
  height: number,
  { bits = 8, channels = 1, photometric = channels < 3 ? 1 : 2, more = [] }: PageFacts = {},
): TiffTags {
  return new Map<number, TiffValue>([
    [256, [width]],
    [257, [height]],
    [258, Array.from({ length: channels }, () => bits)],
    [259, [1]],
    [262, [photometric]],
    [277, [channels]],
    [278, [height]],
    ...more,
  ]);
}
