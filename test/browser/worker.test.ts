/** The built package's worker: what it leaves to the page's main thread, what crosses, and what happens without it. */
import { readFileSync } from "node:fs";
import { join } from "node:path";
import type { Browser, Page } from "puppeteer";
import { afterAll, beforeAll, beforeEach, describe, expect, it, vi } from "vitest";
import type * as Entry from "../../src/index";
import { tinyModel } from "../shared/tiny-model";
import { built } from "../shared/built";
import { launchBrowser } from "../shared/launch";
import { mainThreadTasks } from "../shared/main-thread";
import { serve, type Site } from "../shared/serve";

const PAGE = `<!doctype html><html lang="en"><title>worker</title><link rel="icon" href="data:,">
<script type="module" src="/page.js"></script><body></body></html>`;
const SCRIPT = `import "/dist/element.js"; import * as entry from "/dist/index.js"; globalThis.entry = entry;`;

/** Milliseconds of a task that browsers call long. */
const LONG = 50;

let dist: string;
let files: Record<string, string | Uint8Array>;
let site: Site;
/** Its policy forbids workers. */
let withoutWorkers: Site;
let browser: Browser;
let page: Page;

beforeAll(async () => {
  dist = await built("dist");
  const tiny = Object.entries(tinyModel()).map(([path, bytes]) => [`/tiny/${path}`, bytes]);
  files = { "/": PAGE, "/page.js": SCRIPT, ...(Object.fromEntries(tiny) as Record<string, Uint8Array>) };
  const folders = { "/dist/": dist, "/models/": "models", "/samples/": "samples" };
  site = await serve(files, folders);
  withoutWorkers = await serve(files, folders, { "content-security-policy": "worker-src 'none'" });
  browser = await launchBrowser();
}, 240_000);

afterAll(async () => {
  await browser?.close();
  site?.close();
  withoutWorkers?.close();
});

/** Timers of this many milliseconds, PATIENCE of shared-colorizer.ts, wait in pages for elapse(). */
const PATIENCE = 10_000;

async function open({ address }: Site): Promise<void> {
  await page?.close();
  page = await browser.newPage();
  await page.evaluateOnNewDocument((patience) => {
    const { setTimeout, clearTimeout } = globalThis;
    const held = new Map<number, () => void>();
    let next = -1;
    Object.assign(globalThis, {
      held,
      setTimeout: (work: () => void, delay?: number, ...rest: unknown[]) => {
        if (delay !== patience) return setTimeout(work, delay, ...rest);
        held.set(next, work);
        return next--;
      },
      clearTimeout: (id: number) => void (held.delete(id) || clearTimeout(id)),
    });
  }, PATIENCE);
  await page.goto(address);
  await page.waitForFunction("globalThis.entry");
}

beforeEach(() => open(site));

/** Names of the page's workers' files. */
function workers(): string[] {
  return page.workers().map((worker) => new URL(worker.url()).pathname);
}

const WORKER = ["/dist/colorize-worker.js"];

/** Lets the time pass that PATIENCE is. Returns how many timers waited for that. */
function elapse(): Promise<number> {
  return page.evaluate(() => {
    const { held } = globalThis as unknown as { held: Map<number, () => void> };
    const due = [...held.values()];
    held.clear();
    for (const work of due) work();
    return due.length;
  });
}

/** Adds an element, with the tiny model; resolves with its first event's name and, for an error, its message. */
function add(attributes: Record<string, string> = { model: "/tiny/", src: "/samples/cat.jpg" }): Promise<string> {
  return page.evaluate(async (given) => {
    const element = document.createElement("colorize-canvas");
    for (const [name, value] of Object.entries(given)) element.setAttribute(name, value);
    document.body.append(element);
    return new Promise<string>((resolve) => {
      element.addEventListener("load", () => resolve("load"));
      element.addEventListener("error", ({ detail }) => resolve(`error ${detail.message}`));
    });
  }, attributes);
}

// Chromium's own tasks are longer on a busy processor.
it(
  "leaves the main thread no task of more than 50 ms while the shipped model colours",
  { timeout: 300_000, retry: 2 },
  async () => {
    const tasks = await mainThreadTasks(page, async () => {
      expect(await add({ src: "/samples/cat.jpg" })).toBe("load");
      // A task that must be seen, or the measurement sees none.
      await page.evaluate(() => {
        for (const start = performance.now(); performance.now() - start < 2000;);
      });
    });
    const [control, ...others] = tasks.filter((milliseconds) => milliseconds > LONG);
    expect(control).toBeGreaterThan(LONG);
    // A task of the thread may be inside another event of the trace with the same name.
    expect(others.filter((milliseconds) => Math.abs(milliseconds - control!) > 1)).toEqual([]);
  },
);

it("shows a first picture before the embedder is there, then the picture", async () => {
  const model = tinyModel({ mean: [0.9, -0.7, 0.8] });
  let arrive!: () => void;
  const embedder = new Promise<Uint8Array>((resolve) => (arrive = () => resolve(model["embedder.onnx"]!)));
  const rest = Object.entries(model).map(([path, bytes]): [string, Uint8Array] => [`/early/${path}`, bytes]);
  const early = await serve(
    { ...Object.fromEntries(rest), "/early/embedder.onnx": embedder, "/": PAGE, "/page.js": SCRIPT },
    { "/dist/": dist, "/samples/": "samples" },
  );
  try {
    await open(early);
    await page.evaluate(async () => {
      const element = document.createElement("colorize-canvas");
      element.model = "/early/";
      element.src = "/samples/cat.jpg";
      document.body.append(element);
      await new Promise((resolve) => element.addEventListener("preview", resolve, { once: true }));
    });
    const look = (): Promise<{ state: string; pixel: number[]; opacity: boolean; result: boolean }> =>
      page.evaluate(() => {
        const { shadowRoot, state, result } = document.querySelector("colorize-canvas")!;
        const canvas = shadowRoot!.querySelector<HTMLCanvasElement>("[part=canvas]")!;
        const pixel = [...canvas.getContext("2d")!.getImageData(200, 150, 1, 1).data];
        return { state, pixel, opacity: canvas.checkVisibility(), result: result !== null };
      });
    const first = await look();
    expect(first).toMatchObject({ state: "loading", opacity: true, result: true });
    arrive();
    await page.waitForFunction(() => document.querySelector("colorize-canvas")!.state === "ready");
    const last = await look();
    expect(last).toMatchObject({ state: "ready", opacity: true });
    expect(last.pixel).not.toEqual(first.pixel);
  } finally {
    early.close();
  }
});

describe("one worker for all elements of a page", () => {
  it("has one device and one copy of the model for two elements, and is replaced where it fails", async () => {
    const script = readFileSync(join(dist, "colorize-worker.js"), "utf8");
    const count = `
      const { requestDevice } = GPUAdapter.prototype;
      globalThis.devices = 0;
      GPUAdapter.prototype.requestDevice = function (...args) { devices++; return requestDevice.apply(this, args); };`;
    const counting = await serve(
      { ...files, "/dist/colorize-worker.js": script + count },
      { "/dist/": dist, "/samples/": "samples" },
    );
    try {
      await open(counting);
      expect(await Promise.all([add(), add()])).toEqual(["load", "load"]);
      expect(workers()).toEqual(WORKER);
      const seen = await page.workers()[0]!.evaluate(() => {
        const { devices } = globalThis as unknown as { devices: number };
        const addresses = performance.getEntriesByType("resource").map(({ name }) => new URL(name).pathname);
        const model = addresses.filter((path) => path.startsWith("/tiny/")).sort();
        return { devices, model };
      });
      expect(seen).toEqual({ devices: 1, model: ["/tiny/colorizer.onnx", "/tiny/embedder.onnx", "/tiny/model.json"] });

      await page.workers()[0]!.evaluate(
        () =>
          void setTimeout(() => {
            throw new Error("a fault of the test");
          }),
      );
      await expect.poll(workers).toEqual([]);
      const after = await page.evaluate(async () => {
        const [first, second] = document.querySelectorAll("colorize-canvas");
        const failed = new Promise((resolve) => first!.addEventListener("error", resolve));
        first!.saturation = 0.5; // of a result that is gone with the worker
        await failed;
        const { code } = first!.error!;
        await first!.colorize(); // as "Try again"
        second!.size = 32;
        await second!.colorize();
        return [code, first!.state, second!.state];
      });
      expect(after).toEqual(["device", "ready", "ready"]);
      expect(workers()).toEqual(WORKER);
    } finally {
      counting.close();
    }
  });

  it("ends some time after an element that never was in the page was forgotten", async () => {
    await page.evaluate(async () => {
      const element = document.createElement("colorize-canvas");
      Object.assign(element, { model: "/tiny/", src: "/samples/cat.jpg" });
      await element.colorize();
    });
    expect(workers()).toEqual(WORKER);
    const session = await page.createCDPSession();
    await vi.waitFor(
      async () => {
        await session.send("HeapProfiler.collectGarbage");
        await elapse();
        expect(workers()).toEqual([]);
      },
      { timeout: 60_000, interval: 100 },
    );
  });

  it("ends some time after the last element has left, and starts again for the next", async () => {
    expect([await add(), await add()]).toEqual(["load", "load"]);
    expect(workers()).toEqual(WORKER);
    await page.evaluate(() => document.querySelector("colorize-canvas")!.remove());
    expect(await elapse(), "with one element left").toBe(0);
    expect(workers(), "with one element left").toEqual(WORKER);
    const left = await page.evaluate(async () => {
      const element = document.querySelector("colorize-canvas")!;
      element.remove();
      await Promise.resolve();
      const { width } = element.shadowRoot!.querySelector<HTMLCanvasElement>("[part=canvas]")!;
      return { state: element.state, result: element.result, width };
    });
    expect(left).toEqual({ state: "idle", result: null, width: 0 });
    expect(workers(), "at once").toEqual(WORKER);
    expect(await elapse()).toBe(1);
    await expect.poll(workers, { message: "without elements" }).toEqual([]);
    expect(await add()).toBe("load");
    expect(workers()).toEqual(WORKER);
  });

  it("goes on when an element comes back in time", async () => {
    expect(await add()).toBe("load");
    await page.evaluate(() => document.querySelector("colorize-canvas")!.remove());
    expect(await add()).toBe("load");
    expect(await elapse()).toBe(0);
    expect(workers()).toEqual(WORKER);
  });
});

it("colours on the main thread where the page's policy forbids workers", async () => {
  await open(withoutWorkers);
  expect(await add()).toBe("load");
  expect(workers()).toEqual([]);
});

it("colours on the main thread where the worker has no WebGPU", async () => {
  await page.evaluate(() => {
    const Original = Worker;
    globalThis.Worker = class extends Original {
      constructor(url: string | URL, options?: WorkerOptions) {
        if (!String(url).includes("colorize-worker")) return new Original(url, options) as never;
        super(URL.createObjectURL(new Blob(["postMessage({ able: false })"])));
      }
    };
  });
  expect(await add()).toBe("load");
});

describe("loadColorizer()", () => {
  it("takes every kind of picture, and leaves it to the caller", async () => {
    const seen = await page.evaluate(async () => {
      const { loadColorizer } = (globalThis as unknown as { entry: typeof Entry }).entry;
      const colorizer = await loadColorizer({ model: "/tiny/" });
      const canvas = new OffscreenCanvas(24, 16);
      const context = canvas.getContext("2d")!;
      const pixels = context.createImageData(24, 16);
      for (let i = 0; i < pixels.data.length; i++) pixels.data[i] = i % 4 === 3 ? 255 : (i * 7) % 200;
      context.putImageData(pixels, 0, 0);
      const image = new Image();
      const file = await canvas.convertToBlob();
      image.src = URL.createObjectURL(file);
      await image.decode();
      // A view of a larger buffer.
      const view = new Uint8Array(pixels.data.length + 64).subarray(64);
      view.set(pixels.data);
      const bitmap = await createImageBitmap(canvas);
      const frame = new VideoFrame(canvas, { timestamp: 0 });
      const sources = { pixels, raw: { data: view, width: 24, height: 16 }, canvas, file, image, bitmap, frame };
      const differences: Record<string, number> = {};
      const { data } = await colorizer.colorize(pixels);
      for (const [name, source] of Object.entries(sources)) {
        const other = await colorizer.colorize(source);
        differences[name] = Math.max(...data.map((value, i) => Math.abs(value - other.data[i]!)));
      }
      const kept = [view.length, bitmap.width, frame.displayWidth, pixels.data.length, image.naturalWidth];
      const { name } = colorizer.manifest;
      const profile = await colorizer.profile({ width: 24, height: 16 });
      const { output } = profile.colorizer.rows.at(-1)!;
      const layer = await colorizer.activations(pixels, { network: "colorizer", output });
      colorizer.dispose();
      return { differences, kept, name, rows: profile.colorizer.rows.length > 0, channels: layer.channels };
    });
    // A video frame may hold another colour format.
    const { frame, ...others } = seen.differences;
    expect(others).toEqual({ pixels: 0, raw: 0, canvas: 0, file: 0, image: 0, bitmap: 0 });
    expect(frame).toBeLessThan(8);
    expect(seen).toMatchObject({ kept: [1536, 24, 24, 1536, 24], name: "tiny", rows: true, channels: 2 });
    await expect.poll(workers).toEqual([]);
  });

  it("changes a result, aborts, and throws the errors of the package", async () => {
    const seen = await page.evaluate(async () => {
      const { loadColorizer, ...entry } = (globalThis as unknown as { entry: typeof Entry }).entry;
      const progress: string[] = [];
      const options = { model: "/tiny/", onProgress: ({ stage }: { stage: string }) => void progress.push(stage) };
      const colorizer = await loadColorizer(options);
      const photograph = await (await fetch("/samples/cat.jpg")).blob();
      const stages: string[] = [];
      const result = await colorizer.colorize(photograph, { onStage: (stage) => void stages.push(stage) });
      const grey = await result.with({ saturation: 0, warmth: 0.5 });
      let spread = 0;
      grey.data.forEach((v, i) => (spread = Math.max(spread, i % 4 === 1 ? Math.abs(v - grey.data[i - 1]!) : 0)));
      const error = async (work: () => Promise<unknown>): Promise<string> => {
        const thrown = (await work().catch((reason: unknown) => reason)) as Entry.EngineError;
        const known = Object.values(entry).some((one) => (one as unknown) === thrown.constructor);
        return `${known} ${thrown.name} ${thrown.code}`;
      };
      const job = new AbortController();
      const aborted = error(() => colorizer.colorize(photograph, { signal: job.signal }));
      job.abort();
      const own = new TypeError("mine");
      const onStage = (): never => {
        throw own;
      };
      const errors = [
        await aborted,
        await error(() => colorizer.colorize(photograph, { saturation: 9 })),
        await error(() => colorizer.colorize(new Blob(["no picture"]))),
        await error(() => colorizer.colorize("photo.jpg" as unknown as Blob)),
        await error(() => loadColorizer({ model: "/nowhere/" })),
        await error(() => loadColorizer({ model: "naturl" })),
      ];
      const mine = await colorizer.colorize(photograph, { onStage }).catch((thrown: unknown) => thrown === own);
      colorizer.dispose();
      errors.push(await error(() => colorizer.colorize(photograph)), await error(() => result.withSaturation(0.5)));
      return {
        progress: [...new Set(progress)],
        stages,
        grey: spread < 3,
        size: [grey.width, grey.height],
        errors,
        mine,
      };
    });
    expect(seen).toEqual({
      progress: ["download", "compile"],
      stages: ["prepare", "luminance", "embedding", "chroma", "recombine"],
      grey: true,
      size: [451, 300],
      errors: [
        "false AbortError 20",
        "true InputError input",
        "true ImageError image",
        "true InputError input",
        "true DownloadError download",
        "true InputError input",
        "true InputError input",
        "true InputError input",
      ],
      mine: true,
    });
  });

  it("frees in the worker what the page no longer has", async () => {
    const freed = await page.evaluate(async () => {
      const { loadColorizer } = (globalThis as unknown as { entry: typeof Entry }).entry;
      const notices: string[] = [];
      const { postMessage } = Worker.prototype;
      Worker.prototype.postMessage = function (this: Worker, message: { name: string }, ...rest: []) {
        notices.push(message.name);
        postMessage.call(this, message, ...rest);
      };
      const colorizer = await loadColorizer({ model: "/tiny/" });
      const data = new Uint8Array(64 * 64 * 4).fill(255);
      for (let i = 0; i < 3; i++) await colorizer.colorize({ data, width: 64, height: 64 });
      const deadline = performance.now() + 20_000;
      while (!notices.includes("free") && performance.now() < deadline) {
        new Uint8Array(2 ** 24).fill(1);
        await new Promise((resolve) => setTimeout(resolve, 20));
      }
      return notices.includes("free");
    });
    expect(freed).toBe(true);
  });
});
