/** A look closer on the demo page: zoom, pan, the divider, the original while held; and settings that can be undone. With a tiny model. */
import type { Page } from "puppeteer";
import { afterAll, beforeAll, beforeEach, afterEach, expect, it } from "vitest";
import type { ColorizeCanvas } from "../../src/element";
import { SHIPPED } from "../shared/browser-model";
import * as visit from "./page-site";

/** As many pixels as 16 x 16, which is the tiny model's size, or 224 x 224. */
const OWN_SIZE = SHIPPED ? / at 275 × 183,/ : / at 20 × 13,/;

let site: visit.PageSite;
let page: Page;

beforeAll(async () => void (site = await visit.startPageSite()), 240_000);
afterAll(() => site?.close());
beforeEach(async () => void (page = await site.open()));
afterEach(() => page.close());

interface Seen {
  readonly scale: number;
  /** Percent of the picture's width. */
  readonly divider: number;
  /** The handle's middle, and its width, in pixels of the window. */
  readonly handle: { readonly x: number; readonly y: number; readonly width: number };
}

function see(): Promise<Seen> {
  return page.$eval(".picture", (element) => {
    const { shadowRoot, comparing, comparePosition } = element as ColorizeCanvas;
    const { left, top, width, height } = shadowRoot!.querySelector(".handle")!.getBoundingClientRect();
    return {
      scale: new DOMMatrix(getComputedStyle(shadowRoot!.querySelector(".picture")!).transform).a,
      divider: comparing ? 100 : comparePosition,
      handle: { x: left + width / 2, y: top + height / 2, width },
    };
  });
}

/** The divider follows by a short transition. */
function expectHandleAt(x: number): Promise<void> {
  return expect.poll(async () => Math.abs((await see()).handle.x - x)).toBeLessThan(1);
}

async function middle(): Promise<[number, number]> {
  const [left, top, right, bottom] = (await visit.box(page, "#picture"))!;
  return [(left! + right!) / 2, (top! + bottom!) / 2];
}

async function open(): Promise<void> {
  await visit.choose(page, "samples/nagasaki-1865.jpg");
  await visit.coloured(page, "nagasaki-1865.jpg");
}

it("wheel, drag and keys zoom and move the picture under the divider, whose handle still divides", async () => {
  await open();
  const [x, y] = await middle();
  const before = await see();
  await page.mouse.move(x + 100, y);
  await page.mouse.wheel({ deltaY: -300 });
  await expect.poll(async () => (await see()).scale).toBeCloseTo(Math.exp(0.6), 3);
  const zoomed = await see();
  await expectHandleAt(before.handle.x);
  expect(zoomed.handle.width).toBeCloseTo(before.handle.width, 0);

  await page.mouse.down();
  await page.mouse.move(x + 60, y, { steps: 3 });
  await page.mouse.up();
  const panned = await see();
  expect(panned.divider).toBeGreaterThan(zoomed.divider);
  await expectHandleAt(before.handle.x);

  await page.mouse.move(before.handle.x, panned.handle.y);
  await page.mouse.down();
  await page.mouse.move(before.handle.x + 120, panned.handle.y, { steps: 3 });
  await page.mouse.up();
  await expectHandleAt(before.handle.x + 120);

  await page.focus("#picture >>> .frame");
  await page.keyboard.press("0");
  expect((await see()).scale).toBe(1);
  await page.keyboard.press("1");
  // One pixel of the picture is one of the screen.
  const width = await page.$eval("#picture >>> .canvas", (canvas) => canvas.getBoundingClientRect().width);
  expect(width).toBeCloseTo(1024, 0);
  await page.keyboard.press("+");
  expect((await see()).scale).toBeGreaterThan(1.5);
  await page.click("#zoom-full");
  expect((await see()).scale).toBe(1);
  await page.mouse.click(x, y, { count: 2 });
  await expect.poll(async () => (await see()).scale).toBeGreaterThan(1.2);
});

it("two fingers zoom, and stay on what they touched", async () => {
  await page.setViewport({ width: 390, height: 844, hasTouch: true });
  await page.reload();
  await open();
  const [x, y] = await middle();
  const session = await page.createCDPSession();
  const touch = (type: "touchStart" | "touchMove" | "touchEnd", ...xs: number[]): Promise<void> =>
    session.send("Input.dispatchTouchEvent", { type, touchPoints: xs.map((at, id) => ({ x: at, y, id })) });
  await touch("touchStart", x - 20);
  await touch("touchStart", x - 20, x + 20);
  for (let i = 1; i <= 5; i++) await touch("touchMove", x - 20 - 4 * i, x + 20 + 4 * i);
  await touch("touchEnd");
  await expect.poll(async () => (await see()).scale).toBeCloseTo(2, 1);
});

it("the original shows while its button is held, by pointer and keyboard, and changes sides by a click of a screen reader", async () => {
  await open();
  await page.focus("#hold");
  await page.keyboard.down("Space");
  expect((await see()).divider).toBe(100);
  await page.keyboard.up("Space");
  expect((await see()).divider).toBe(35);
  const [left, top, right, bottom] = (await visit.box(page, "#hold"))!;
  await page.mouse.move((left! + right!) / 2, (top! + bottom!) / 2);
  await page.mouse.down();
  expect((await see()).divider).toBe(100);
  await page.mouse.up();
  expect((await see()).divider).toBe(35);
  for (const divider of [100, 35]) {
    await page.$eval("#hold", (button) => (button as HTMLButtonElement).click());
    expect((await see()).divider).toBe(divider);
  }
});

it("another working size is another run of the network, with the old colours until then, and can be undone", async () => {
  const facts = (): Promise<string> => page.$eval("#facts", (element) => element.textContent);
  expect(await visit.box(page, "#size")).toBeUndefined();
  await visit.choose(page, "samples/cat.jpg", "samples/coffee.jpg");
  await page.waitForFunction(() => document.querySelector("#count")!.textContent === "2 of 2 in colour");
  expect(await facts()).toMatch(OWN_SIZE);
  await page.select("#size", "128");
  await expect.poll(facts, { timeout: 30_000 }).toMatch(/ at 15\d × 10\d,/);
  await page.select("#size", "192");
  await expect.poll(facts, { timeout: 30_000 }).toMatch(/ at 23\d × 15\d,/);
  expect(await visit.box(page, "#progress")).toBeUndefined();
  await page.click("#undo");
  await expect.poll(facts, { timeout: 30_000 }).toMatch(/ at 15\d × 10\d,/);
  const size = (): Promise<string> => page.$eval("#size", (select) => (select as HTMLSelectElement).value);
  expect(await size()).toBe("128");
  // The steps are those of this size.
  await page.click("#profile summary");
  await page.waitForSelector("#layers .every", { timeout: 60_000 });
  await page.focus(".layer input");
  await page.keyboard.press("End");
  await expect
    .poll(() => page.$eval(".which", (text) => text.textContent))
    .toMatch(SHIPPED ? /: 244 channels of \d+ × \d+/ : /: 2 channels of 80 × 52/);

  // Another picture has its own, and this one keeps its size, also when it was changed just before.
  await page.evaluate(() => {
    const select = document.querySelector<HTMLSelectElement>("#size")!;
    select.value = "256";
    select.dispatchEvent(new Event("change"));
    document.querySelector<HTMLElement>("#strip li:last-child .open")!.click();
  });
  await visit.coloured(page, "coffee.jpg");
  expect(await size()).toBe("");
  await page.click("#strip li:first-child .open");
  await expect.poll(facts, { timeout: 30_000 }).toMatch(/^natural: 451 × 300 .* at 31\d × 20\d,/);
  expect(await size()).toBe("256");
  await page.select("#size", "");
  await expect.poll(facts, { timeout: 30_000 }).toMatch(OWN_SIZE);
}, 120_000);

it("settings are undone, redone and reset, and belong to their picture", async () => {
  const blueness = (): Promise<number> =>
    page.$eval("#picture >>> .canvas", (canvas) => {
      const { width, height } = canvas as HTMLCanvasElement;
      const { data } = (canvas as HTMLCanvasElement).getContext("2d")!.getImageData(0, 0, width, height);
      return data.reduce((sum, value, i) => sum + (i % 4 === 2 ? value : i % 4 === 0 ? -value : 0), 0) / data.length;
    });
  const slide = (id: string, value: string): Promise<void> =>
    page.$eval(
      id,
      (element, to) => {
        (element as HTMLInputElement).value = to;
        element.dispatchEvent(new Event("input"));
        element.dispatchEvent(new Event("change"));
      },
      value,
    );
  const warmth = (): Promise<string> => page.$eval("#warmth-value", (element) => element.textContent);
  await visit.choose(page, "samples/cat.jpg");
  await visit.coloured(page, "cat.jpg");
  const before = await blueness();
  await slide("#warmth", "-1");
  await expect.poll(blueness, { timeout: 30_000 }).toBeGreaterThan(before + 1);
  expect(await warmth()).toBe("-100");
  await page.click("#undo");
  await expect.poll(blueness, { timeout: 30_000 }).toBe(before);
  expect(await warmth()).toBe("0");
  await page.keyboard.down("Control");
  await page.keyboard.press("y");
  await page.keyboard.up("Control");
  await expect.poll(blueness, { timeout: 30_000 }).toBeGreaterThan(before + 1);

  await visit.choose(page, "samples/coffee.jpg");
  await visit.coloured(page, "coffee.jpg");
  expect(await warmth()).toBe("0");
  await page.click("#strip li:first-child .open");
  await visit.coloured(page, "cat.jpg");
  expect(await warmth()).toBe("-100");
  // The kept file shows the same colours, to JPEG's precision.
  expect(await blueness()).toBeGreaterThan(before + 1);
  await page.click("#reset");
  await expect.poll(blueness, { timeout: 60_000 }).toBe(before);
});
