/** The model's download in the built element: connections that break, files that are damaged on their way or on this device. */
import { extname, join } from "node:path";
import { readFileSync } from "node:fs";
import { gzipSync } from "node:zlib";
import type { Browser, Page } from "puppeteer";
import { afterAll, beforeAll, beforeEach, expect, it } from "vitest";
import type { ColorizeCanvas } from "../../src/element";
import { answer, type TestServer } from "../shared/answering-server";
import { browserModel } from "../shared/browser-model";
import { built } from "../shared/built";
import { launchBrowser } from "../shared/launch";

const PAGE = `<!doctype html><html lang="en"><title>downloads</title><link rel="icon" href="data:,">
<script type="module" src="/dist/element.js"></script><body></body></html>`;
const TYPES: Readonly<Record<string, string>> = {
  ".js": "text/javascript",
  ".jpg": "image/jpeg",
  ".html": "text/html",
};

/** With an embedder of 4 MB, or 57 where it is the model that ships. The mean embedding colours a first picture while it is loaded. */
const MODEL = browserModel("inception-table", { unused: 2 ** 20, mean: [0.9, -0.7, 0.8] });
const EMBEDDER = MODEL["embedder.onnx"]!;

/** What the server does to the embedder. */
interface Fault {
  /** Bytes after which the connection breaks. */
  readonly breaksAfter?: number;
  readonly damaged?: boolean;
}

let dist: string;
let server: TestServer;
let browser: Browser;
let page: Page;
let fault: Fault;
/** Where requests for the embedder began. */
let begins: number[];

beforeAll(async () => {
  dist = await built("dist");
  server = await answer((path, response, _, request) => {
    const name = path.slice("/tiny/".length);
    const bytes =
      path === "/"
        ? PAGE
        : path.startsWith("/tiny/")
          ? MODEL[name]!
          : readFileSync(path.startsWith("/dist/") ? join(dist, path.slice("/dist/".length)) : path.slice(1));
    const type = TYPES[extname(path) || ".html"] ?? "application/octet-stream";
    if (name !== "embedder.onnx") return response.writeHead(200, { "content-type": type }).end(bytes);
    const from = Number(/^bytes=(\d+)-$/.exec(request.headers.range ?? "")?.[1] ?? 0);
    begins.push(from);
    const rest = fault.damaged ? EMBEDDER.map((byte) => byte ^ 1).subarray(from) : EMBEDDER.subarray(from);
    response.writeHead(from > 0 ? 206 : 200, { "content-type": type, "content-length": rest.length });
    if (fault.breaksAfter === undefined) return response.end(rest);
    response.write(rest.subarray(0, fault.breaksAfter), () => setTimeout(() => response.destroy(), 200));
  });
  browser = await launchBrowser();
}, 240_000);

afterAll(async () => {
  await browser?.close();
  await server?.close();
});

/** A visit of a browser that keeps nothing of the last one but what is in its caches. */
async function visit(): Promise<void> {
  await page?.close();
  page = await browser.newPage();
  begins = [];
  await page.goto(server.url);
  await page.evaluate(() => customElements.whenDefined("colorize-canvas").then(() => undefined));
}

beforeEach(async () => {
  fault = {};
  await visit();
  await page.evaluate(async () => {
    for (const name of await caches.keys()) await caches.delete(name);
  });
});

/** Adds an element; resolves with "ready" or the error's code and message. */
function add(model = "/tiny/"): Promise<string> {
  return page.evaluate(async (address) => {
    const element = document.createElement("colorize-canvas");
    Object.assign(element, { model: address, src: "/samples/cat.jpg", controls: true });
    document.body.append(element);
    return element.colorize().then(
      () => element.state,
      ({ code, message }: ColorizeCanvas["error"] & object) => `${code}: ${message}`,
    );
  }, model);
}

it("goes on where the connection broke", async () => {
  fault = { breaksAfter: EMBEDDER.length - 1_000_000 };
  expect(await add()).toBe("ready");
  expect(begins).toEqual([0, EMBEDDER.length - 1_000_000]);
});

it("says that the connection broke, and goes on from there when it is tried again, and on the next visit", async () => {
  fault = { breaksAfter: 500_000 };
  expect(await add()).toMatch(
    /^download: .*embedder\.onnx: expected the whole file, received a broken connection .* Try again\.$/,
  );
  expect(begins).toEqual([0, 500_000, 1_000_000]);
  await page.click("colorize-canvas >>> [part=action]");
  await page.waitForFunction(() => document.querySelector("colorize-canvas")!.state === "error");
  expect(begins.slice(3)).toEqual([1_500_000, 2_000_000, 2_500_000]);
  fault = {};
  await visit();
  expect(await add()).toBe("ready");
  expect(begins).toEqual([3_000_000]);
  await visit();
  expect(await add()).toBe("ready");
  expect(begins, "from this device").toEqual([]);
});

it("takes no file that was damaged on its way, and takes the right one later", async () => {
  fault = { damaged: true };
  expect(await add()).toMatch(/^download: .*embedder\.onnx: expected SHA-256 [0-9a-f]{64}, received [0-9a-f]{64}\./);
  expect(begins).toEqual([0, 0]);
  fault = {};
  await page.click("colorize-canvas >>> [part=action]");
  await page.waitForFunction(() => document.querySelector("colorize-canvas")!.state === "ready", { timeout: 120_000 });
});

it("fetches a file again that was damaged on this device", async () => {
  expect(await add()).toBe("ready");
  const damaged = await page.evaluate(async () => {
    const cache = await caches.open((await caches.keys())[0]!);
    const request = (await cache.keys()).find(({ url }) => url.includes("embedder.onnx"))!;
    const bytes = new Uint8Array(await (await cache.match(request))!.arrayBuffer());
    bytes[1000]! ^= 1;
    await cache.put(request, new Response(bytes));
    return request.url;
  });
  expect(damaged).toContain("sha256");
  await visit();
  expect(await add()).toBe("ready");
  expect(begins).toEqual([0]);
});

it("takes files that another site sends compressed, which it cannot see", async () => {
  const other = await answer((path, response) => {
    const bytes = gzipSync(MODEL[path.slice(1)]!);
    response.writeHead(200, {
      "access-control-allow-origin": "*",
      "content-encoding": "gzip",
      "content-length": bytes.length,
    });
    response.end(bytes);
  });
  try {
    expect(await add(other.url)).toBe("ready");
  } finally {
    await other.close();
  }
});
