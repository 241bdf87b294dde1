/** The built demo page: colours that a visitor sets at places of the photograph. */
import { join } from "node:path";
import type { Page } from "puppeteer";
import sharp from "sharp";
import { afterAll, afterEach, beforeAll, beforeEach, expect, it } from "vitest";
import { tinyCells } from "../shared/tiny-cells";
import * as visit from "./page-site";

let site: visit.PageSite;
let page: Page;

/** A photograph whose left half is lighter. The page's tiny models see 16 x 16 samples of it. */
beforeAll(async () => {
  site = await visit.startPageSite();
  const grey = Buffer.from(Array.from({ length: 480 * 320 }, (_, i) => (i % 480 < 240 ? 170 : 60)));
  await sharp(grey, { raw: { width: 480, height: 320, channels: 1 } }).toFile(join(site.files, "halves.png"));
}, 240_000);
afterAll(() => site?.close());
beforeEach(async () => {
  page = await site.open();
  await visit.choose(page, join(site.files, "halves.png"));
  await visit.coloured(page, "halves.png");
});
afterEach(() => page.close());

/** R, G and B of the coloured picture at shares of its width and height. */
const colourAt = (x: number, y: number): Promise<number[]> =>
  page.$eval(
    "#picture",
    (element, [left, top]) => {
      const { data, width, height } = (element as unknown as { result: ImageData }).result;
      const at = 4 * (Math.floor(top! * height) * width + Math.floor(left! * width));
      return [...data.slice(at, at + 3)];
    },
    [x, y],
  );

/** Clicks a place of the photograph, at shares of what is shown of it. */
async function click(x: number, y: number): Promise<void> {
  const [left, top, right, bottom] = (await visit.box(page, ".picture > img"))!;
  await page.mouse.click(left! + x * (right! - left!), top! + y * (bottom! - top!));
}

const pins = (): Promise<string[]> =>
  page.$$eval(".pin", (all) =>
    all.map((pin) => `${pin.getAttribute("aria-label")}${pin.ariaPressed === "true" ? " *" : ""}`),
  );
const swatch = (name: string): Promise<void> => page.click(`#swatches [aria-label="${name}"]`);
const help = (): Promise<string> => page.$eval("#tint-help", ({ textContent }) => textContent);

/** Waits until the colour at a place is more blue than red, or no longer. */
async function isBlue(x: number, y: number, blue = true): Promise<void> {
  await expect
    .poll(
      async () => {
        const [red, , blueness] = await colourAt(x, y);
        return blueness! > red! + 15;
      },
      { timeout: 30_000 },
    )
    .toBe(blue);
}

/** A place of the lighter half, another one, and one of the darker half. */
const PLACE = [0.25, 0.6] as const;
const LIGHT = [0.05, 0.1] as const;
const DARK = [0.8, 0.6] as const;

/** Sets blue at PLACE. */
async function setBlue(): Promise<void> {
  await page.click("#tint");
  await click(...PLACE);
  await swatch("Blue");
  await isBlue(...LIGHT);
}

it("gives a place a colour that fills its region, and takes it back", async () => {
  await page.click("#tint");
  expect(await help()).toMatch(/^Choose a place/);
  expect(await page.$eval("#swatches button", (button) => (button as HTMLButtonElement).disabled)).toBe(true);
  await click(...PLACE);
  expect(await pins()).toEqual(["New place, without a colour *"]);
  await swatch("Blue");
  await isBlue(...PLACE);
  expect(await pins()).toEqual(["Colour 1: #3f66b0 *"]);
  await isBlue(...LIGHT);
  await isBlue(...DARK, false);
  for (const [width, height] of [
    [1280, 800],
    [390, 844],
    [320, 640],
    [844, 390],
  ] as const)
    for (const scheme of ["light", "dark"]) {
      await page.setViewport({ width, height });
      await page.emulateMediaFeatures([{ name: "prefers-color-scheme", value: scheme }]);
      expect(await page.evaluate(() => document.documentElement.scrollWidth)).toBe(width);
      await visit.screenshot(page, `tint-${width}-${scheme}`);
    }
  await page.setViewport({ width: 1280, height: 800 });

  await page.click("#undo");
  await isBlue(...PLACE, false);
  expect(await pins()).toEqual([]);
  await page.click("#redo");
  await isBlue(...PLACE);
  await click(...PLACE); // chooses the pin
  expect(await pins()).toEqual(["Colour 1: #3f66b0 *"]);
  await page.click("#tint-remove");
  await isBlue(...PLACE, false);
}, 240_000);

it("offers the colours that the network holds likely at a place, where it predicts a distribution, and asks once for a drag", async () => {
  await page.click("#tint");
  expect(await visit.box(page, "#likely")).toBeUndefined(); // the tiny model predicts one colour
  const { natural } = site.models;
  site.models["natural"] = tinyCells();
  const other = await site.open();
  try {
    await visit.choose(other, "samples/dandelion.jpg");
    await visit.coloured(other, "dandelion.jpg");
    await other.click("#tint");
    const offered = (): Promise<string[]> =>
      other.$$eval("#likely button:enabled", (all) => all.map((button) => button.getAttribute("aria-label")!));
    await other.waitForSelector("#likely", { visible: true });
    expect(await offered()).toEqual([]);
    await other.click("#tint-add");
    await expect.poll(offered, { timeout: 30_000 }).not.toEqual([]);
    const shares = (await offered()).map((text) => Number(/^#[0-9a-f]{6}, (\d+) % likely$/.exec(text)![1]));
    expect(shares).toEqual(shares.toSorted((a, b) => b - a));
    expect(shares.reduce((a, b) => a + b, 0)).toBeLessThanOrEqual(102); // rounded
    await visit.screenshot(other, "tint-likely");
    const second = "#likely button:nth-of-type(2)";
    const colour = await other.$eval(second, (button) => (button as HTMLButtonElement).value);
    await other.click(second);
    await other.waitForSelector(`.pin[aria-label="Colour 1: ${colour}"]`);
    await other.waitForSelector(`${second}[aria-pressed="true"]`);
    expect(await other.$$eval('#likely [aria-pressed="true"]', (all) => all.length)).toBe(1);

    // A drag asks when it ends, for the place that it came to.
    const before = await offered();
    const calls = await visit.callsOf(other);
    const asked = async (): Promise<number> => (await calls()).filter(({ name }) => name === "likelyColors").length;
    const [left, top, right, bottom] = (await visit.box(other, ".pin"))!;
    const [x, y] = [(left! + right!) / 2, (top! + bottom!) / 2];
    await other.mouse.move(x, y);
    await other.mouse.down();
    for (let step = 1; step <= 5; step++) await other.mouse.move(x - 30 * step, y - 20 * step);
    expect(await asked()).toBe(0);
    await other.mouse.up();
    await expect.poll(offered, { timeout: 30_000 }).not.toEqual(before);
    expect(await asked()).toBe(1);
  } finally {
    site.models["natural"] = natural!;
    await other.close();
  }
}, 120_000);

it("offers likely colours of a photograph that was not open meanwhile, which is coloured again for them", async () => {
  const { natural } = site.models;
  site.models["natural"] = tinyCells();
  const other = await site.open();
  try {
    await visit.choose(other, "samples/cat.jpg", "samples/dandelion.jpg");
    await other.waitForFunction(() => document.querySelector("#count")!.textContent === "2 of 2 in colour");
    await other.click("#strip li:nth-child(2) .open");
    await visit.coloured(other, "dandelion.jpg");
    await other.click("#tint");
    await other.click("#tint-add");
    await other.waitForSelector("#likely button:enabled", { visible: true, timeout: 30_000 });
    expect(await other.$$eval(".pin", (all) => all.length)).toBe(1);
  } finally {
    site.models["natural"] = natural!;
    await other.close();
  }
}, 120_000);

it("stays where it is in the photograph when that is turned", async () => {
  await setBlue();
  await page.click("#turn");
  await page.waitForFunction(
    () =>
      document.querySelector<HTMLImageElement>(".picture > img")!.naturalWidth === 320 &&
      !document.querySelector(".picture.waiting"),
  );
  await visit.coloured(page, "halves.png");
  expect(await pins()).toEqual(["Colour 1: #3f66b0"]);
  const [left, top] = await page.$eval(".pin", (pin) =>
    pin
      .getAttribute("style")!
      .match(/[\d.]+(?=%)/g)!
      .map(Number),
  );
  const [x, y] = [1 - PLACE[1], PLACE[0]];
  expect(left).toBeCloseTo(100 * x, 0);
  expect(top).toBeCloseTo(100 * y, 0);
  await isBlue(x, y);
}, 240_000);

it("a pin is dragged to another place, in one step to undo, while the picture stays", async () => {
  await setBlue();
  await page.click("#zoom-in");
  const shown = (): Promise<(number | undefined)[] | undefined> => visit.box(page, ".picture > img");
  const before = await shown();
  const [left, top, right, bottom] = (await visit.box(page, ".pin"))!;
  const [width, height] = [before![2]! - before![0]!, before![3]! - before![1]!];
  const [x, y] = [(left! + right!) / 2, (top! + bottom!) / 2];
  await page.mouse.move(x, y);
  await page.mouse.down();
  for (const share of [0.2, 0.6, 1])
    await page.mouse.move(x + share * (DARK[0] - PLACE[0]) * width, y - share * 0.1 * height);
  await page.mouse.up();
  await isBlue(...DARK);
  await isBlue(...LIGHT, false);
  expect(await shown()).toEqual(before);
  expect(await pins()).toEqual(["Colour 1: #3f66b0 *"]);
  await page.click("#undo");
  await isBlue(...LIGHT);
  await isBlue(...DARK, false);
}, 240_000);

it("reaches as far as the slider says, in one step to undo, and keeps its place under zoom", async () => {
  await setBlue();
  await page.$eval("#tint-spread", (slider) => {
    for (const value of ["0.6", "0.3", "0"]) {
      (slider as HTMLInputElement).value = value;
      slider.dispatchEvent(new Event("input", { bubbles: true }));
    }
    slider.dispatchEvent(new Event("change", { bubbles: true }));
  });
  await isBlue(...LIGHT, false);
  await page.click("#undo");
  await isBlue(...LIGHT);

  const middle = async (selector: string): Promise<number[]> => {
    const [left, top, right, bottom] = (await visit.box(page, selector))!;
    return [(left! + right!) / 2, (top! + bottom!) / 2];
  };
  const place = async (): Promise<number[]> => {
    const [left, top, right, bottom] = (await visit.box(page, ".picture > img"))!;
    const [x, y] = await middle(".pin");
    return [(x! - left!) / (right! - left!), (y! - top!) / (bottom! - top!)];
  };
  const before = await place();
  expect(before).toEqual([expect.closeTo(PLACE[0], 2), expect.closeTo(PLACE[1], 2)]);
  await page.click("#zoom-in");
  expect(await place()).toEqual(before.map((at) => expect.closeTo(at, 2) as number));
  const [x, y] = await middle(".pin");
  await page.mouse.click(x! + 120, y! - 40); // another place, while zoomed
  expect(await pins()).toEqual(["Colour 1: #3f66b0", "New place, without a colour *"]);
  await isBlue(...LIGHT); // pins are no change of the photograph
  await page.click("#tint");
  expect(await pins()).toEqual([]);
  expect(await page.$eval("#picture", (element) => element.getAttribute("compare"))).toBe("slider");
}, 240_000);

it("is done by keys alone", async () => {
  await page.focus("#tint");
  await page.keyboard.press("Enter");
  await page.focus("#tint-add");
  await page.keyboard.press("Enter");
  expect(await pins()).toEqual(["New place, without a colour *"]);
  expect(await page.evaluate(() => document.activeElement!.className)).toBe("pin"); // the arrow keys move it
  for (let i = 0; i < 4; i++) await page.keyboard.press("ArrowLeft");
  await page.keyboard.down("Shift");
  for (let i = 0; i < 4; i++) await page.keyboard.press("ArrowLeft");
  await page.keyboard.up("Shift");
  await page.focus('#swatches [aria-label="Blue"]');
  await page.keyboard.press("Enter");
  await isBlue(...LIGHT);
  await page.focus(".pin");
  await page.keyboard.press("ArrowDown");
  expect(await page.evaluate(() => document.activeElement!.className)).toBe("pin");
  await page.keyboard.press("Delete");
  expect(await pins()).toEqual([]);
  await page.keyboard.down("Control");
  await page.keyboard.press("z");
  await page.keyboard.up("Control");
  expect(await pins()).toHaveLength(1);
}, 240_000);

it("keeps colours with their photograph: another one has none, and the same settings for all leave them out", async () => {
  await setBlue();
  await isBlue(...PLACE);
  await visit.choose(page, "samples/cat.jpg");
  await visit.coloured(page, "cat.jpg");
  expect(await pins()).toEqual([]);
  await page.click("#strip button");
  await visit.coloured(page, "halves.png");
  expect(await pins()).toEqual(["Colour 1: #3f66b0"]);
}, 240_000);

it("shows a swatch's colour while a mouse or the keyboard's focus is on it, and no step to undo comes of it", async () => {
  await page.click("#tint");
  await click(...PLACE);
  /** What is shown, which is not the photograph's result while a colour is only looked at. */
  const bluenessShown = (): Promise<number> =>
    page.$eval(".picture >>> .canvas", (element) => {
      const { width, height } = element as HTMLCanvasElement;
      const context = (element as HTMLCanvasElement).getContext("2d")!;
      const [red, , blue] = context.getImageData(0.25 * width, 0.5 * height, 1, 1).data;
      return blue! - red!;
    });
  const before = await bluenessShown();
  const isShown = async (blue: boolean): Promise<void> => {
    await expect.poll(async () => (await bluenessShown()) > before + 15, { timeout: 30_000 }).toBe(blue);
  };
  const undoable = (): Promise<boolean> => page.$eval("#undo", (button) => !(button as HTMLButtonElement).disabled);

  await page.hover('#swatches [aria-label="Blue"]');
  await isShown(true);
  expect(await pins()).toEqual(["New place, without a colour *"]);
  expect(await undoable()).toBe(false);
  await page.mouse.move(5, 5);
  await isShown(false);

  await page.focus('#swatches [aria-label="Green"]');
  await page.keyboard.press("Tab");
  expect(await page.evaluate(() => document.activeElement!.ariaLabel)).toBe("Blue");
  await isShown(true);
  await page.keyboard.press("Escape"); // leaves the places
  await isShown(false);
  expect(await page.evaluate(() => document.activeElement!.id)).toBe("tint");
  expect(await visit.box(page, "#tint-panel")).toBeUndefined();
  expect(await undoable()).toBe(false);

  await page.keyboard.press("Enter");
  await click(...PLACE);
  await swatch("Blue"); // under the mouse: what was looked at is kept
  await isBlue(...LIGHT);
  await page.mouse.move(5, 5);
  await isShown(true);
  expect(await undoable()).toBe(true);
}, 240_000);

it("does not show a colour under a finger that is not pressed yet", async () => {
  await page.click("#tint");
  await click(...PLACE);
  const calls = await visit.callsOf(page);
  await page.$eval('#swatches [aria-label="Blue"]', (button) => {
    button.dispatchEvent(new PointerEvent("pointerenter", { pointerType: "touch" }));
    (button as HTMLElement).focus(); // as a tap does: nothing shows it
  });
  expect(await calls()).toEqual([]);
}, 240_000);

it("removes all colours at once, as one step to undo", async () => {
  await setBlue();
  await click(...DARK);
  await swatch("Red");
  await expect.poll(pins).toHaveLength(2);
  await page.click("#tint-remove-all");
  expect(await pins()).toEqual([]);
  await isBlue(...LIGHT, false);
  expect(await page.$eval("#tint-remove-all", (button) => (button as HTMLButtonElement).disabled)).toBe(true);
  await page.click("#undo");
  await expect.poll(pins).toHaveLength(2);
}, 240_000);
