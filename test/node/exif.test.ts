import sharp from "sharp";
import { describe, expect, it } from "vitest";
import { exifForPixels } from "../../src/image/exif";
import { replaceExif } from "../../src/node/exif";

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

describe("replaceExif", () => {
  it.each(["jpeg", "png", "webp"] as const)("puts one block into a %s that still decodes", async (format) => {
    const picture = sharp({ create: { width: 5, height: 3, channels: 3, background: "teal" } });
    const encoded = await picture.withMetadata({ density: 72 }).withXmp("<x/>").toFormat(format).toBuffer();
    const odd = Buffer.concat([block(true), Buffer.from([7])]); // an odd length needs padding in WebP
    const twice = replaceExif(replaceExif(encoded, format, block(false)), format, odd);
    const metadata = await sharp(twice, { failOn: "warning" }).metadata();
    const at = metadata.exif!.indexOf(odd);
    expect(at === 0 || at === 6).toBe(true);
    expect(metadata.xmpAsString).toBe("<x/>");
    const pixels = await sharp(twice, { failOn: "warning" }).raw().toBuffer();
    expect(pixels).toEqual(await sharp(encoded).raw().toBuffer());
  });

  it("leaves a JPEG as it is when the block does not fit a segment", async () => {
    const encoded = await sharp({ create: { width: 1, height: 1, channels: 3, background: "teal" } })
      .jpeg()
      .toBuffer();
    expect(replaceExif(encoded, "jpeg", new Uint8Array(65_530))).toBe(encoded);
  });
});
