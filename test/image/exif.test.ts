import sharp from "sharp";
import { describe, expect, it, test } from "vitest";
import { carryExif, exifForPixels, putExif } from "../../src/image/exif";
import { carryProfile } from "../../src/image/profile";
import { pageTags, tinyTiff, type TiffValue } from "../shared/tiny-tiff";

const grey = sharp({ create: { width: 40, height: 30, channels: 3, background: "#777" } });
const blobOf = (bytes: Uint8Array): Blob => new Blob([Uint8Array.from(bytes)], { type: "image/jpeg" });

/** A photograph of a camera held sideways, in Fürth. */
async function photograph(): Promise<Blob> {
  const exif = { IFD0: { Make: "Voigtlander", Copyright: "Maria" }, IFD3: { GPSLatitudeRef: "N" } };
  return blobOf(
    await grey.clone().withExif(exif).withMetadata({ orientation: 6 }).withExifMerge(exif).jpeg().toBuffer(),
  );
}

async function coloured(): Promise<Blob> {
  return blobOf(
    await sharp({ create: { width: 30, height: 40, channels: 3, background: "#a64" } })
      .jpeg()
      .toBuffer(),
  );
}

test("the EXIF of a photograph comes along, upright", async () => {
  const to = await coloured();
  expect((await sharp(Buffer.from(await (await photograph()).arrayBuffer())).metadata()).orientation).toBe(6);
  const carried = await carryExif(await photograph(), to, { width: 30, height: 40 });
  expect(carried.type).toBe("image/jpeg");
  const bytes = Buffer.from(await carried.arrayBuffer());
  const metadata = await sharp(bytes).metadata();
  expect(metadata.orientation).toBe(1);
  expect(metadata.exif!.includes("Voigtlander")).toBe(true);
  expect(metadata.exif!.includes("Maria")).toBe(true);
  // The picture itself is the same.
  const pixels = async (file: Uint8Array): Promise<Buffer> => sharp(file).raw().toBuffer();
  expect((await pixels(bytes)).equals(await pixels(Buffer.from(await to.arrayBuffer())))).toBe(true);
});

test("sources without EXIF, of other formats or truncated do not change the file", async () => {
  const to = await coloured();
  const whole = await photograph();
  const png = new Blob([Uint8Array.from(await grey.clone().png().toBuffer())]);
  for (const from of [new Blob([]), new Blob(["text"]), png, await coloured(), whole.slice(0, 30), whole.slice(0, 3)])
    expect(await carryExif(from, to, { width: 30, height: 40 })).toBe(to);
});

/** A TIFF file with a page on its side by each of these makers, taken in the north. */
function scan(...makers: readonly string[]): Blob {
  const tags = (make: string): (readonly [number, TiffValue])[] => [
    [0x010f, make],
    [0x0112, [6]],
    [0x8769, new Map([[0x9003, "1931:05:01 12:00:00"]])],
    [0x8825, new Map([[1, "N"]])],
  ];
  const page = (make: string) => ({ tags: pageTags(40, 30, { more: tags(make) }), strip: Buffer.alloc(1200) });
  return new Blob([Uint8Array.from(tinyTiff(makers.map(page)))]);
}

test("the EXIF of a page of a TIFF file comes along, upright", async () => {
  const makers = ["Voigtlander", "Linhof"];
  for (const [page, make] of makers.entries()) {
    const carried = await carryExif(scan(...makers), await coloured(), { width: 30, height: 40 }, page);
    const { exif, orientation } = await sharp(await carried.arrayBuffer()).metadata();
    expect(orientation).toBe(1);
    expect([make, ...makers, "1931:05:01 12:00:00"].map((text) => exif?.includes(text))).toEqual([
      true,
      page === 0,
      page === 1,
      true,
    ]);
    expect(exif?.includes(Buffer.from([0x25, 0x88, 4, 0]))).toBe(true); // the link to the place
  }
});

test("a TIFF file without EXIF, without this page or truncated does not change the file", async () => {
  const to = await coloured();
  const plain = new Blob([Uint8Array.from(tinyTiff([{ tags: pageTags(2, 2), strip: Buffer.alloc(4) }]))]);
  const size = { width: 30, height: 40 };
  expect(await carryExif(plain, to, size)).toBe(to);
  expect(await carryExif(scan("Linhof"), to, size, 1)).toBe(to);
  for (let bytes = 0; bytes < 1260; bytes += 7)
    expect(await carryExif(scan("Linhof").slice(0, bytes), to, size)).toBe(to);
});

test("a TIFF file whose IFD links to itself ten thousand times is refused at once", async () => {
  const count = 10_000;
  const file = Buffer.alloc(10 + 12 * count + 4);
  file.write("II*\0\x08\0\0\0", "latin1");
  file.writeUInt16LE(count, 8);
  for (let at = 10; at < file.length - 4; at += 12) {
    file.writeUInt16LE(0x8769, at);
    file.writeUInt16LE(4, at + 2);
    file.writeUInt32LE(1, at + 4);
    file.writeUInt32LE(8, at + 8);
  }
  const to = await coloured();
  expect(await carryExif(new Blob([Uint8Array.from(file)]), to, { width: 30, height: 40 })).toBe(to);
});

test("the colour profile of a file comes along, once, and without one nothing changes", async () => {
  const to = await coloured();
  const from = blobOf(await grey.clone().withIccProfile("srgb").jpeg().toBuffer());
  const icc = async (file: Blob): Promise<Buffer | undefined> =>
    (await sharp(Buffer.from(await file.arrayBuffer())).metadata()).icc;
  const expected = await icc(from);
  expect([expected?.subarray(36, 40).toString(), await icc(to)]).toEqual(["acsp", undefined]);
  const carried = await carryProfile(from, to);
  expect((await icc(carried))!.equals(expected!)).toBe(true);
  expect((await carryProfile(from, carried)).size).toBe(carried.size);
  for (const [source, file] of [
    [to, to],
    [from, new Blob(["text"])],
    [new Blob([]), to],
  ] as const)
    expect(await carryProfile(source, file)).toBe(file);
});

test.each(["png", "webp"] as const)("the EXIF of a %s file comes along", async (format) => {
  const exif = { IFD0: { Make: "Voigtlander" }, IFD3: { GPSLatitudeRef: "N" } };
  const from = await grey.clone().withMetadata({ orientation: 6 }).withExifMerge(exif).toFormat(format).toBuffer();
  const carried = await carryExif(blobOf(from), await coloured(), { width: 30, height: 40 });
  const metadata = await sharp(await carried.arrayBuffer()).metadata();
  expect(metadata.exif?.includes("Voigtlander")).toBe(true);
  expect(metadata.orientation).toBe(1);
});

/** A TIFF structure by hand: IFD0 {orientation, pointer to the EXIF IFD}, EXIF IFD {width, height}, link to a thumbnail. */
function block(little: boolean): Uint8Array {
  const bytes = new Uint8Array(80);
  const view = new DataView(bytes.buffer);
  const entry = (at: number, tag: number, type: number, value: number): void => {
    view.setUint16(at, tag, little);
    view.setUint16(at + 2, type, little);
    view.setUint32(at + 4, 1, little);
    if (type === 3) view.setUint16(at + 8, value, little);
    else view.setUint32(at + 8, value, little);
  };
  view.setUint16(0, little ? 0x4949 : 0x4d4d);
  view.setUint16(2, 42, little);
  view.setUint32(4, 8, little);
  view.setUint16(8, 2, little);
  entry(10, 0x0112, 3, 6);
  entry(22, 0x8769, 4, 38);
  view.setUint32(34, 70, little); // the next IFD: a thumbnail
  view.setUint16(38, 2, little);
  entry(40, 0xa002, 4, 640);
  entry(52, 0xa003, 3, 480);
  return bytes;
}

describe("exifForPixels", () => {
  it.each([true, false])("sets orientation and size, unlinks the thumbnail (little-endian: %s)", (little) => {
    const before = block(little);
    const prefixed = Buffer.concat([Buffer.from("Exif\0\0", "latin1"), before]);
    for (const given of [before, prefixed]) {
      const after = exifForPixels(given, 480, 640)!;
      const view = new DataView(after.buffer, after.byteOffset);
      expect(view.getUint16(18, little), "orientation").toBe(1);
      expect(view.getUint32(48, little), "width").toBe(480);
      expect(view.getUint16(60, little), "height").toBe(640);
      expect(view.getUint32(34, little), "thumbnail").toBe(0);
    }
    expect(before, "the source is not written to").toEqual(block(little));
  });

  it("gives up on damaged blocks", () => {
    const far = block(true);
    new DataView(far.buffer).setUint32(4, 60_000, true);
    expect(exifForPixels(far, 1, 1)).toBeUndefined();
    expect(exifForPixels(block(true).slice(0, 20), 1, 1)).toBeUndefined();
    expect(exifForPixels(new Uint8Array(), 1, 1)).toBeUndefined();
    expect(exifForPixels(Buffer.from("not a TIFF structure"), 1, 1)).toBeUndefined();
  });
});

describe("putExif", () => {
  it.each(["jpeg", "png", "webp"] as const)("puts one block into a %s that still decodes", async (format) => {
    const picture = sharp({ create: { width: 5, height: 3, channels: 3, background: "teal" } });
    const encoded = await picture.withMetadata({ density: 72 }).withXmp("<x/>").toFormat(format).toBuffer();
    const odd = Buffer.concat([block(true), Buffer.from([7])]); // an odd length needs padding in WebP
    const twice = putExif(putExif(encoded, block(false))!, odd)!;
    const metadata = await sharp(twice, { failOn: "warning" }).metadata();
    const at = metadata.exif!.indexOf(odd);
    expect(at === 0 || at === 6).toBe(true);
    expect(metadata.xmpAsString).toBe("<x/>");
    const pixels = await sharp(twice, { failOn: "warning" }).raw().toBuffer();
    expect(pixels).toEqual(await sharp(encoded).raw().toBuffer());
  });

  it("gives up on a JPEG when the block does not fit a segment", async () => {
    const encoded = await sharp({ create: { width: 1, height: 1, channels: 3, background: "teal" } })
      .jpeg()
      .toBuffer();
    expect(putExif(encoded, new Uint8Array(65_530))).toBeUndefined();
  });
});
