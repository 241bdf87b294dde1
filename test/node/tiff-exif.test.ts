/** EXIF and GPS data of TIFF files: read into results of every format, written into TIFF, kept for each page. */
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { buffer } from "node:stream/consumers";
import { fromArrayBuffer } from "geotiff";
import sharp from "sharp";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { openPicture, readImage } from "../../src/node/read-image";
import { ifdBytes, readIfd, writeIfd, type TiffField } from "../../src/image/tiff-ifd";
import { exifFields, joinTiff } from "../../src/node/tiff-pages";
import { encodeImage, writeImage } from "../../src/node/write-image";
import { pageTags, tinyTiff, type TiffTags, type TiffValue } from "../shared/tiny-tiff";

const [MAKE, ORIENTATION, COPYRIGHT, EXIF, GPS, INTEROPERABILITY] = [271, 274, 33_432, 0x8769, 0x8825, 0xa005];
const [EXPOSURE, TAKEN, MAKER_NOTE, PIXELS_X, PIXELS_Y] = [0x829a, 0x9003, 0x927c, 0xa002, 0xa003];
const [LATITUDE_REF, LATITUDE] = [1, 2];

let folder: string;
beforeAll(() => void (folder = mkdtempSync(join(tmpdir(), "colorize-tiff-exif-"))));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

const NOTE = Buffer.from("a maker's note of an odd length");

function described(make: string): readonly (readonly [number, TiffValue])[] {
  const exif: TiffTags = new Map<number, TiffValue>([
    [EXPOSURE, { rational: [1, 125] }],
    [TAKEN, "1931:05:01 12:00:00"],
    [MAKER_NOTE, NOTE],
    [PIXELS_X, [4]],
    [PIXELS_Y, [2]],
    [INTEROPERABILITY, new Map([[1, "R98"]])],
  ]);
  const gps: TiffTags = new Map<number, TiffValue>([
    [LATITUDE_REF, "N"],
    [LATITUDE, { rational: [52, 1, 31, 1, 1234, 100] }],
  ]);
  return [
    [MAKE, make],
    [ORIENTATION, [6]],
    [COPYRIGHT, "A. Photographer"],
    [EXIF, exif],
    [GPS, gps],
  ];
}

/** Two pages of 4 x 2 pixels on their side. */
function scan(): string {
  const page = (make: string) => ({ tags: pageTags(4, 2, { more: described(make) }), strip: Buffer.alloc(8, 100) });
  const path = join(folder, "scan.tif");
  writeFileSync(path, tinyTiff([page("Camera one"), page("Camera two")]));
  return path;
}

const find = (fields: readonly TiffField[] | undefined, ...tags: readonly number[]): TiffField | undefined => {
  const found = fields?.find(({ tag }) => tag === tags[0]);
  return tags.length > 1 ? find(found?.fields, ...tags.slice(1)) : found;
};

/** The values of a field, little-endian. */
const bytesOf = (field: TiffField | undefined): Buffer => Buffer.from(field!.bytes);

async function expectDescribed(exif: Uint8Array | undefined, make: string, orientation: number): Promise<void> {
  const fields = await exifFields(exif![0] === 0x45 ? exif!.subarray(6) : exif!); // "Exif\0\0"
  const text = (...tags: readonly number[]): string => bytesOf(find(fields, ...tags)).toString("latin1");
  const numbers = (...tags: readonly number[]): number[] => {
    const bytes = bytesOf(find(fields, ...tags));
    return Array.from({ length: bytes.length / 4 }, (_, i) => bytes.readUInt32LE(4 * i));
  };
  expect(text(MAKE)).toBe(`${make}\0`);
  expect(text(COPYRIGHT)).toBe("A. Photographer\0");
  expect(bytesOf(find(fields, ORIENTATION)).readUInt16LE(0)).toBe(orientation);
  expect(numbers(EXIF, EXPOSURE)).toEqual([1, 125]);
  expect(text(EXIF, TAKEN)).toBe("1931:05:01 12:00:00\0");
  expect(bytesOf(find(fields, EXIF, MAKER_NOTE))).toEqual(NOTE);
  expect(text(EXIF, INTEROPERABILITY, 1)).toBe("R98\0");
  expect(text(GPS, LATITUDE_REF)).toBe("N\0");
  expect(numbers(GPS, LATITUDE)).toEqual([52, 1, 31, 1, 1234, 100]);
}

it("reads the EXIF of each page, and turns the page as it says", async () => {
  const path = scan();
  for (const source of [path, readFileSync(path)]) {
    const file = await openPicture(source, path);
    for (const [page, make] of ["Camera one", "Camera two"].entries()) {
      const { metadata, width, height, notes } = await file.read(page);
      expect([width, height, metadata.orientation, notes]).toEqual([2, 4, 6, []]);
      await expectDescribed(metadata.exif, make, 6);
    }
  }
});

it.each(["jpg", "png", "webp", "tif"])("writes it into %s, upright and with the new size", async (ending) => {
  const { metadata, ...image } = await readImage(scan());
  const path = join(folder, `result.${ending}`);
  const { notes } = await writeImage(path, image, { metadata, mark: true, overwrite: true });
  expect(notes).toEqual([]);
  const again = await readImage(path);
  await expectDescribed(again.metadata.exif, "Camera one", 1);
  const fields = await exifFields(again.metadata.exif!.subarray(ending === "jpg" ? 6 : 0));
  const sizes = [PIXELS_X, PIXELS_Y].map((tag) => bytesOf(find(fields, EXIF, tag)).readUInt16LE(0));
  expect(sizes).toEqual([2, 4]);
  expect([again.width, again.height, again.metadata.orientation]).toEqual([2, 4, 1]);
  expect(again.metadata.xmp).toContain("algorithmicallyEnhanced");
  expect(again.metadata.icc).toBeDefined();
});

it("writes TIFF that another reader understands, for each page, beside a profile", async () => {
  const pictures = [await sharp({ create: { width: 9, height: 7, channels: 3, background: "teal" } }).jpeg().withExif({ IFD0: { Make: "Phone" }, IFD2: { DateTimeOriginal: "2001:02:03 04:05:06" } }).toBuffer(), scan()]; // prettier-ignore
  const pages = pictures.map(async (source) => {
    const { metadata, data, width, height } = await (await openPicture(source, "")).read(0);
    const deep = { data: Uint16Array.from(data, (value) => 257 * value), width, height };
    return encodeImage("", deep, "tiff", { metadata });
  });
  const file = await buffer(joinTiff(await Promise.all(pages), 2, "joined.tif"));
  const tiff = await fromArrayBuffer(file.buffer.slice(file.byteOffset, file.byteOffset + file.length) as ArrayBuffer);
  /** The IFD at this position, as if it were that of a page. */
  const directoryAt = async (position: unknown) => {
    const bytes = Uint8Array.from(file);
    new DataView(bytes.buffer).setUint32(4, Number(position), file.toString("latin1", 0, 2) === "II");
    return (await (await fromArrayBuffer(bytes.buffer)).getImage()).fileDirectory;
  };
  for (const [page, make, taken] of [
    [0, "Phone", "2001:02:03 04:05:06"],
    [1, "Camera one", "1931:05:01 12:00:00"],
  ] as const) {
    // prettier-ignore
    const { fileDirectory } = await tiff.getImage(page);
    expect(await fileDirectory.loadValue(MAKE)).toBe(`${make}\0`);
    const exif = await directoryAt(await fileDirectory.loadValue(EXIF));
    expect(await exif.loadValue(TAKEN)).toBe(`${taken}\0`);
    const metadata = await sharp(file, { page, failOn: "warning" }).metadata();
    expect(metadata.icc).toBeDefined();
    await sharp(file, { page, failOn: "warning" }).raw().toBuffer();
  }
});

it("says that damaged EXIF is dropped, and colours the picture", async () => {
  const whole = readFileSync(scan());
  const header = whole.indexOf(Buffer.from([0x69, 0x87, 4, 0]));
  for (const value of [whole.length - 4, 0xffff_fff0]) {
    const damaged = Buffer.from(whole);
    damaged.writeUInt32LE(value, header + 8);
    const path = join(folder, "damaged.tif");
    writeFileSync(path, damaged);
    expect((await (await openPicture(path, path)).read(0)).notes).toEqual(["EXIF dropped: it is damaged"]);
  }
});

it("leaves pages without EXIF as they are", async () => {
  const path = join(folder, "plain.tif");
  writeFileSync(path, tinyTiff([{ tags: pageTags(4, 2, { more: [[ORIENTATION, [1]]] }), strip: Buffer.alloc(8) }]));
  const { metadata, notes } = await readImage(path);
  expect([metadata.exif, notes]).toEqual([undefined, []]);
});

describe.each([true, false])("an IFD (little-endian: %s)", (little) => {
  const values = Buffer.from("0123456789abcdefghijklmnopqrstuv");
  const sizes: readonly (readonly [type: number, bytes: number])[] = [
    [1, 1],
    [2, 1],
    [3, 2],
    [4, 4],
    [5, 8],
    [7, 1],
    [10, 8],
    [11, 4],
    [12, 8],
  ];

  it("is read as it was written, with values of every type inside and outside of it", async () => {
    const unsorted = sizes.flatMap(([type, bytes], i): TiffField[] => [
      { tag: 1000 + i, type, count: 1, bytes: Uint8Array.from(values.subarray(0, bytes)) },
      { tag: 2000 + i, type, count: 3, bytes: Uint8Array.from(values.subarray(0, 3 * bytes)) },
    ]);
    const fields = unsorted.sort((a, b) => a.tag - b.tag);
    const all = [...fields, { tag: EXIF, type: 4, count: 1, bytes: new Uint8Array(4), fields }];
    const { ifd, values: rest } = writeIfd(all, 10 + ifdBytes(all.length), little);
    const file = Buffer.concat([Buffer.alloc(10), ifd, ...rest]);
    const read = await readIfd((at, length) => Promise.resolve(file.subarray(at, at + length)), 10, little);
    expect(read).toEqual(all);
    const count = little ? file.readUInt16LE(10) : file.readUInt16BE(10);
    expect(count).toBe(all.length);
  });
});
