/** The built element in a browser whose WebGPU is switched off: what `fallback` does, and what happens without it. */
import { resolve } from "node:path";
import { pathToFileURL } from "node:url";
import type { Browser, Page } from "puppeteer";
import { afterAll, beforeAll, beforeEach, expect, it } from "vitest";
import { importOnnxruntime } from "../../src/fallback/onnxruntime";
import { WasmColorizer } from "../../src/fallback/wasm-colorizer";
import type { ColorizeCanvas } from "../../src/element";
import { expectClose } from "../shared/expect-close";
import { built } from "../shared/built";
import { launchBrowser } from "../shared/launch";
import { serve, type Site } from "../shared/serve";
import { tinyModel, tinyReader } from "../shared/tiny-model";

/** WebGPU is switched off by the options of the browser; other browsers have no navigator.gpu at all. */
function removeWebGPU(): void {
  Object.defineProperty(navigator, "gpu", { value: undefined });
}

const PAGE = `<!doctype html><html lang="en"><title>fallback</title><link rel="icon" href="data:,">
<script type="module" src="/dist/element.js"></script><body></body></html>`;

/** Workers may not start under the second. */
const POLICIES = ["default-src 'self'; script-src 'self' 'wasm-unsafe-eval'", "worker-src 'none'"] as const;

let dist: string;
let sites: Site[];
let browser: Browser;
let page: Page;

beforeAll(async () => {
  dist = await built("dist");
  const tiny = Object.entries(tinyModel()).map(([path, bytes]) => [`/tiny/${path}`, bytes]);
  const files = { "/": PAGE, ...(Object.fromEntries(tiny) as Record<string, Uint8Array>) };
  const folders = {
    "/dist/": dist,
    "/models/": "models",
    "/samples/": "samples",
    // As beside node_modules/colorize-canvas.
    "/onnxruntime-web/": "node_modules/onnxruntime-web",
  };
  sites = await Promise.all(
    POLICIES.map((policy) => serve(files, folders, { "content-security-policy": `${policy}; img-src * data: blob:` })),
  );
  browser = await launchBrowser({ webgpu: false });
}, 240_000);

afterAll(async () => {
  await browser?.close();
  for (const site of sites ?? []) site.close();
});

async function open({ address }: Site): Promise<void> {
  await page?.close();
  page = await browser.newPage();
  await page.goto(address);
  await page.waitForFunction(() => customElements.get("colorize-canvas"));
}

beforeEach(() => open(sites[0]!));

interface Seen {
  readonly type: string;
  readonly message: string;
  readonly notes: readonly string[];
  /** How many pixels have a colour. */
  readonly coloured: number;
  readonly milliseconds: number;
}

/** Adds an element; resolves with its first event. */
function add(attributes: Record<string, string>): Promise<Seen> {
  return page.evaluate(async (given) => {
    const element = document.createElement("colorize-canvas");
    for (const [name, value] of Object.entries({ model: "/tiny/", src: "/samples/cat.jpg", ...given }))
      element.setAttribute(name, value);
    const start = performance.now();
    const type = await new Promise<string>((settle) => {
      for (const name of ["load", "error"]) element.addEventListener(name, () => settle(name), { once: true });
      document.body.append(element);
    });
    const data = element.result?.data ?? [];
    let coloured = 0;
    for (let i = 0; i < data.length; i += 4) coloured += Number(data[i] !== data[i + 1] || data[i] !== data[i + 2]);
    const notes = element.result?.notes ?? [];
    return { type, message: element.error?.message ?? "", notes, coloured, milliseconds: performance.now() - start };
  }, attributes);
}

function workers(): string[] {
  return page.workers().map((worker) => new URL(worker.url()).pathname);
}

it("has no device here", async () => {
  expect(await page.evaluate(async () => (await navigator.gpu?.requestAdapter()) ?? null)).toBe(null);
  expect(await add({})).toMatchObject({ type: "error", message: expect.stringMatching(/WebGPU/) as string });
});

it("colours in a worker of its own, as in Node", async () => {
  expect(await add({ fallback: "wasm" })).toMatchObject({
    type: "load",
    notes: [expect.stringMatching(/^computed by onnxruntime-web/) as string],
  });
  expect(workers()).toEqual(["/dist/wasm-worker.js"]);
  const [width, height] = [60, 40];
  const data = Array.from({ length: width * height * 4 }, (_, i) => (i % 4 === 3 ? 255 : ((i >> 2) * 37) % 251));
  const bytes = await page.evaluate(
    async (pixels, width, height) => {
      const element = document.querySelector("colorize-canvas") as ColorizeCanvas;
      element.source = { data: Uint8ClampedArray.from(pixels), width, height };
      return [...(await element.colorize()).data];
    },
    data,
    width,
    height,
  );
  const fallback = `${pathToFileURL(resolve("node_modules/onnxruntime-web/dist")).href}/`;
  const { env } = (await importOnnxruntime(fallback)) as unknown as { env: { wasm: { numThreads: number } } };
  env.wasm.numThreads = 1;
  const here = await WasmColorizer.load({ model: "tiny", read: tinyReader(), fallback });
  const result = await here.colorize({ data: Uint8ClampedArray.from(data), width, height });
  expectClose(Float32Array.from(bytes), Float32Array.from(result.data), { abs: 1 });
});

it.each(["natural", "inception-table"])(
  "colours by %s, and once more with another look",
  async (model) => {
    const seen = await add({ fallback: "wasm", model });
    expect(seen).toMatchObject({ type: "load", message: "" });
    expect(seen.coloured).toBeGreaterThan(1000);
    const grey = await page.evaluate(async () => {
      const { result } = document.querySelector("colorize-canvas") as ColorizeCanvas;
      return (await result!.withSaturation(0)).data
        .slice(0, 400)
        .every((v, i, all) => i % 4 === 3 || v === all[i - (i % 4)]);
    });
    expect(grey).toBe(true);
    console.log(`${model} by onnxruntime-web, with loading: ${seen.milliseconds.toFixed(0)} ms`);
  },
  300_000,
);

it("colours where the page has no navigator.gpu", async () => {
  await page.evaluate(removeWebGPU);
  expect(await add({ fallback: "wasm" })).toMatchObject({ type: "load", message: "" });
});

it("colours on the main thread where the page's policy forbids workers", async () => {
  await open(sites[1]!);
  expect(await add({ fallback: "/onnxruntime-web/dist" })).toMatchObject({ type: "load", message: "" });
  expect(workers()).toEqual([]);
});

it("says what to install where onnxruntime-web is not there", async () => {
  expect(await add({ fallback: "/nowhere/" })).toMatchObject({
    type: "error",
    message: expect.stringMatching(/nowhere\/ort\.wasm.*npm install onnxruntime-web/s) as string,
  });
  expect((await add({ fallback: "webgl" })).message).toMatch(/fallback: expected "wasm"/);
});
