/** The built demo page with the shipped model on a real photograph. */
import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { Browser, Page } from "puppeteer";
import sharp from "sharp";
import { afterAll, beforeAll, expect, it } from "vitest";
import { built } from "../shared/built";
import { launchBrowser } from "../shared/launch";
import { saveAs } from "./page-site";
import { pixelFacts } from "./pixels";
import { serve, type Site } from "../shared/serve";

/** Of the model that the page chooses. */
const NETWORKS = ["colorizer"];

let site: Site;
let browser: Browser;
let page: Page;
const complaints: string[] = [];
const downloads = mkdtempSync(join(tmpdir(), "colorize-saved-"));

beforeAll(async () => {
  const folder = await built("demo");
  const index = readFileSync(join(folder, "index.html"));
  // Served from a folder of the site, to check that all addresses are relative.
  site = await serve({ "/page/": index }, { "/page/": folder });
  browser = await launchBrowser();
  page = await browser.newPage();
  page.on("pageerror", (error) => complaints.push(String(error)));
  page.on("console", (message) => void (message.type() === "error" && complaints.push(message.text())));
  const session = await page.createCDPSession();
  await session.send("Browser.setDownloadBehavior", { behavior: "allow", downloadPath: downloads });
  await page.setViewport({ width: 1100, height: 900 });
  await page.goto(`${site.address}/page/`);
}, 240_000);

afterAll(async () => {
  await browser?.close();
  site?.close();
  rmSync(downloads, { recursive: true, force: true });
});

/** Saves a screenshot into the folder SCREENSHOTS, for visual inspection; tests read pixels back instead. */
async function screenshot(name: string): Promise<void> {
  const folder = process.env["SCREENSHOTS"];
  if (!folder) return;
  mkdirSync(folder, { recursive: true });
  await page.screenshot({ path: join(folder, `${name}.png`) as `${string}.png`, fullPage: true });
}

/** Waits for the photograph's own colours and reads both sides at full size. */
async function compared(): Promise<{ actual: Buffer; original: Buffer; width: number; height: number }> {
  await page.waitForSelector('.picture > img[alt$=", in colour"]', { timeout: 240_000 });
  const canvas = await page.waitForSelector(".picture >>> canvas.canvas:not([hidden])");
  const read = await canvas!.evaluate((element) => {
    const base64 = (bytes: Uint8ClampedArray): string => {
      let text = "";
      for (let i = 0; i < bytes.length; i += 8192) text += String.fromCharCode(...bytes.subarray(i, i + 8192));
      return btoa(text);
    };
    const coloured = element as HTMLCanvasElement;
    const { width, height } = coloured;
    const image = document.querySelector<HTMLImageElement>(".picture > img")!;
    const context = new OffscreenCanvas(width, height).getContext("2d")!;
    context.drawImage(image, 0, 0);
    const actual = base64(coloured.getContext("2d")!.getImageData(0, 0, width, height).data);
    return { actual, original: base64(context.getImageData(0, 0, width, height).data), width, height };
  });
  return { ...read, actual: Buffer.from(read.actual, "base64"), original: Buffer.from(read.original, "base64") };
}

it("colours a sample", async () => {
  await page.waitForSelector("#samples img");
  await screenshot("welcome");
  await page.click('[data-sample="coffee.jpg"]');
  await page.waitForSelector("#progress:not([hidden])");
  await screenshot("progress");
  // A first picture at half the size, while the photograph's own colours are still to come.
  await page.waitForSelector(".picture:not(.waiting)", { timeout: 240_000 });
  expect(await page.$eval("#facts", (element) => element.textContent)).toBe("");
  await page.waitForSelector("#progress:not([hidden])");
  await screenshot("first");
  const { actual, original, width, height } = await compared();
  expect([width, height]).toEqual([600, 400]);
  const facts = pixelFacts(actual, original);
  expect(facts.meanChroma).toBeGreaterThan(3);
  expect(facts.maxLuminanceError).toBeLessThan(1);
  expect(await page.$eval("#facts", (element) => element.textContent)).toMatch(/600 × 400 in .* on .*swiftshader/i);
  await screenshot("coloured");
}, 300_000);

it("changes saturation while the picture stays", async () => {
  const before = await compared();
  await page.$eval("#saturation", (element) => {
    (element as HTMLInputElement).value = "2";
    element.dispatchEvent(new Event("input"));
  });
  const chroma = (read: typeof before): number => pixelFacts(read.actual, read.original).meanChroma;
  await expect.poll(async () => chroma(await compared()), { timeout: 60_000 }).toBeGreaterThan(1.3 * chroma(before));
  expect(await page.$eval("#saturation-value", (element) => element.textContent)).toBe("200 %");
});

it("shows the time per layer on request", async () => {
  await page.click("#profile summary");
  await page.waitForSelector("#layers table", { timeout: 240_000 });
  const rows = await page.$$eval("#layers .every tbody tr", (found) =>
    found.map((row) => [...row.cells].map((c) => c.textContent)),
  );
  expect(new Set(rows.map(([network]) => network))).toEqual(new Set(NETWORKS));
  expect(rows.length).toBeGreaterThan(60);
  const shares = rows.map((row) => parseFloat(row.at(-1)!));
  expect(shares.reduce((sum, share) => sum + share, 0)).toBeCloseTo(100, -1);
  expect(await page.$$eval("#layers .strip span", (parts) => parts.length)).toBe(rows.length);
  // The drawing is high at both ends of the network and low in its middle.
  const heights = await page.$$eval("#layers .strip span", (parts) => parts.map((part) => part.clientHeight));
  const lowest = heights.indexOf(Math.min(...heights));
  const highest = (part: readonly number[]): number => Math.max(...part);
  expect(highest(heights.slice(0, lowest)) / heights[lowest]!).toBeGreaterThan(3);
  expect(highest(heights.slice(lowest)) / heights[lowest]!).toBeGreaterThan(3);
  const times = rows.map((row) => parseFloat(row[3]!));
  expect(times).toEqual(times.toSorted((a, b) => b - a));
  const kinds = await page.$$eval("#layers .kinds tbody tr", (found) =>
    found.map((row) => Number(row.cells[1]!.textContent)),
  );
  expect(kinds.reduce((sum, count) => sum + count, 0)).toBe(rows.length);
  await screenshot("profile");
}, 300_000);

it("shows the channels of a layer that is chosen by keys or in the drawing", async () => {
  const layer = async (): Promise<string> => {
    await page.waitForFunction(() => /channels? of/.test(document.querySelector(".which")!.textContent), {
      timeout: 60_000,
    });
    return page.$eval(".which", (element) => element.textContent);
  };
  /** Size of the sheet of tiles, and how many greys it has. */
  const sheet = (): Promise<{ width: number; height: number; greys: number }> =>
    page.$eval(".tiles canvas", (element) => {
      const canvas = element as HTMLCanvasElement;
      const { width, height } = canvas;
      const { data } = canvas.getContext("2d")!.getImageData(0, 0, width, height);
      return { width, height, greys: new Set(data.filter((_, i) => i % 4 === 0)).size };
    });
  expect(await layer()).toMatch(/^conv1.*: 64 channels of \d+ × \d+ numbers/);
  expect((await sheet()).greys).toBe(256);
  await page.focus(".layer input");
  await page.keyboard.press("End");
  expect(await layer()).toMatch(/^scores.*: 244 channels of/);
  const { width, height, greys } = await sheet();
  expect(greys).toBe(256);
  await screenshot("layer");
  const widest = await page.$$eval(".strip span", (parts) => {
    const part = parts.reduce((most, other) => (other.clientWidth > most.clientWidth ? other : most));
    part.click();
    return parts.indexOf(part);
  });
  await layer();
  expect(await page.$eval(".layer output", (output) => output.textContent)).toMatch(new RegExp(`^${widest + 1} of `));
  expect(await sheet()).not.toMatchObject({ width, height });
  await page.click("#profile summary");
}, 120_000);

it("saves the picture at full size", async () => {
  await saveAs(page, "picture", "image/png");
  const saved = (): string | undefined => readdirSync(downloads).find((name) => name.endsWith("-colour.png"));
  await expect.poll(saved, { timeout: 30_000 }).toBeDefined();
  const { data } = await sharp(join(downloads, saved()!)).ensureAlpha().raw().toBuffer({ resolveWithObject: true });
  expect(data.equals((await compared()).actual)).toBe(true);
});

it("opens a file from disk, and reports one that is not a picture", async () => {
  const input = (await page.$("#file"))!;
  await (input as Awaited<ReturnType<typeof page.$<"input">>> & object).uploadFile("samples/LICENSES.md");
  await page.waitForSelector("#message:not([hidden])");
  expect(await page.$eval("#message", (element) => element.textContent)).toMatch(/LICENSES\.md.*not a picture/);
  expect(complaints.filter((text) => !text.includes("LICENSES.md"))).toEqual([]);
  await (input as Awaited<ReturnType<typeof page.$<"input">>> & object).uploadFile("samples/cat.jpg");
  await page.waitForFunction(
    () => document.querySelector(".picture")!.shadowRoot!.querySelector<HTMLCanvasElement>(".canvas")!.width === 451,
    {
      timeout: 240_000,
    },
  );
  expect(await page.$eval("#message", (element) => (element as HTMLElement).hidden)).toBe(true);
}, 300_000);

it("colours the picture by the other model", async () => {
  await page.click('#models [value="inception-table"]');
  await page.waitForFunction(() => document.querySelector("#facts")!.textContent.startsWith("inception-table: "), {
    timeout: 240_000,
  });
  const { actual, original } = await compared();
  expect(pixelFacts(actual, original).maxLuminanceError).toBeLessThan(1);
  expect(await page.$eval("#facts", (element) => element.textContent)).toMatch(/embedding .*, colours .*/);
  await screenshot("other-model");
}, 300_000);

it("fits a phone, and has a dark theme", async () => {
  await page.setViewport({ width: 360, height: 740 });
  await page.emulateMediaFeatures([{ name: "prefers-color-scheme", value: "dark" }]);
  const overflow = await page.evaluate(() => document.documentElement.scrollWidth - window.innerWidth);
  await screenshot("phone");
  expect(overflow).toBeLessThanOrEqual(0);
});
