/** The built package in a page without a bundler, under a strict content security policy. */
import { readFileSync } from "node:fs";
import { createServer, type Server } from "node:http";
import type { AddressInfo } from "node:net";
import { basename, extname, join } from "node:path";
import type { Browser, Page } from "puppeteer";
import { afterAll, beforeAll, expect, it } from "vitest";
import type * as Entry from "../../src/index";
import { tinyModel } from "../shared/tiny-model";
import { pageFiles } from "../../tools/bundle-size";
import { built } from "../shared/built";
import { launchBrowser } from "../shared/launch";

const PAGE = `<!doctype html><html lang="en"><title>package</title><script type="module" src="/dist/element.js"></script><script type="module" src="/page.js"></script>`;
/** A dynamic import inside page.evaluate() would be rewritten by the test runner. */
const SCRIPT = `import * as entry from "/dist/index.js"; globalThis.entry = entry;`;
const TYPES: Record<string, string> = { ".js": "text/javascript", ".html": "text/html", ".json": "application/json" };

let dist: string;
let server: Server;
let address: string;
let browser: Browser;
let page: Page;
const complaints: string[] = [];
/** Names of the files of dist that the page asked for. */
const asked = new Set<string>();

beforeAll(async () => {
  dist = await built("dist");
  // Large enough for a worker to hash it.
  const model = tinyModel({ unused: 2 ** 20 });
  server = createServer((request, response) => {
    const path = new URL(request.url!, "http://localhost").pathname;
    const own: Record<string, string> = { "/": PAGE, "/page.js": SCRIPT };
    const bytes = own[path] ?? model[path.replace(/^\/models\/(inception-table|natural)\//, "")] ?? distFile(path);
    response.writeHead(bytes === undefined ? 404 : 200, {
      "content-type": TYPES[extname(path) || ".html"] ?? "application/octet-stream",
      "content-security-policy": "default-src 'self'; img-src 'self' blob: data:; style-src 'self' 'unsafe-inline'",
    });
    response.end(bytes);
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  address = `http://localhost:${(server.address() as AddressInfo).port}`;
  browser = await launchBrowser();
  page = await browser.newPage();
  page.on("pageerror", (error) => complaints.push(String(error)));
  page.on("console", (message) => {
    if (message.type() === "error" && !message.location().url?.endsWith("favicon.ico")) complaints.push(message.text());
  });
  // Large files are hashed by a worker, or the model does not load.
  await page.evaluateOnNewDocument(() => {
    const digest = crypto.subtle.digest.bind(crypto.subtle);
    crypto.subtle.digest = (algorithm, data) =>
      data.byteLength < 2 ** 21 ? digest(algorithm, data) : Promise.reject(new Error("hashed by the page"));
  });
  await page.goto(address);
}, 180_000);

afterAll(async () => {
  await browser?.close();
  server?.close();
});

function distFile(path: string): Buffer | undefined {
  if (!path.startsWith("/dist/")) return undefined;
  asked.add(basename(path));
  try {
    return readFileSync(join(dist, path.slice("/dist/".length)));
  } catch {
    return undefined;
  }
}

it("defines the element", async () => {
  const defined = await page.evaluate(() =>
    customElements.whenDefined("colorize-canvas").then(() => customElements.get("colorize-canvas")?.name ?? ""),
  );
  expect(defined).not.toBe("");
});

it("colours pixels with the model beside dist", async () => {
  const result = await page.evaluate(async () => {
    const { Colorizer } = (globalThis as unknown as { entry: typeof Entry }).entry;
    // As the element does, which looks for earlier measurements, but for measuring when the page is idle.
    const colorizer = await Colorizer.load({ tune: { milliseconds: 0 } });
    const data = new Uint8ClampedArray(24 * 16 * 4).fill(128);
    for (let i = 3; i < data.length; i += 4) data[i] = 255;
    const coloured = await colorizer.colorize({ data, width: 24, height: 16 });
    const blob = await coloured.blob();
    colorizer.dispose();
    return { pixel: [...coloured.data.slice(0, 4)], width: coloured.width, type: blob.type };
  });
  expect(result).toMatchObject({ width: 24, type: "image/png" });
  const [r, g, b, a] = result.pixel;
  expect(a).toBe(255);
  expect(Math.max(r!, g!, b!) - Math.min(r!, g!, b!), "it has a colour").toBeGreaterThan(8);
});

it("asked for the files that tools/bundle-size.ts counts, and no more", async () => {
  const seen = await page.evaluate(async () => {
    const element = document.createElement("colorize-canvas");
    const canvas = document.createElement("canvas");
    element.src = canvas.toDataURL();
    document.body.append(element);
    return new Promise<string>((resolve) => {
      for (const type of ["load", "error"]) element.addEventListener(type, () => resolve(type));
    });
  });
  expect(seen).toBe("load");
  const counted = pageFiles(["index.js", "element.js"].map((name) => join(dist, name))).map((path) => basename(path));
  expect([...asked].sort()).toEqual(counted.sort());
});

it("finds the models by their names, and says which there are", async () => {
  const read = await page.evaluate(async () => {
    const { Colorizer } = (globalThis as unknown as { entry: typeof Entry }).entry;
    (await Colorizer.load({ model: "natural" })).dispose();
    const addresses = performance.getEntriesByType("resource").map(({ name }) => new URL(name).pathname);
    const problem = await Colorizer.load({ model: "naturl" }).then(String, String);
    return { found: addresses.includes("/models/natural/model.json"), problem };
  });
  expect(read.found).toBe(true);
  expect(read.problem).toContain('expected inception-table, natural or inception-strided, received "naturl"');
});

it("remembers in IndexedDB what it measured", async () => {
  const [first, second] = await page.evaluate(async () => {
    const { Colorizer } = (globalThis as unknown as { entry: typeof Entry }).entry;
    const measure = async (): Promise<{ rows: number; measured: number; choices: number }> => {
      const colorizer = await Colorizer.load({ tune: { milliseconds: 0 } });
      // The way that rules choose on this driver, so that nothing more is compiled.
      const admit = (choice: string): boolean => choice === "direct/8";
      const report = await colorizer.tune({ milliseconds: 60_000, admit });
      colorizer.dispose();
      const results = report.rows.flatMap((row) => row.results);
      return {
        rows: report.rows.length,
        measured: results.filter(({ problem }) => problem === undefined).length,
        choices: report.shapes.length,
      };
    };
    return [await measure(), await measure()];
  });
  expect(first!.rows).toBeGreaterThan(0);
  expect(first!.measured).toBe(first!.rows);
  expect(second).toEqual({ rows: 0, measured: 0, choices: first!.choices });
});

it("keeps every transparency of a canvas and a file, and takes no zeros for a picture of them", async () => {
  const { results, withoutDispatches, withoutSubmits } = await page.evaluate(async () => {
    const { Colorizer } = (globalThis as unknown as { entry: typeof Entry }).entry;
    const colorizer = await Colorizer.load({ tune: false });
    const canvas = new OffscreenCanvas(256, 8);
    const context = canvas.getContext("2d")!;
    const pixels = context.createImageData(256, 8);
    for (let i = 0; i < pixels.data.length; i += 4) pixels.data.set([200, 90, 40, (i / 4) % 256], i);
    context.putImageData(pixels, 0, 0);
    const clear = new OffscreenCanvas(16, 16);
    clear.getContext("2d");
    const sources = {
      pixels,
      canvas,
      file: await canvas.convertToBlob(),
      bitmap: await createImageBitmap(canvas),
      clear,
    };
    const results: Record<string, boolean> = {};
    for (const [name, source] of Object.entries(sources)) {
      const { data } = await colorizer.colorize(source);
      results[name] = data.every((value, i) => i % 4 < 3 || value === (source === clear ? 0 : ((i - 3) / 4) % 256));
    }
    const result = await colorizer.colorize(canvas);
    const passes = GPUComputePassEncoder.prototype;
    const { dispatchWorkgroups } = passes;
    passes.dispatchWorkgroups = () => undefined;
    const withoutDispatches = await result.withSaturation(2).then(String, String);
    passes.dispatchWorkgroups = dispatchWorkgroups;
    colorizer.device.queue.submit = () => undefined;
    const withoutSubmits = await result.withSaturation(2).then(String, String);
    colorizer.dispose();
    return { results, withoutDispatches, withoutSubmits };
  });
  expect(results).toEqual({ pixels: true, canvas: true, file: true, bitmap: true, clear: true });
  expect(withoutDispatches).toMatch(/expected the transparency of the picture/);
  expect(withoutSubmits).toMatch(/received \d+ submits? without effect/);
});

it("breaks no rule of the page's content security policy", () => {
  expect(complaints).toEqual([]);
});
