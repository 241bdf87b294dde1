/** The built demo page by keyboard alone, from a picture to try to the saved file: no pointer, and no focus that a visitor does not see. */
import { join } from "node:path";
import type { KeyInput, Page } from "puppeteer";
import sharp from "sharp";
import { afterAll, beforeAll, expect, it } from "vitest";
import type { ColorizeCanvas } from "../../src/element";
import * as visit from "./page-site";

let site: visit.PageSite;
let page: Page;

beforeAll(async () => {
  site = await visit.startPageSite();
  page = await site.open();
}, 240_000);
afterAll(() => site?.close());

const press = (key: KeyInput): Promise<void> => page.keyboard.press(key);

async function times(count: number, key: KeyInput): Promise<void> {
  for (let i = 0; i < count; i++) await press(key);
}

/** More than the page has places for the focus. */
const MANY = 80;

/** Moves the focus to an element, which must be in the window and show it. */
async function tabTo(selector: string, direction: "on" | "back" = "on"): Promise<void> {
  const isThere = (): Promise<boolean> => page.evaluate((wanted) => document.activeElement!.matches(wanted), selector);
  if (direction === "back") await page.keyboard.down("Shift");
  for (let i = 0; i < MANY && !(await isThere()); i++) await press("Tab");
  if (direction === "back") await page.keyboard.up("Shift");
  await expectFocus(selector);
}

async function expectFocus(selector: string): Promise<void> {
  const seen = await page.evaluate((wanted) => {
    const focused = document.activeElement!;
    const { outlineStyle, outlineWidth } = getComputedStyle(focused);
    const ring = focused.matches(":focus-visible") && outlineStyle !== "none" && parseFloat(outlineWidth) > 0;
    return { there: focused.matches(wanted), ring };
  }, selector);
  expect(seen, selector).toEqual({ there: true, ring: true });
  await visit.expectInWindow(page, `${selector}:focus`);
}

const text = (selector: string): Promise<string> => page.$eval(selector, ({ textContent }) => textContent);
const comparing = (): Promise<boolean> => page.$eval("#picture", (picture) => (picture as ColorizeCanvas).comparing);

/** Mean distance of R, G and B of the picture from each other. */
const colourfulness = (): Promise<number> =>
  page.$eval("#picture", (picture) => {
    const { data } = (picture as ColorizeCanvas).result!;
    let sum = 0;
    for (let i = 0; i < data.length; i += 4)
      sum += Math.max(data[i]!, data[i + 1]!, data[i + 2]!) - Math.min(data[i]!, data[i + 1]!, data[i + 2]!);
    return (4 * sum) / data.length;
  });

/** By how much the place of the only pin is more blue than red. */
const bluenessOfPin = (): Promise<number> =>
  page.$eval("#picture", (picture) => {
    const { data, width, height } = (picture as ColorizeCanvas).result!;
    const { left, top } = picture.querySelector<HTMLElement>(".pin")!.style;
    const column = Math.floor((width * parseFloat(left)) / 100);
    const at = 4 * (Math.floor((height * parseFloat(top)) / 100) * width + column);
    return data[at + 2]! - data[at]!;
  });

it("a visitor without a pointer colours, changes, compares and saves a photograph", { timeout: 240_000 }, async () => {
  await tabTo('[data-sample="nagasaki-1865.jpg"]');
  await press("Enter");
  await visit.coloured(page, "Nagasaki, 1865");
  const before = await colourfulness();

  await tabTo("#saturation", "back");
  await times(8, "ArrowRight");
  expect(await text("#saturation-value")).toBe("140 %");
  await expect.poll(colourfulness, { timeout: 30_000 }).toBeGreaterThan(1.1 * before);
  while ((await text("#saturation-value")) !== "100 %") {
    await tabTo("#undo");
    await press("Enter");
  }
  await expect.poll(colourfulness, { timeout: 30_000 }).toBe(before);

  await tabTo("#hold", "back");
  for (const key of ["Space", "Enter"] as const) {
    await page.keyboard.down(key);
    expect(await comparing()).toBe(true);
    await page.keyboard.up(key);
    expect(await comparing()).toBe(false);
  }

  await tabTo("#tint");
  await press("Space");
  await tabTo("#tint-add");
  await press("Enter");
  await tabTo(".pin", "back");
  const middle = await page.$eval(".pin", (pin) => (pin as HTMLElement).style.left);
  await times(4, "ArrowLeft");
  await expectFocus(".pin");
  expect(await page.$eval(".pin", (pin) => parseFloat((pin as HTMLElement).style.left))).toBeLessThan(
    parseFloat(middle),
  );
  await tabTo('#swatches [aria-label="Blue"]');
  await press("Enter");
  await expect.poll(bluenessOfPin, { timeout: 30_000 }).toBeGreaterThan(15);

  const folder = join(site.files, "saved");
  await visit.saveInto(page, folder);
  await tabTo("#save-as");
  await press("Enter");
  await tabTo('#save-form [name="type"]');
  await press("ArrowRight");
  await expectFocus('[value="image/png"]');
  await press("Escape");
  await expectFocus("#save-as");
  expect(visit.savedIn(folder)).toEqual([]);
  await press("Enter");
  await tabTo("#save-chosen");
  await press("Space");
  const name = "Nagasaki, 1865-colour.png";
  await expect.poll(() => visit.savedIn(folder), { timeout: 20_000 }).toEqual([name]);
  expect((await sharp(join(folder, name)).metadata()).format).toBe("png");
  await expectFocus("#save-as");

  await press("Enter");
  await tabTo('#save-form [value="cancel"]');
  await press("Enter");
  await expectFocus("#save-as");

  // Enter in a choice saves, too.
  await press("Enter");
  await tabTo('[value="image/png"]');
  await press("ArrowLeft");
  await press("Enter");
  await expect.poll(() => visit.savedIn(folder).length, { timeout: 20_000 }).toBe(2);
  expect(visit.savedIn(folder)).toContain("Nagasaki, 1865-colour.jpg");
});
