import { mkdtemp, readdir, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { crc32 } from "node:zlib";
import sharp, { type Sharp } from "sharp";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { ImageError } from "../../src/base/errors";
import { greyPng } from "../shared/grey-png";
import { formatOfBytes, formatOfName, type ImageFormat } from "../../src/node/images";
import { readImage } from "../../src/node/read-image";
import { writeImage } from "../../src/node/write-image";

let folder: string;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), "colorize-images-"));
});
afterAll(() => rm(folder, { recursive: true, force: true }));

const RED = { r: 200, g: 60, b: 60 };

/** A picture of the single colour RED. */
function flat(width = 6, height = 4): Sharp {
  return sharp({ create: { width, height, channels: 3, background: RED } });
}

async function file(name: string, bytes: Uint8Array | Promise<Uint8Array>): Promise<string> {
  const path = join(folder, name);
  await writeFile(path, await bytes);
  return path;
}

/** Expects every pixel to differ from `rgba` by at most `by`. */
function expectFlat(data: Uint8ClampedArray, rgba: readonly number[], by: number): void {
  let worst = 0;
  data.forEach((value, i) => (worst = Math.max(worst, Math.abs(value - rgba[i % 4]!))));
  expect({ worst: worst <= by ? "within" : worst, first: [...data.subarray(0, 4)] }).toMatchObject({ worst: "within" });
}

async function failure(promise: Promise<unknown>): Promise<ImageError> {
  const error = await promise.then(
    () => undefined,
    (reason: unknown) => reason,
  );
  expect(error).toBeInstanceOf(ImageError);
  return error as ImageError;
}

/** A PNG file with another width and height in its header. */
function announcing(png: Buffer, width: number, height: number): Buffer {
  const changed = Buffer.from(png);
  changed.writeUInt32BE(width, 16); // IHDR: width, height, then the chunk's checksum
  changed.writeUInt32BE(height, 20);
  changed.writeUInt32BE(crc32(changed.subarray(12, 29)), 29);
  return changed;
}

describe("readImage", () => {
  // Tolerances: 2 of 255 for rounding in lossy formats and profile conversions; 20 for CMYK, which cannot represent RED exactly.
  it.each<[string, () => Promise<Buffer>, number]>([
    ["srgb.png", () => flat().png().toBuffer(), 0],
    ["srgb.jpg", () => flat().jpeg({ quality: 100, chromaSubsampling: "4:4:4" }).toBuffer(), 2],
    ["srgb.webp", () => flat().webp({ lossless: true }).toBuffer(), 0],
    ["srgb.tif", () => flat().tiff({ compression: "lzw" }).toBuffer(), 0],
    ["display-p3.png", () => flat().withIccProfile("p3").png().toBuffer(), 2],
    ["sixteen.png", () => flat().toColourspace("rgb16").png().toBuffer(), 0],
    ["sixteen-p3.png", () => flat().toColourspace("rgb16").withIccProfile("p3").png().toBuffer(), 2],
    ["cmyk.jpg", () => flat().toColourspace("cmyk").withIccProfile("cmyk").jpeg({ quality: 100 }).toBuffer(), 20],
    ["cmyk.tif", () => flat().toColourspace("cmyk").withIccProfile("cmyk").tiff({ compression: "lzw" }).toBuffer(), 20],
  ])("gives sRGB of %s", async (name, make, by) => {
    const image = await readImage(await file(name, make()));
    expect([image.width, image.height, image.data.length]).toEqual([6, 4, 96]);
    expectFlat(image.data, [200, 60, 60, 255], by);
  });

  it("gives equal channels for grey of 8 and 16 bits", async () => {
    for (const [name, space] of [
      ["grey8.png", "b-w"],
      ["grey16.png", "grey16"],
    ] as const) {
      const image = await readImage(await file(name, flat().toColourspace(space).png().toBuffer()));
      // sRGB luminance of RED: 0.2126 R + 0.7152 G + 0.0722 B in linear light, back through the sRGB curve.
      expectFlat(image.data, [111, 111, 111, 255], 1);
      expect(image.metadata.depth).toBe(space === "b-w" ? 8 : 16);
    }
  });

  it("reads a file again that changed, and one whose name ends in brackets", async () => {
    for (const name of ["again.tif", "scan[1]"]) {
      for (const red of [200, 16]) {
        const create = { width: 5, height: 5, channels: 3, background: { r: red, g: 9, b: 9 } } as const;
        const path = await file(name, sharp({ create }).tiff({ compression: "lzw" }).toBuffer());
        expect((await readImage(path)).data[0], name).toBe(red);
      }
    }
  });

  it.each([8, 16] as const)("applies a grey profile of %i bits", async (bits) => {
    const image = await readImage(await file(`gamma${bits}.png`, greyPng(bits, 1.8, 6)));
    // 0.5 ^ 1.8 = 0.287 in linear light, which sRGB encodes as 1.055 * 0.287 ^ (1 / 2.4) - 0.055 = 0.572: 146 of 255.
    expectFlat(image.data, [146, 146, 146, 255], 1);
    expect([image.width, image.height]).toEqual([2, 4]);
  });

  it("reads alpha separately from colour", async () => {
    const raw = Buffer.from([10, 200, 30, 128, 250, 0, 0, 0]);
    const path = await file(
      "alpha.png",
      sharp(raw, { raw: { width: 2, height: 1, channels: 4 } })
        .png()
        .toBuffer(),
    );
    const image = await readImage(path);
    expect([...image.data]).toEqual([...raw]);
    expect(image.metadata.hasAlpha).toBe(true);
  });

  // The position of stored pixel A under each EXIF orientation; the stored picture is 2 x 1: A B.
  it.each([
    [1, 2, 1, "AB"],
    [2, 2, 1, "BA"],
    [3, 2, 1, "BA"],
    [6, 1, 2, "AB"],
    [8, 1, 2, "BA"],
  ])("applies EXIF orientation %i", async (orientation, width, height, order) => {
    const raw = Buffer.from([255, 255, 255, 0, 0, 0]); // A white, B black
    const stored = sharp(raw, { raw: { width: 2, height: 1, channels: 3 } });
    const image = await readImage(
      await file(`turn${orientation}.png`, stored.withMetadata({ orientation }).png().toBuffer()),
    );
    expect([image.width, image.height]).toEqual([width, height]);
    expect(image.data[0]! > 128 ? "AB" : "BA").toBe(order);
    expect(image.orientationApplied).toBe(orientation !== 1);
    expect(image.metadata.orientation).toBe(orientation);
  });

  it("reads the first frame of an animation, and reports that", async () => {
    const frames = Buffer.concat([Buffer.alloc(12, 255), Buffer.alloc(12, 0)]);
    const animated = sharp(frames, { raw: { width: 2, height: 4, channels: 3, pageHeight: 2 } });
    const image = await readImage(await file("animated.webp", animated.webp({ lossless: true }).toBuffer()));
    expect([image.width, image.height, image.data[0]]).toEqual([2, 2, 255]);
    expect(image.notes).toEqual(["first of 2 frames"]);
  });

  it.each<ImageFormat>(["jpeg", "png", "webp", "tiff"])("refuses a truncated %s", async (format) => {
    const noise = { type: "gaussian", mean: 128, sigma: 40 } as const;
    const whole = await sharp({ create: { width: 200, height: 200, channels: 3, background: RED, noise } })
      .toFormat(format)
      .toBuffer();
    const path = await file(`cut.${format}`, whole.subarray(0, Math.floor(whole.length * 0.7)));
    const error = await failure(readImage(path));
    expect(error.message).toContain(`a complete ${format.toUpperCase()} file`);
    expect(error.where).toBe(path);
  });

  it("explains why other files are rejected", async () => {
    expect((await failure(readImage(await file("empty.jpg", new Uint8Array())))).received).toContain("0 bytes");
    expect((await failure(readImage(await file("text.jpg", Buffer.from("hello, world"))))).received).toContain(
      "68656c6c",
    );
    const svg = Buffer.from("<svg xmlns='http://www.w3.org/2000/svg' width='9' height='9'/>");
    expect((await failure(readImage(await file("drawing.svg", svg)))).hint).toContain("Export it as PNG");
    expect((await failure(readImage(join(folder, "none.jpg")))).received).toBe("no such file");
    expect((await failure(readImage(folder))).received).toBe("a folder");
  });

  it("refuses a picture over the pixel limit before decoding it", async () => {
    const huge = announcing(await flat(16, 16).png().toBuffer(), 100_000, 100_000);
    expect((await failure(readImage(await file("huge.png", huge)))).received).toBe("a larger picture");
  });

  it("refuses a PNG file that is too short for its pixels before it takes memory for them", async () => {
    const blank = await flat(2000, 2000).toColourspace("b-w").png({ palette: true, colours: 2 }).toBuffer();
    expect(await readImage(await file("blank.png", blank)), "1 bit for a pixel").toMatchObject({ width: 2000 });
    const short = announcing(blank, 2 ** 24, 15);
    const before = process.resourceUsage().maxRSS;
    const { expected, received } = await failure(readImage(await file("short.png", short)));
    expect(expected).toBe(`at least ${Math.ceil((15 * 2 ** 24) / 8256)} bytes for 16777216 x 15 pixels`);
    expect(received).toBe(String(short.length));
    expect(process.resourceUsage().maxRSS - before).toBeLessThan(50_000); // KiB
  });

  it("refuses other files that announce far more pixels than they hold without memory for these", async () => {
    const SIZE = 16_383;
    const lossless = await flat(64, 64).webp({ lossless: true }).toBuffer();
    const at = lossless.indexOf("VP8L") + 9; // 14 bits of width - 1, and of height - 1
    lossless.writeUInt32LE(((lossless.readUInt32LE(at) & ~0xfffffff) | ((SIZE - 1) * (2 ** 14 + 1))) >>> 0, at);
    const lossy = await flat(64, 64).webp().toBuffer();
    const frame = lossy.indexOf(Buffer.of(0x9d, 0x01, 0x2a)) + 3;
    for (const offset of [0, 2]) lossy.writeUInt16LE(SIZE, frame + offset);
    const sized = (jpeg: Buffer, marker: number): Buffer => {
      const header = jpeg.indexOf(Buffer.of(0xff, marker)) + 5;
      for (const offset of [0, 2]) jpeg.writeUInt16BE(SIZE, header + offset);
      return jpeg;
    };
    const tiff = await flat(64, 64).tiff({ compression: "deflate" }).toBuffer();
    const entries = tiff.readUInt32LE(4);
    for (let i = 0; i < tiff.readUInt16LE(entries); i++) {
      const entry = entries + 2 + 12 * i;
      if (![256, 257, 278].includes(tiff.readUInt16LE(entry))) continue; // width, height, rows of a strip
      tiff.writeUInt16LE(4, entry + 2);
      tiff.writeUInt32LE(SIZE, entry + 8);
    }
    const files = {
      "baseline.jpg": sized(await flat(64, 64).jpeg().toBuffer(), 0xc0),
      "progressive.jpg": sized(await flat(64, 64).jpeg({ progressive: true }).toBuffer(), 0xc2),
      "lossy.webp": lossy,
      "lossless.webp": lossless,
      "deflate.tif": tiff,
    };
    const before = process.resourceUsage().maxRSS;
    for (const [name, bytes] of Object.entries(files)) {
      const { expected } = await failure(readImage(await file(name, bytes)));
      if (name === "progressive.jpg")
        expect(expected).toBe(`at least ${Math.ceil(SIZE ** 2 / 512)} bytes for ${SIZE} x ${SIZE} pixels`);
      else expect(expected, name).toMatch(/^a complete/);
      expect(process.resourceUsage().maxRSS - before, name).toBeLessThan(50_000); // KiB
    }
  });

  it("refuses a PNG file of 16 bits whose bytes would do for one bit a pixel", async () => {
    const { expected } = await failure(readImage("test/attack-corpus/pictures/found-16-bits-of-4194304-columns.png"));
    expect(expected).toBe(`at least ${Math.ceil((2 ** 22 * 9 * 48) / 8 / 1032)} bytes for ${2 ** 22} x 9 pixels`);
  });

  it("reads a blank progressive JPEG file, which has the fewest bytes for its pixels", async () => {
    const blank = await flat(3000, 3000).toColourspace("b-w").jpeg({ progressive: true, mozjpeg: true }).toBuffer();
    expect(await readImage(await file("blank.jpg", blank))).toMatchObject({ width: 3000 });
  });
});

describe("writeImage", () => {
  const pixels = { data: new Uint8ClampedArray(6 * 4 * 4).fill(255), width: 6, height: 4 };
  for (let i = 0; i < pixels.data.length; i += 4) pixels.data.set([200, 60, 60], i);

  it.each<[string, ImageFormat]>([
    ["a.jpg", "jpeg"],
    ["a.png", "png"],
    ["a.webp", "webp"],
    ["a.tif", "tiff"],
  ])("writes %s with an sRGB profile, and readImage reads it", async (name, format) => {
    const path = join(folder, "made", "deeper", name);
    const written = await writeImage(path, pixels);
    const bytes = await readFile(path);
    expect(written).toEqual({ path, format, bytes: bytes.length, notes: [] });
    const image = await readImage(path);
    expectFlat(image.data, [200, 60, 60, 255], 3);
    expect(Buffer.from(image.metadata.icc!).toString("latin1")).toContain("\0s\0R\0G\0B");
    expect(image.metadata.hasAlpha).toBe(false);
  });

  it("keeps alpha where the format supports it, and blends JPEG over white", async () => {
    const glass = { ...pixels, data: pixels.data.slice() };
    for (let i = 3; i < glass.data.length; i += 4) glass.data[i] = 0;
    for (const name of ["glass.png", "glass.webp", "glass.tif"]) {
      await writeImage(join(folder, name), glass);
      expect((await readImage(join(folder, name))).data[3], name).toBe(0);
    }
    await writeImage(join(folder, "glass.jpg"), glass);
    expectFlat((await readImage(join(folder, "glass.jpg"))).data, [255, 255, 255, 255], 1);
  });

  it.each(["kept.jpg", "kept.png", "kept.webp"])("copies EXIF to %s: upright, with the new size", async (name) => {
    const source = await file(
      "source.jpg",
      flat()
        .withMetadata({ orientation: 6, density: 300 })
        .withExifMerge({ IFD0: { Copyright: "A. Photographer", Make: "Camera" } })
        .withXmp(`<x:xmpmeta xmlns:x="adobe:ns:meta/"><d tiff:Orientation="6" dc:title="Home"/></x:xmpmeta>`)
        .jpeg()
        .toBuffer(),
    );
    const { metadata, ...image } = await readImage(source);
    expect(metadata.orientation).toBe(6);
    const path = join(folder, name);
    await writeImage(path, image, { metadata, overwrite: true });
    const raw = (await sharp(path).metadata()).exif!;
    expect(raw.toString("latin1")).toContain("A. Photographer");
    const again = await readImage(path);
    expect([again.width, again.height]).toEqual([4, 6]);
    expect(again.metadata.orientation).toBe(1);
    expect(again.metadata.xmp).toContain(`tiff:Orientation="1" dc:title="Home"`);
    expect(again.metadata.density ?? 300).toBe(300); // sharp reads none from WebP
    expectFlat(again.data, [200, 60, 60, 255], 4);
  });

  it("reports what it drops, and why", async () => {
    const source = await file(
      "exif.jpg",
      flat()
        .withExif({ IFD0: { Make: "Camera" } })
        .jpeg()
        .toBuffer(),
    );
    const { metadata, ...image } = await readImage(source);
    const notes = async (name: string, exif = metadata.exif): Promise<readonly string[]> =>
      (await writeImage(join(folder, name), image, { metadata: { ...metadata, exif }, overwrite: true })).notes;
    expect(await notes("dropped.jpg")).toEqual([]);
    expect(await notes("dropped.tif")).toEqual([]);
    expect(await notes("dropped.tif", new Uint8Array(20))).toEqual(["EXIF dropped: it is damaged"]);
    expect(await notes("dropped.png", new Uint8Array(20))).toEqual(["EXIF dropped: it is damaged"]);
    const long = Buffer.concat([metadata.exif!, new Uint8Array(70_000)]);
    expect(await notes("dropped.jpg", long)).toEqual(["EXIF dropped: it does not fit into JPEG"]);
  });

  it("does not overwrite an existing file by default", async () => {
    const path = await file("taken.png", Buffer.from("precious"));
    const error = await failure(writeImage(path, pixels));
    expect(error.message).toContain("--overwrite");
    expect(await readFile(path, "utf8")).toBe("precious");
    await writeImage(path, pixels, { overwrite: true });
    expect((await readImage(path)).width).toBe(6);
  });

  it("states the range of quality", async () => {
    const path = join(folder, "quality.jpg");
    for (const quality of [0, 0.9, 101])
      await expect(writeImage(path, pixels, { quality })).rejects.toThrow(
        `quality: expected a whole number from 1 to 100 (100 is the best; for JPEG and WebP), received ${quality}.`,
      );
    await writeImage(path, pixels, { quality: 60 });
  });

  it("leaves no file when it fails", async () => {
    const inner = join(folder, "fails");
    await writeImage(join(inner, "first.png"), pixels);
    const wide = { data: new Uint8ClampedArray(20_000 * 4), width: 20_000, height: 1 };
    expect((await failure(writeImage(join(inner, "wide.webp"), wide))).hint).toContain("16,383");
    await failure(writeImage(join(inner, "first.png", "below.png"), pixels));
    await failure(writeImage(join(inner, "name.gif"), pixels));
    await failure(writeImage(join(inner, "short.png"), { ...pixels, width: 7 }));
    expect(await readdir(inner)).toEqual(["first.png"]);
  });
});

it("detects formats by name and by content", async () => {
  expect(["a.JPG", "b.jpeg", "c.png", "d.WebP", "e.tiff", "f.gif", "g"].map(formatOfName)).toEqual([
    "jpeg",
    "jpeg",
    "png",
    "webp",
    "tiff",
    undefined,
    undefined,
  ]);
  for (const format of ["jpeg", "png", "webp", "tiff"] as const)
    expect(formatOfBytes(await flat().toFormat(format).toBuffer())).toBe(format);
  expect(formatOfBytes(Buffer.from("GIF89a"))).toBeUndefined();
});
