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
afterEach(async () => {
  site.disturbance.held = undefined;
  await page.close();
});

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

it("gives a photograph that is wide a stage on which the buttons, the progress and a question have their room", async () => {
  const grey = sharp({ create: { width: 1600, height: 200, channels: 3, background: "#777" } });
  await grey.toFile(join(site.files, "wide.png"));
  await sharp("samples/colour/meadow.jpg").resize(1500, 500).toFile(join(site.files, "colourful.png"));
  await page.setViewport({ ...PHONE, width: 320, height: 568 });
  let release!: () => void;
  site.disturbance.held = { names: /models\//, release: new Promise((resolve) => (release = resolve)) };
  await visit.choose(page, join(site.files, "wide.png"));
  const expectOnStage = async (selector: string): Promise<void> => {
    const [inner, outer] = [await box(selector), await box("#stage")];
    expect(inner[1], selector).toBeGreaterThanOrEqual(outer[1]!);
    expect(inner[3], selector).toBeLessThanOrEqual(outer[3]!);
  };
  await page.waitForSelector("#progress:not([hidden])");
  await expectOnStage("#progress");
  release();
  await visit.coloured(page, "wide.png");
  for (const id of ["#hold", "#tint", "#zoom-full"]) await expectOnStage(id);
  const middle = async (selector: string): Promise<number> => {
    const [, top, , bottom] = await box(selector);
    return (top! + bottom!) / 2;
  };
  expect(await middle(".picture")).toBeCloseTo(await middle("#stage"), 0);
  await page.tap("#tint");
  await page.$eval("button#zoom-full", (button) => button.focus());
  expect(await page.$eval("#stage", ({ scrollTop }) => scrollTop)).toBe(0);

  await visit.choose(page, join(site.files, "colourful.png"));
  await page.waitForSelector("#message:not([hidden])");
  await expectOnStage("#message-action");
}, 120_000);

it("keeps saving in the window while colours are set, and swatches at their place", async () => {
  const windows = [{ width: 1280, height: 800 }, { width: 390, height: 844 }, PHONE];
  for (const window of windows) {
    await page.setViewport(window); // loads the page again where there are fingers
    if (!(await page.$(".picture > img"))) {
      await visit.choose(page, "samples/cat.jpg");
      await visit.coloured(page, "cat.jpg");
      await page.click("#tint");
    }
    await page.evaluate(() => scrollTo(0, 0));
    await visit.expectInWindow(page, "#save");
    await visit.expectInWindow(page, ".picture >>> .canvas");
    expect(await visit.box(page, "#reset")).toBeUndefined(); // it is about the sliders, which are not there
    const places = [await box("#swatches")];
    await page.$eval("button#tint-add", (button) => button.click());
    places.push(await box("#swatches"));
    await page.click('#swatches [aria-label="Blue"]');
    await page.waitForSelector(".pin[aria-label^='Colour 1']");
    places.push(await box("#swatches"));
    expect(places).toEqual([places[0], places[0], places[0]]);
    await visit.expectInWindow(page, "#save");
    await page.click("#tint-remove");
  }
}, 120_000);

it("shows the buttons of saving in a window that is lower than the choices", async () => {
  await page.setViewport({ width: 844, height: 390, isMobile: true, hasTouch: true });
  await visit.choose(page, "samples/cat.jpg");
  await visit.coloured(page, "cat.jpg");
  await page.click("#save-as");
  for (const selector of ["#copy", '#save-form [value="cancel"]', "#save-chosen"])
    await visit.expectInWindow(page, selector);
  await page.$eval("#save-dialog", (dialog) => dialog.scrollTo(0, 9999));
  const covers = async (): Promise<boolean> => (await box("#save-note"))[3]! > (await box("#save-form .buttons"))[1]!;
  expect(await covers()).toBe(false);
  await page.setViewport({ width: 1280, height: 800, isMobile: true, hasTouch: true });
  expect(await covers()).toBe(false);
}, 120_000);

it("while a photograph waits, shows what will be there but lets nobody use it; only others can be chosen", async () => {
  site.disturbance.held = { names: /models\//, release: new Promise(() => {}) };
  await visit.choose(page, "samples/cat.jpg");
  await page.waitForSelector("#progress:not([hidden])");
  const usable = await page.$$eval("#controls :is(button, input)", (all) =>
    all.filter((one) => !one.closest("[inert]") && one.checkVisibility()).map(({ id }) => id),
  );
  expect(usable).toEqual(["another"]);
  await visit.expectInWindow(page, "#save");
}, 120_000);

it("puts the buttons beside an upright photograph, not on it", async () => {
  await sharp({ create: { width: 400, height: 600, channels: 3, background: "#777" } }).toFile(
    join(site.files, "upright.png"),
  );
  await visit.choose(page, join(site.files, "upright.png"));
  await visit.coloured(page, "upright.png");
  for (const [width, height] of [
    [844, 390],
    [1280, 800],
  ] as const) {
    await page.setViewport({ width, height });
    expect((await box("#closer"))[0]).toBeGreaterThanOrEqual((await box(".picture > img"))[2]!);
    expect((await box("#closer"))[3]).toBeLessThanOrEqual((await box("#stage"))[3]!);
  }
}, 120_000);

it("has the album's buttons in even rows within the window, when one failed and one is in colour already", async () => {
  await visit.choose(page, "samples/cat.jpg", "samples/LICENSES.md", "samples/colour/meadow.jpg");
  await visit.coloured(page, "cat.jpg");
  await page.waitForSelector("#colour-asking:not([hidden])", { timeout: 60_000 });
  await page.waitForSelector("#pause", { hidden: true });
  const top = async (id: string): Promise<number> => (await box(id))[1]!;
  expect(await top("#retry")).toBe(await top("#colour-asking"));
  expect(await top("#apply-to-all")).toBe(await top("#save-all"));
  for (const id of ["#retry", "#colour-asking", "#apply-to-all", "#close-all", "#save-all"])
    await visit.expectInWindow(page, id);
}, 120_000);

it("says by which model a photograph was coloured, and the figures when they are asked for", async () => {
  await visit.choose(page, "samples/cat.jpg");
  await visit.coloured(page, "cat.jpg");
  const words = (): Promise<string> => page.$eval(".facts", (facts) => (facts as HTMLElement).innerText);
  expect(await words()).toBe("Coloured by natural");
  await page.click(".facts summary");
  expect(await words()).toMatch(/natural: 451 × 300 in /);
}, 120_000);

it("leaves a margin above a photograph that is scrolled to", async () => {
  await page.setViewport({ ...PHONE, width: 320, height: 568 });
  await page.evaluate(() => scrollTo(0, 9999));
  await page.click('[data-sample="sheep-1888.jpg"]');
  await page.waitForSelector("#progress:not([hidden])");
  await page.evaluate(() => new Promise((resolve) => setTimeout(resolve, 300)));
  expect((await box("#stage"))[1]).toBeGreaterThan(8);
}, 120_000);

it("makes a photograph larger than the column of texts in a large window", async () => {
  await page.setViewport({ width: 1920, height: 1080 });
  await visit.choose(page, "samples/cat.jpg");
  await visit.coloured(page, "cat.jpg");
  const width = async (selector: string): Promise<number> => {
    const [left, , right] = await box(selector);
    return right! - left!;
  };
  expect(await width(".picture >>> .canvas")).toBeGreaterThan(1200);
  expect(await width("#stage")).toBeLessThanOrEqual(0.9 * 1920);
  expect(await width("#controls")).toBeLessThan(960);
  const [left, , right] = await box("#stage");
  expect(left! + right!).toBeCloseTo(1920, -1); // in the middle
  expect(await page.evaluate(() => document.documentElement.scrollWidth)).toBe(1920);
  await visit.expectInWindow(page, "#save");
}, 120_000);

it("says which models are on this device already, also after the page is opened again", async () => {
  const where = (): Promise<string[]> =>
    page.$$eval("#models .size", (sizes) => sizes.map(({ textContent }) => textContent.replace(/^\d+ MB,? /, "")));
  await page.evaluate(() => caches.delete("colorize-canvas-1"));
  await page.reload();
  expect(await where()).toEqual(["download", "download", "download"]);
  await page.click('#models [value="inception-table"]');
  await visit.choose(page, "samples/cat.jpg");
  await visit.coloured(page, "cat.jpg");
  // The third one lacks a file of its two.
  await expect.poll(where).toEqual(["download", "on this device", "download"]);
  await page.reload();
  await expect.poll(where).toEqual(["download", "on this device", "download"]);
  await page.evaluate(() => localStorage.clear());
}, 120_000);
