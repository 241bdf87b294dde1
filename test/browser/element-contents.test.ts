/** What toBlob() and download() of <colorize-canvas> save beside the picture: the original beside it, the colours alone. With a tiny model. */
import type { Page } from "puppeteer";
import sharp from "sharp";
import { beforeEach, expect, it } from "vitest";
import { useElementPage } from "./element-page";

declare global {
  /** In the page: the R, G, B, A bytes of a picture. */
  function pixelsOf(picture: ImageBitmapSource): Promise<Uint8ClampedArray>;
}

let page: Page;

useElementPage(async (open) => {
  ({ page } = open);
  await page.evaluate(() => {
    globalThis.pixelsOf = async (picture) => {
      const bitmap = await createImageBitmap(picture);
      const context = new OffscreenCanvas(bitmap.width, bitmap.height).getContext("2d")!;
      context.drawImage(bitmap, 0, 0);
      return context.getImageData(0, 0, bitmap.width, bitmap.height).data;
    };
  });
});

beforeEach(() => page.evaluate(() => document.body.replaceChildren()));

it("toBlob() and download() give the original beside the picture, and the colours alone", async () => {
  const seen = await page.evaluate(async () => {
    const element = add({ src: "/samples/cat.jpg" });
    const { width, height } = await element.colorize();
    const rows = (data: Uint8ClampedArray, left: number, stride: number): number[] =>
      Array.from({ length: height }, (_, y) => [
        ...data.slice(4 * (y * stride + left), 4 * (y * stride + left + width)),
      ])
        .flat()
        .filter((_, i) => i % 4 < 3);
    const most = (a: readonly number[], b: readonly number[]): number =>
      a.reduce((worst, value, i) => Math.max(worst, Math.abs(value - b[i]!)), 0);
    const coloured = rows(element.result!.data, 0, width);
    const grey = rows(await pixelsOf(await (await fetch("/samples/cat.jpg")).blob()), 0, width);
    const beside = await pixelsOf(await element.toBlob("image/png", undefined, "beside"));
    const layer = rows(await pixelsOf(await element.toBlob("image/png", undefined, "layer")), 0, width);
    const files: { readonly name: string; readonly href: string }[] = [];
    const click = HTMLAnchorElement.prototype.click;
    HTMLAnchorElement.prototype.click = function () {
      files.push({ name: this.download, href: this.href });
    };
    await element.download(undefined, "beside");
    await element.download("mine.png", "layer");
    HTMLAnchorElement.prototype.click = click;
    const saved = await Promise.all(
      files.map(async ({ name, href }) => {
        const file = await (await fetch(href)).blob();
        const bitmap = await createImageBitmap(file);
        const marked = (await file.text()).includes("digitalsourcetype/algorithmicallyEnhanced");
        return [name, file.type, bitmap.width / width, bitmap.height / height, marked];
      }),
    );
    return {
      saved,
      size: beside.length / (4 * width * height),
      left: most(rows(beside, 0, 2 * width), grey),
      right: most(rows(beside, width, 2 * width), coloured),
      sides: most(grey, coloured),
      layer,
      wrong: await element.toBlob("image/png", undefined, "both" as "beside").catch(String),
    };
  });
  expect(seen.size).toBe(2);
  expect(seen.left).toBeLessThan(2);
  expect(seen.right).toBeLessThan(2);
  expect(seen.sides).toBeGreaterThan(10);
  // One lightness (luma of W3C's blend modes) for all colours.
  const at = (i: number): number[] => seen.layer.slice(3 * i, 3 * i + 3);
  const lumas = Array.from(
    { length: seen.layer.length / 3 },
    (_, i) => 0.3 * at(i)[0]! + 0.59 * at(i)[1]! + 0.11 * at(i)[2]!,
  ).sort((a, b) => a - b);
  expect(Math.abs(lumas.at(-1)! - 128)).toBeLessThan(3);
  expect(Math.abs(lumas[0]! - 128)).toBeLessThan(3);
  expect(seen.layer.some((value, i) => i % 3 === 0 && Math.abs(value - seen.layer[i + 1]!) > 5)).toBe(true);
  expect(seen.saved).toEqual([
    ["cat-both.jpg", "image/jpeg", 2, 1, true],
    ["mine.png", "image/png", 1, 1, true],
  ]);
  expect(seen.wrong).toMatch(/content: expected picture, beside, layer, received "both"/);
});

it("the original beside the picture is that of a file, upright, of pixels, or of an <img> in the element", async () => {
  const sideways = await sharp("samples/cat.jpg").resize(64, 48).withMetadata({ orientation: 6 }).jpeg().toBuffer();
  const seen = await page.evaluate(
    async (bytes) => {
      const seen: { size: string; red: boolean }[] = [];
      const img = document.createElement("img");
      img.src = "/samples/coffee.jpg";
      await img.decode();
      const red = new Uint8ClampedArray(4 * 16 * 12).map((_, i) => (i % 4 === 0 || i % 4 === 3 ? 255 : 0));
      const file = new Blob([Uint8Array.from(bytes)], { type: "image/jpeg" });
      for (const source of [{ data: red, width: 16, height: 12 }, new ImageData(red, 16), file, img]) {
        const element = add({ loading: "manual" });
        if (source === img) element.append(img);
        else element.source = source;
        await element.colorize();
        const { width, height } = await createImageBitmap(await element.toBlob("image/png", undefined, "beside"));
        const first = [...(await pixelsOf(await element.toBlob("image/png", undefined, "beside"))).slice(0, 3)];
        seen.push({ size: `${width} x ${height}`, red: first.join() === "255,0,0" });
      }
      return seen;
    },
    [...sideways],
  );
  expect(seen).toEqual([
    { size: "32 x 12", red: true },
    { size: "32 x 12", red: true },
    { size: "96 x 64", red: false },
    { size: "1200 x 400", red: false },
  ]);
});

it("JPEG, which has no transparency, lies on white", async () => {
  const corner = await page.evaluate(async () => {
    const element = add();
    element.source = new ImageData(16, 12); // transparent
    await element.colorize();
    return [...(await pixelsOf(await element.toBlob("image/jpeg", 1))).slice(0, 4)];
  });
  expect(corner).toEqual([255, 255, 255, 255]);
});
