/** The built demo page: where things lie, in windows and with photographs of every shape. */
import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import type { Page } from "puppeteer";
import sharp from "sharp";
import { afterAll, afterEach, beforeAll, beforeEach, expect, it } from "vitest";
import * as visit from "./page-site";

let site: visit.PageSite;
let page: Page;

beforeAll(async () => void (site = await visit.startPageSite()), 240_000);
afterAll(() => site?.close());
beforeEach(async () => void (page = await site.open()));
afterEach(() => page.close());

const PHONE = { width: 390, height: 844, isMobile: true, hasTouch: true };

const box = async (selector: string): Promise<number[]> => (await visit.box(page, selector))!;

it("shows pictures to try in the first window, before the models; with a photograph, after them", async () => {
  await page.setViewport(PHONE);
  await visit.expectInWindow(page, "#samples li:first-child button");
  expect((await box("#models"))[1]).toBeGreaterThan((await box("#samples"))[3]!);
  await page.setViewport({ width: 1280, height: 800 });
  await visit.expectInWindow(page, "#samples li:first-child img");
  await visit.choose(page, "samples/cat.jpg");
  await visit.coloured(page, "cat.jpg");
  expect((await box("#models"))[3]).toBeLessThan((await box("#samples"))[1]!);
}, 120_000);

it("shows each picture to try in grey on its left half and in colour on its right half, in small files", async () => {
  const folder = "demo/thumbnails";
  const shown = await page.$$eval("#samples img", (images) => images.map(({ src }) => src.split("/").at(-1)!));
  const made = readdirSync(folder).map((name) => name.replace(".webp", ""));
  expect(shown.map((name) => made.find((other) => name.startsWith(other)))).toEqual(made);
  for (const name of readdirSync(folder)) {
    const file = readFileSync(join(folder, name));
    expect(file.length, name).toBeLessThan(12_000);
    const chroma = async (left: number): Promise<number> => {
      const half = sharp(file).extract({ left, top: 0, width: 150, height: 240 }).removeAlpha();
      const { data } = await half.raw().toBuffer({ resolveWithObject: true });
      let sum = 0;
      for (let i = 0; i < data.length; i += 3)
        sum += Math.max(...data.subarray(i, i + 3)) - Math.min(...data.subarray(i, i + 3));
      return (3 * sum) / data.length;
    };
    expect(await chroma(0), name).toBeLessThan(1);
    expect(await chroma(170), name).toBeGreaterThan(2);
  }
});

it("does not speak of dropping and pasting where there are fingers only", async () => {
  const words = (): Promise<string> => page.$eval("#welcome", (welcome) => (welcome as HTMLElement).innerText);
  expect(await words()).toMatch(/^Drop .* here[^]*or paste one, or try a picture below$/);
  await page.setViewport(PHONE);
  expect(await words()).toMatch(/^Colour your black-and-white photographs[^]*or try a picture below$/);
  expect(await words()).not.toMatch(/drop|paste/i);
});
