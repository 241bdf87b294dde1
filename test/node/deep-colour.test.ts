import { mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import sharp, { type Metadata } from "sharp";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { fromLinear, rgbToLab, toLinear, type Triple } from "../../src/image/lab";
import { deepColour, greyOf } from "../../src/node/deep-colour";
import { lightTables } from "../../src/node/icc-light";
import type { DeepSamples, ImageMetadata } from "../../src/node/images";
import { openPicture } from "../../src/node/read-image";
import { writeImage } from "../../src/node/write-image";
import { greyPng, greyProfile } from "../shared/grey-png";

let folder: string;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), "colorize-deep-"));
});
afterAll(() => rm(folder, { recursive: true, force: true }));

/** L* of a grey with this luminance. */
function lightness(y: number): number {
  return rgbToLab([fromLinear(y), fromLinear(y), fromLinear(y)])[0];
}

/** L* of 16-bit grey has steps of at most 0.002 (of 8-bit grey, 0.5); R, G and B may all be rounded by half a step in one direction. */
const HALF_A_STEP = 0.00105;

describe("deepColour", () => {
  /** Every 16-bit grey, in a picture of 256 x 256. */
  const ramp: DeepSamples = {
    data: Uint16Array.from({ length: 65_536 }, (_, value) => value),
    channels: 1,
    light: lightTables(undefined, 1)!,
  };

  it("keeps every lightness to 16 bits under any colour", async () => {
    const coloured = new Uint8ClampedArray(65_536 * 4);
    let seed = 1;
    for (let i = 0; i < coloured.length; i++) coloured[i] = (seed = (seed * 48_271) % 2_147_483_647) % 256;
    const { data } = await deepColour(ramp, { data: coloured, width: 256, height: 256 });
    expect(data).toHaveLength(3 * 65_536);
    let worst = 0;
    let chroma = 0;
    for (let i = 0; i < 65_536; i++) {
      const rgb = [...data.subarray(3 * i, 3 * i + 3)].map((value) => value / 65_535) as unknown as Triple;
      const [l, a, b] = rgbToLab(rgb);
      worst = Math.max(worst, Math.abs(l - lightness(toLinear(i / 65_535))));
      chroma += Math.hypot(a, b) / 65_536;
    }
    expect(worst).toBeLessThan(HALF_A_STEP);
    expect(chroma).toBeGreaterThan(20);
  });

  it("takes a* and b* of the 8-bit result", async () => {
    // A grey of the lightness of the colour, so that sRGB has the colour.
    for (const rgb of [
      [200, 120, 90],
      [40, 60, 120],
      [230, 235, 240],
      [12, 9, 8],
    ] as const) {
      // prettier-ignore
      const [, a, b] = rgbToLab(rgb.map((value) => value / 255) as unknown as Triple);
      const y = 0.2126 * toLinear(rgb[0] / 255) + 0.7152 * toLinear(rgb[1] / 255) + 0.0722 * toLinear(rgb[2] / 255);
      const samples = { ...ramp, data: Uint16Array.of(Math.round(65_535 * fromLinear(y))) };
      const coloured = { data: Uint8ClampedArray.of(...rgb, 255), width: 1, height: 1 };
      const { data } = await deepColour(samples, coloured);
      const lab = rgbToLab([...data].map((value) => value / 65_535) as unknown as Triple);
      expect(Math.abs(lab[1] - a)).toBeLessThan(0.05);
      expect(Math.abs(lab[2] - b)).toBeLessThan(0.05);
    }
  });

  it("keeps alpha, and gives the networks the same luminance in 8 bits", async () => {
    const samples = { ...ramp, data: Uint16Array.of(30_000, 4_321, 65_535, 65_535), channels: 2 };
    const grey = greyOf(samples, 2, 1);
    expect([...grey.data]).toEqual([117, 117, 117, 17, 255, 255, 255, 255]);
    const { data } = await deepColour(samples, grey);
    expect([...data]).toEqual([30_000, 30_000, 30_000, 4_321, 65_535, 65_535, 65_535, 65_535]);
  });

  it("stops when aborted", async () => {
    const grey = greyOf(ramp, 256, 256);
    await expect(deepColour(ramp, grey, AbortSignal.abort(new Error("enough")))).rejects.toThrow("enough");
  });
});

describe("lightTables", () => {
  async function profileOf(name: string): Promise<Buffer> {
    const create = { width: 1, height: 1, channels: 3, background: "#fff" } as const;
    return (await sharp(await sharp({ create }).withIccProfile(name).png().toBuffer()).metadata()).icc!;
  }

  it("agrees with the sRGB curve for the sRGB profile", async () => {
    const own = lightTables(undefined, 3)!;
    const read = lightTables(await profileOf("srgb"), 3)!;
    for (let c = 0; c < 3; c++)
      for (let value = 0; value < 65_536; value += 257)
        expect(Math.abs(read[c]![value]! - own[c]![value]!)).toBeLessThan(5e-5);
  });

  it("agrees with sharp on the luminance of Display P3", async () => {
    const light = lightTables(await profileOf("p3"), 3)!;
    for (const rgb of [
      [180, 120, 90],
      [60, 80, 110],
      [128, 128, 128],
    ] as const) {
      // prettier-ignore
      const raw = { width: 1, height: 1, channels: 3 } as const;
      const profile = await sharp(Buffer.from(rgb), { raw }).withIccProfile("p3").png().toBuffer();
      const stored = await sharp(profile, { ignoreIcc: true }).raw().toBuffer();
      const y = light.reduce((sum, table, c) => sum + table[stored[c]! * 257]!, 0);
      expect(Math.abs(lightness(y) - rgbToLab(rgb.map((v) => v / 255) as unknown as Triple)[0])).toBeLessThan(0.3);
    }
  });

  it("reads gammas, tables and no curve of grey", () => {
    const at = (profile: Buffer, value: number): number => lightTables(profile, 1)![0]![value]!;
    expect(at(greyProfile(1.8), 0x8000)).toBeCloseTo((0x8000 / 65_535) ** (Math.round(1.8 * 256) / 256), 9);
    expect(at(greyProfile([]), 12_345)).toBeCloseTo(12_345 / 65_535, 9);
    expect(at(greyProfile([0, 1000, 65_535]), 16_384)).toBeCloseTo((0.5 * 1000 * 16_384) / 16_383.75 / 65_535, 6);
  });

  it("knows what it does not read", () => {
    expect(lightTables(greyProfile(2.2), 3)).toBeUndefined();
    expect(lightTables(greyProfile(2.2).subarray(0, 150), 1)).toBeUndefined();
    expect(lightTables(new Uint8Array(10), 1)).toBeUndefined();
    const lab = greyProfile(2.2);
    lab.write("Lab ", 20, "latin1");
    expect(lightTables(lab, 1)).toBeUndefined();
  });
});

describe("16-bit files", () => {
  const samples = Uint16Array.from({ length: 3 * 12 }, (_, i) => (i * 1819) % 65_536);

  async function stored(path: string): Promise<{ values: number[]; metadata: Metadata }> {
    const image = sharp(path, { ignoreIcc: true });
    const metadata = await image.metadata();
    const bytes = await image.toColourspace("rgb16").raw({ depth: "ushort" }).toBuffer();
    return { values: [...new Uint16Array(new Uint8Array(bytes).buffer)], metadata };
  }

  it.each(["deep.png", "deep.tif"])("are written to %s exactly, with an sRGB profile", async (name) => {
    const path = join(folder, name);
    const metadata = { density: 300, xmp: "<x:xmpmeta/>" } as ImageMetadata;
    await writeImage(path, { data: samples, width: 4, height: 3 }, { metadata });
    const file = await stored(path);
    expect(file.values).toEqual([...samples]);
    expect(file.metadata).toMatchObject({ space: "rgb16", depth: "ushort", hasAlpha: false, density: 300 });
    expect(file.metadata.icc!.toString("latin1")).toContain("\0s\0R\0G\0B");
    expect(file.metadata.xmpAsString).toBe("<x:xmpmeta/>");
    const withAlpha = Uint16Array.from({ length: 16 }, (_, i) => i * 4000);
    await writeImage(path, { data: withAlpha, width: 2, height: 2 }, { overwrite: true });
    expect(await stored(path)).toMatchObject({ values: [...withAlpha], metadata: { hasAlpha: true } });
  });

  it("are not written to formats of 8 bits", async () => {
    const writing = writeImage(join(folder, "deep.jpg"), { data: samples, width: 4, height: 3 });
    await expect(writing).rejects.toThrow("expected PNG or TIFF for samples of 16 bits, received JPEG");
  });

  it("are read with all bits: grey, colour, alpha, turned, through their profiles", async () => {
    const read = async (name: string, bytes: Buffer) => {
      const path = join(folder, name);
      await writeFile(path, bytes);
      return (await openPicture(path, path)).read(0, { deep: true });
    };
    const raw = (channels: 1 | 2 | 3 | 4, space: string) =>
      sharp(samples.subarray(0, 6 * channels), { raw: { width: 3, height: 2, channels } }).toColourspace(space);
    for (const [channels, space, format] of [
      [1, "grey16", "png"],
      [2, "grey16", "tiff"],
      [3, "rgb16", "tiff"],
      [4, "rgb16", "png"],
    ] as const) {
      const file = raw(channels, space).toFormat(format, format === "tiff" ? { compression: "lzw" } : {});
      const image = await read(`${space}${channels}.${format}`, await file.toBuffer());
      expect(image.notes).toEqual([]);
      expect(image.samples!.channels, space).toBe(channels);
      expect([...image.samples!.data], space).toEqual([...samples.subarray(0, 6 * channels)]);
    }
    const turned = await read("turned.png", await raw(1, "grey16").withMetadata({ orientation: 3 }).png().toBuffer());
    const { data, channels } = turned.samples!;
    const first = [...data].filter((_, i) => i % channels === 0);
    expect(first).toEqual([...samples.subarray(0, 6)].reverse());
    const gamma = await read("gamma.png", greyPng(16, 1.8));
    expect(gamma.samples!.data[0]).toBe(0x8000);
    expect([...gamma.data.subarray(0, 4)]).toEqual([146, 146, 146, 255]); // as in images.test.ts
    const path = join(folder, "eight.png");
    await sharp({ create: { width: 2, height: 2, channels: 3, background: "#777" } }).toFile(path);
    expect((await read("eight.png", await readFile(path))).samples).toBeUndefined();
  });

  it("of a grey profile of an unknown kind are read as 8 bits, with a note", async () => {
    const lab = greyProfile(2.2);
    lab.write("para", lab.length - 16, "latin1");
    lab.writeUInt16BE(9, lab.length - 8);
    const path = join(folder, "odd.png");
    await writeFile(path, greyPng(16, lab));
    const image = await (await openPicture(path, path)).read(0, { deep: true });
    expect(image.samples).toBeUndefined();
    expect(image.notes).toEqual(["samples of 16 bits read as 8"]);
  });
});
