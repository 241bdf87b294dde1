/** The built demo page with a model that fails: the page frees what that has in memory, and keeps the colours that were there. */
import type { Page } from "puppeteer";
import { afterAll, afterEach, beforeAll, beforeEach, expect, it } from "vitest";
import { tinyModel } from "../shared/tiny-model";
import * as visit from "./page-site";

/** Of both failing models: the browser keeps it for an hour. */
const EMBEDDER = { unused: 1 };

let site: visit.PageSite;
let page: Page;
let calls: Awaited<ReturnType<typeof visit.callsOf>>;

beforeAll(async () => void (site = await visit.startPageSite()), 240_000);
afterAll(() => site?.close());
beforeEach(async () => {
  page = await site.open();
  calls = await visit.callsOf(page);
  await visit.choose(page, "samples/cat.jpg");
  await visit.coloured(page, "cat.jpg");
});
afterEach(async () => {
  Object.assign(site.disturbance, { missing: undefined, held: undefined });
  await page.evaluate(() => localStorage.clear());
  await page.close();
});

const chooseTable = (): Promise<void> => page.click('#models input[value="inception-table"]');

/** How often the page called its worker by this name. */
const called = async (name: string): Promise<number> => (await calls()).filter((one) => one.name === name).length;

/** The models that were loaded, and freed again. */
async function freed(): Promise<string[]> {
  const said = await calls();
  const ids = said.filter(({ name }) => name === "free").map(({ id }) => id);
  const loads = said.filter(({ name, id }) => name === "load" && ids.includes(id));
  return loads.map(({ arguments: args }) => /models\/([\w-]+)\//.exec(args!.model!)![1]!);
}

/** Waits until the page has given inception-table up, and it alone. Resolves with what it says. */
async function givenUp(): Promise<string> {
  await page.waitForSelector("#message:not([hidden])", { timeout: 60_000 });
  await expect.poll(freed, { timeout: 30_000 }).toEqual(["inception-table"]);
  expect(await page.$eval('#models input[value="natural"]', (input) => (input as HTMLInputElement).checked)).toBe(true);
  await visit.coloured(page, "cat.jpg");
  return visit.message(page);
}

it("frees a model whose download breaks when a first picture can be coloured, and loads it again when it is chosen again", async () => {
  site.models["inception-table"] = tinyModel({ ...EMBEDDER, mean: [0.9, -0.7, 0.8] });
  const names = /inception-table\/embedder/;
  let release!: () => void;
  site.disturbance.held = { names, release: new Promise((resolve) => (release = resolve)) };
  site.disturbance.missing = names;
  await chooseTable();
  await expect.poll(() => called("colorize"), { timeout: 60_000 }).toBe(2);
  release();
  expect(await givenUp()).toMatch(/^The networks could not be downloaded/);
  site.disturbance.missing = undefined;
  await chooseTable();
  const inColour = (): boolean => document.querySelector("#facts")!.textContent.startsWith("inception-table: ");
  await page.waitForFunction(inColour, { timeout: 120_000 });
}, 240_000);

it("frees a model that fails with the last photograph that waits for it", async () => {
  site.models["inception-table"] = tinyModel({ ...EMBEDDER, bias: [NaN, NaN] });
  await visit.choose(page, "samples/coffee.jpg");
  await visit.coloured(page, "coffee.jpg");
  let release!: () => void;
  site.disturbance.held = {
    names: /inception-table\/colorizer/,
    release: new Promise((resolve) => (release = resolve)),
  };
  await chooseTable();
  await expect.poll(() => called("load"), { timeout: 60_000 }).toBe(2);
  await page.click("#apply-to-all");
  release();
  await page.waitForSelector("#retry:not([hidden])", { timeout: 60_000 }); // one photograph failed
  await expect.poll(freed, { timeout: 30_000 }).toEqual(["inception-table"]);
  await visit.coloured(page, "coffee.jpg");
}, 240_000);
