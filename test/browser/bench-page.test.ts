/** The page of `npm run bench:page` in headless Chromium, with the smallest list of steps. */
import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { Browser, Page } from "puppeteer";
import { afterAll, beforeAll, expect, it } from "vitest";
import { buildPage } from "../../bench/page/build";
import type { Result } from "../../bench/results";
import type { PeerRow } from "../../bench/rows";
import { launchBrowser } from "../shared/launch";
import { serve, type Site } from "../shared/serve";

const PATIENCE = 600_000;
const folder = mkdtempSync(join(tmpdir(), "bench-page-"));
let site: Site;
let browser: Browser;

beforeAll(async () => {
  await buildPage(folder);
  site = await serve(
    { "/": readFileSync(join(folder, "index.html")), "/versions.json": readFileSync(join(folder, "versions.json")) },
    { "/assets/": join(folder, "assets"), "/ort/": join(folder, "ort") },
  );
  browser = await launchBrowser();
}, PATIENCE);

afterAll(async () => {
  await browser?.close();
  site?.close();
  rmSync(folder, { recursive: true, force: true });
});

async function open(query: string): Promise<{ page: Page; errors: string[] }> {
  const page = await browser.newPage();
  const errors: string[] = [];
  page.on("pageerror", (error) => errors.push(String(error)));
  await page.goto(`${site.address}/${query}`);
  await page.type("#card", "a card, driver 1.2");
  return { page, errors };
}

async function ended(page: Page): Promise<string> {
  await page.waitForFunction(() => /^(Done|Stopped)/.test(document.querySelector("#now")!.textContent), {
    timeout: PATIENCE,
  });
  return page.$eval("#now", (element) => element.textContent);
}

/** The file that "Save results" gives. */
async function saved(page: Page): Promise<Result> {
  const text = await page.evaluate(async () => {
    const made: Blob[] = [];
    const create = URL.createObjectURL;
    URL.createObjectURL = (blob: Blob) => (made.push(blob), create(blob));
    document.querySelector<HTMLButtonElement>("#save")!.click();
    return made[0]!.text();
  });
  return JSON.parse(text) as Result;
}

it(
  "measures all contenders, compares their outputs, draws them and saves a file",
  async () => {
    const { page, errors } = await open("?smallest&seconds=300");
    await page.click("#start");
    expect(await ended(page)).toMatch(/^Done/);
    expect(errors).toEqual([]);
    const result = await saved(page);
    expect(result.failures).toEqual([]);
    const peers = result.rows.filter((row): row is PeerRow => row.kind === "peer");
    const timed = peers.filter(({ wall }) => wall).map(({ contender }) => contender);
    expect(timed).toEqual([
      "onnxruntime-web wasm",
      "colorize-canvas f32",
      "naive kernel",
      "onnxruntime-web webgpu",
      "tfjs webgpu",
    ]);
    for (const { contender, difference } of peers) expect(difference, contender).toBeLessThan(1e-3);
    expect(result.rows.at(-1)).toMatchObject({ kind: "profile", repeats: 3 });
    expect(result.steps!.map(({ error }) => error)).toEqual([undefined, undefined]);
    expect(result.adapters.browser).toMatchObject({ driver: expect.stringContaining("a card, driver 1.2") as string });
    expect(result.facts.versions).toHaveProperty("onnxruntime-web");
    const drawn = await page.$$eval(".bars li", (items) => items.map((item) => item.firstChild!.textContent));
    expect(drawn.toSorted()).toEqual(timed.toSorted());
    for (const width of [320, 390, 1280]) {
      await page.setViewport({ width, height: 900 });
      expect(await page.evaluate(() => document.documentElement.scrollWidth), `at ${width} px`).toBe(width);
      for (const scheme of ["light", "dark"]) {
        await page.emulateMediaFeatures([{ name: "prefers-color-scheme", value: scheme }]);
        const shots = process.env["BENCH_PAGE_SHOTS"];
        if (shots) await page.screenshot({ path: join(shots, `${width}-${scheme}.png`), fullPage: true });
      }
    }
    await page.close();
  },
  PATIENCE,
);

it("says which steps there are when the address names an unknown one", async () => {
  const { page, errors } = await open("?only=peers,tunr");
  await page.click("#start");
  await page.waitForSelector("#problem:not([hidden])");
  expect(await page.$eval("#problem", (element) => element.textContent)).toMatch(/what the tuner wins.*received tunr/);
  expect(errors).toEqual([]);
  await page.close();
});

it(
  "keeps what was measured when it is stopped",
  async () => {
    const { page, errors } = await open("?smallest&seconds=300");
    await page.click("#start");
    await page.waitForFunction(() => document.querySelector('[data-state="running"]'), { timeout: PATIENCE });
    await page.click("#stop");
    expect(await ended(page)).toMatch(/^Stopped/);
    expect(errors).toEqual([]);
    const { rows, steps } = await saved(page);
    expect(rows[0]).toMatchObject({ kind: "device", where: "browser" });
    expect(steps!.map(({ error }) => error)).toContain("stopped");
    expect(await page.$eval("#start", (button) => (button as HTMLButtonElement).disabled)).toBe(false);
    await page.close();
  },
  PATIENCE,
);
