/** The built demo page with colorizers that a visitor brings as ONNX files. */
import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import type { ElementHandle, Page } from "puppeteer";
import { afterAll, afterEach, beforeAll, beforeEach, expect, it } from "vitest";
import { buildModel, node } from "../../tools/onnx-writer";
import { PRESET_NAMES } from "../../src/weights/model/presets";
import { eccv16 } from "../shared/colorizers/zhang";
import * as visit from "./page-site";

let site: visit.PageSite;
let page: Page;
const file = (name: string): string => join(site.files, name);

beforeAll(async () => {
  site = await visit.startPageSite();
  writeFileSync(file("eccv16.onnx"), eccv16({ width: 0.05 }));
  const unknown = buildModel({
    inputs: [{ name: "pixels", shape: [1, 3, "h", "w"] }],
    outputs: [{ name: "mask", shape: [1, 3, "h", "w"] }],
    nodes: [node("Relu", ["pixels"], ["mask"])],
  });
  writeFileSync(file("unknown.onnx"), unknown);
  const text = Buffer.from(eccv16({ width: 0.05 })).toString("latin1");
  writeFileSync(file("renamed.onnx"), text.replaceAll("data_l", "pixels"), "latin1");
  writeFileSync(file("damaged.onnx"), "no model");
}, 240_000);

afterAll(() => site?.close());

beforeEach(async () => void (page = await site.open()));
afterEach(() => page.close());

const bring = async (name: string): Promise<void> =>
  ((await page.$("#model-file")) as ElementHandle<HTMLInputElement>).uploadFile(file(name));
const models = (): Promise<string[]> =>
  page.$$eval("#models input", (inputs) => inputs.map(({ value, checked }) => `${value}${checked ? " *" : ""}`));
const SHIPPED = ["natural *", "inception-table", "inception-strided"];

it("recognises a colorizer, offers it by name for this visit, and colours photographs by it", async () => {
  await bring("eccv16.onnx");
  await page.waitForSelector('#models input[value="eccv16.onnx"]:checked', { timeout: 60_000 });
  expect(await models()).toEqual(["natural", "inception-table", "inception-strided", "eccv16.onnx *"]);
  const label = await page.$eval("#models label:last-of-type", (element) => element.textContent);
  expect(label).toMatch(/eccv16\.onnx.*MB, your file.*Zhang et al\. 2016/);
  expect(await visit.message(page)).toBe("“eccv16.onnx” is ready. Choose a photograph.");
  for (const width of [1280, 360]) {
    await page.setViewport({ width, height: 800 });
    await visit.screenshot(page, `own-model-${width}`);
  }
  await visit.choose(page, "samples/cat.jpg");
  await visit.coloured(page, "cat.jpg");
  expect(await page.$eval("#facts", (element) => element.textContent)).toMatch(/^eccv16\.onnx: /);
  await visit.screenshot(page, "own-model-picture");

  await bring("eccv16.onnx"); // the same file once more
  await page.waitForFunction(() => (document.querySelector("#model-file") as HTMLInputElement).value === "");
  expect(await models()).toHaveLength(4);

  await page.reload();
  await page.waitForSelector("#models label");
  expect(await models()).toEqual(SHIPPED);
}, 180_000);

it("takes a model and a photograph that come together", async () => {
  await visit.choose(page, file("eccv16.onnx"), "samples/cat.jpg");
  await visit.coloured(page, "cat.jpg");
  expect(await page.$eval("#facts", (element) => element.textContent)).toMatch(/^eccv16\.onnx: /);
}, 180_000);

it("asks which colorizer a file is that has other names, and takes it as that", async () => {
  await bring("renamed.onnx");
  await page.waitForSelector("#message:not([hidden])", { timeout: 60_000 });
  await page.click("#message-action");
  const presets = await page.$$eval("#preset-dialog input", (inputs) => inputs.map(({ value }) => value));
  expect(presets.toSorted()).toEqual([...PRESET_NAMES].toSorted());
  expect(await page.$eval("#preset-dialog .file", ({ textContent }) => textContent)).toBe("renamed.onnx");
  for (const width of [1280, 360]) {
    await page.setViewport({ width, height: 800 });
    await visit.screenshot(page, `preset-${width}`);
  }

  await page.click('#preset-dialog button[value="cancel"]');
  expect(await models()).toEqual(SHIPPED);
  await bring("renamed.onnx");
  await page.waitForSelector("#message:not([hidden])");
  await page.click("#message-action");
  await page.click('#preset-dialog input[value="siggraph17"]'); // wrong: it has one input
  await page.click('#preset-dialog button[value="open"]');
  await page.waitForFunction(() => /the preset siggraph17/.test(document.querySelector("#message .text")!.textContent));
  expect(await models()).toEqual(SHIPPED);
  await page.click("#message-action");
  await page.click('#preset-dialog input[value="eccv16"]');
  await page.click('#preset-dialog button[value="open"]');
  await page.waitForSelector('#models input[value="renamed.onnx"]:checked', { timeout: 60_000 });
  await visit.choose(page, "samples/cat.jpg");
  await visit.coloured(page, "cat.jpg");
  expect(await page.$eval("#facts", (element) => element.textContent)).toMatch(/^renamed\.onnx: /);
}, 180_000);

it.each([
  [
    "unknown.onnx",
    /is no colorizer that this page knows\. It expects .*eccv16: data_l \[1, 1, H, W\] -> color_ab \[1, 2, H, W\]/,
  ],
  ["damaged.onnx", /is damaged, or not an ONNX file/],
])(
  "says of %s why it cannot be used, and changes nothing",
  async (name, words) => {
    await bring(name);
    await page.waitForSelector("#message:not([hidden])", { timeout: 60_000 });
    expect(await visit.message(page)).toMatch(words);
    expect(await models()).toEqual(SHIPPED);
    await page.setViewport({ width: 360, height: 800 });
    await visit.screenshot(page, `${name}-360`);
  },
  120_000,
);

it("colours by inception-strided, whose embedder lies in the folder of another model", async () => {
  // The tiny inception-table's embedder, where the manifest that ships says.
  const parse = (json: Uint8Array) =>
    JSON.parse(Buffer.from(json).toString()) as { files: Record<string, { path: string }> };
  const shipped = parse(readFileSync("models/inception-strided/model.json"));
  const tiny = site.models["inception-table"]!;
  const manifest = parse(tiny["model.json"]!);
  manifest.files.embedder!.path = shipped.files.embedder!.path;
  site.models["inception-strided"] = {
    "model.json": Buffer.from(JSON.stringify(manifest)),
    "colorizer.onnx": tiny["colorizer.onnx"]!,
  };
  await page.click('#models [value="inception-strided"]');
  await visit.choose(page, "samples/cat.jpg");
  await visit.coloured(page, "cat.jpg");
  expect(await page.$eval("#facts", (element) => element.textContent)).toMatch(/^inception-strided: 451 × 300/);
  const loaded = site.requests.filter((path) => path.endsWith(".onnx")).map((path) => path.replace("/models/", ""));
  expect(loaded).toEqual(expect.arrayContaining(["inception-strided/colorizer.onnx", "inception-table/embedder.onnx"]));
  await visit.screenshot(page, "strided");
}, 120_000);
