import sharp from "sharp";
import { buffer } from "node:stream/consumers";
import { expect, it } from "vitest";
import { joinTiff, type TiffPage } from "../../src/node/tiff-pages";

/** A page of this colour, of an odd size, perhaps of 16 bits, in several strips. */
async function page(width: number, height: number, red: number, deep = false): Promise<Buffer> {
  const samples = Array.from({ length: 3 * width * height }, (_, i) => (i % 3 === 0 ? red : (i * 7) % 251));
  const raw = { width, height, channels: 3 } as const;
  const image = deep
    ? sharp(Uint16Array.from(samples, (value) => value * 257), { raw }).toColourspace("rgb16") // prettier-ignore
    : sharp(Buffer.from(samples), { raw }).withIccProfile("srgb");
  return image
    .withXmp(`<x:xmpmeta>${"x".repeat(red)}</x:xmpmeta>`)
    .tiff({ compression: "deflate", predictor: "horizontal", xres: red, yres: red })
    .toBuffer();
}

it("joins pages of different sizes and depths, each with its own tags", async () => {
  const icc = Buffer.from("not a profile, but bytes of an odd number");
  const pages: TiffPage[] = [
    { file: await page(31, 200, 100) },
    { file: await page(5, 3, 200, true), icc },
    { file: await page(400, 301, 51) },
  ];
  const whole = await buffer(joinTiff(pages, 3, "scan.tif"));
  const read = (i: number) => sharp(whole, { page: i, ignoreIcc: true });
  const [first, second, third] = await Promise.all([0, 1, 2].map((i) => read(i).metadata()));
  expect(first).toMatchObject({ pages: 3, width: 31, height: 200, depth: "uchar" });
  expect(second).toMatchObject({
    width: 5,
    height: 3,
    depth: "ushort",
    icc,
    xmpAsString: expect.stringContaining("xxx"),
  });
  expect(third).toMatchObject({ width: 400, height: 301, density: 1295 });
  expect(first!.icc!.toString("latin1")).toContain("\0s\0R\0G\0B");
  for (const [i, { file }] of pages.entries()) {
    const alone = await sharp(file, { ignoreIcc: true }).raw({ depth: "ushort" }).toBuffer();
    expect((await read(i).raw({ depth: "ushort" }).toBuffer()).equals(alone), `page ${i}`).toBe(true);
  }
});

it("says that a TIFF file ends at 4 GiB, before it is written", async () => {
  // Buffers of zeros take no memory until somebody writes to them.
  const file = Buffer.alloc(2 ** 28);
  (await page(4, 4, 1)).copy(file);
  const pages = Array.from({ length: 17 }, () => ({ file }));
  let written = 0;
  const joining = (async () => {
    for await (const part of joinTiff(pages, 17, "scan.tif")) written += part.length;
  })();
  await expect(joining).rejects.toThrow(
    "scan.tif: expected at most 4 GiB in a TIFF file, received more, at page 16 of 17",
  );
  expect(written).toBeLessThan(2 ** 32);
});
