/**
 * Elements with large photographs: the page's main thread stays free, and every picture is drawn, with workers and without. What stands in for
 * the worker that colours answers with the photograph's own pixels; page-large.test.ts colours as large a one.
 */
import sharp from "sharp";
import type { Browser, Page } from "puppeteer";
import { afterAll, beforeAll, expect, it, vi } from "vitest";
import { built } from "../shared/built";
import { launchBrowser } from "../shared/launch";
import { mainThreadTasks } from "../shared/main-thread";
import { serve, type Site } from "../shared/serve";

const PAGE = `<!doctype html><html lang="en"><title>large</title><link rel="icon" href="data:,">
<script type="module" src="/dist/element.js"></script><body></body></html>`;

/** Says as a note what kind of source it was sent. */
const COLOURING = `
postMessage({ able: true });
addEventListener("message", async ({ data: { id, name, arguments: given } }) => {
  if (name === "load") postMessage({ id, value: { manifest: {}, elem: "f32", adapter: "none" } });
  if (name === "complete") postMessage({ id });
  if (name !== "colorize") return;
  const picture = await createImageBitmap(given.source);
  const { width, height } = picture;
  const context = new OffscreenCanvas(width, height).getContext("2d");
  context.drawImage(picture, 0, 0);
  const { data } = context.getImageData(0, 0, width, height);
  const notes = [given.source.constructor.name];
  const value = { width, height, data, notes, workingSize: { width, height }, saturation: 1, warmth: 0, timings: {} };
  postMessage({ id, value }, [data.buffer]);
});`;

const DRAWING = `<svg xmlns="http://www.w3.org/2000/svg" width="3600" height="2700"><rect width="1800" height="2700" fill="#a40"/></svg>`;

/** Milliseconds of a task that browsers call long. */
const LONG = 50;

let dist: string;
let files: Record<string, string | Uint8Array>;
let folders: Record<string, string>;
let site: Site;
let browser: Browser;
let page: Page;

beforeAll(async () => {
  dist = await built("dist");
  const sized = (width: number, height: number, orientation = 1): Promise<Uint8Array> =>
    sharp("samples/nagasaki-1865.jpg")
      .resize(width, height, { fit: "fill" })
      .withMetadata({ orientation })
      .jpeg()
      .toBuffer();
  files = {
    "/": PAGE,
    "/dist/colorize-worker.js": COLOURING,
    "/40.jpg": await sized(7304, 5478),
    "/4.jpg": await sized(3600, 2700),
    "/turned.jpg": await sized(3600, 2700, 6),
    "/drawing.svg": DRAWING,
  };
  folders = { "/dist/": dist, "/samples/": "samples" };
  site = await serve(files, folders);
  browser = await launchBrowser();
}, 240_000);

afterAll(async () => {
  await browser?.close();
  site?.close();
});

async function open({ address }: Site = site): Promise<void> {
  await page?.close();
  page = await browser.newPage();
  await page.goto(address);
  await page.evaluate(() => customElements.whenDefined("colorize-canvas").then(() => undefined));
}

type Given = "src" | "slotted" | "file";

/** Colours a photograph by a new element, in place of the one before. */
function colour(address: string, given: Given = "src"): Promise<void> {
  return page.evaluate(
    async (path, how) => {
      const element = document.createElement("colorize-canvas");
      element.loading = "manual";
      if (how === "src") element.src = path;
      else if (how === "file") element.source = await (await fetch(path)).blob();
      else element.innerHTML = `<img srcset="${path} 1x" alt="Nagasaki">`;
      document.body.replaceChildren(element);
      await element.colorize();
      await new Promise((resolve) => requestAnimationFrame(() => requestAnimationFrame(resolve)));
    },
    address,
    given,
  );
}

/** The canvas: its size, how far its pixels are from those of the result, and whether a worker owns it. */
function canvas(): Promise<{ size: number[]; difference: number; owned: boolean }> {
  return page.evaluate(() => {
    const { shadowRoot, result } = document.querySelector("colorize-canvas")!;
    const shown = shadowRoot!.querySelector<HTMLCanvasElement>("[part=canvas]")!;
    const { width, height, data } = result!;
    const context = new OffscreenCanvas(1, 1).getContext("2d", { willReadFrequently: true })!;
    let difference = 0;
    for (let i = 0; i < 30; i++) {
      const [x, y] = [Math.floor((width * (i + 0.5)) / 30), Math.floor((height * (((7 * i) % 30) + 0.5)) / 30)];
      context.clearRect(0, 0, 1, 1);
      context.drawImage(shown, -x, -y);
      const pixel = context.getImageData(0, 0, 1, 1).data;
      for (let c = 0; c < 4; c++)
        difference = Math.max(difference, Math.abs(pixel[c]! - data[4 * (y * width + x) + c]!));
    }
    let owned = true;
    try {
      shown.getContext("2d");
      owned = false;
    } catch {
      // the browser says so
    }
    return { size: [shown.width, shown.height], difference, owned };
  });
}

/** Waits until the canvas shows the result: what a worker drew comes with one of the next frames. */
function drawn(width: number, height: number, owned: boolean): Promise<void> {
  return expect.poll(canvas, { timeout: 20_000 }).toEqual({ size: [width, height], difference: 0, owned });
}

/** What the worker was sent. */
function sent(): Promise<string> {
  return page.evaluate(() => document.querySelector("colorize-canvas")!.result!.notes[0]!);
}

/** How many workers draw. */
function drawers(): number {
  return page.workers().filter((worker) => worker.url().endsWith("/draw-worker.js")).length;
}

// Chromium's own tasks are longer on a busy processor.
it.each(["src", "slotted", "file"] as const)(
  "leaves the main thread no task of more than 50 ms while 40 megapixels are coloured and shown: %s",
  { timeout: 300_000, retry: 2 },
  async (given) => {
    await open();
    await colour("/4.jpg", given); // what is loaded and compiled once does not count
    const tasks = await mainThreadTasks(page, async () => {
      await colour("/40.jpg", given);
      // A task that must be seen, or the measurement sees none.
      await page.evaluate(() => {
        for (const start = performance.now(); performance.now() - start < 2000;);
      });
    });
    const [control, ...others] = tasks.filter((milliseconds) => milliseconds > LONG);
    expect(control).toBeGreaterThan(LONG);
    // A task of the thread may be inside another event of the trace with the same name.
    expect(others.filter((milliseconds) => Math.abs(milliseconds - control!) > 1)).toEqual([]);
    await drawn(7304, 5478, true);
  },
);

it("sends files as they are, of a large <img> those of this site in the browser's cache, and draws them upright", async () => {
  await open();
  const seen: Record<string, string> = {};
  for (const given of ["src", "slotted", "file"] as const) {
    await colour("/turned.jpg", given);
    await drawn(2700, 3600, true);
    seen[given] = await sent();
  }
  expect(seen).toEqual({ src: "Blob", slotted: "Blob", file: "Blob" });
});

it("sends the pixels of small photographs, of vector graphics and of what the browser may not keep", async () => {
  const keepsNothing = await serve(files, folders, { "cache-control": "no-store" });
  try {
    await open();
    await colour("/samples/cat.jpg");
    expect(await sent()).toBe("ImageBitmap");
    for (const given of ["src", "file"] as const) {
      await colour("/drawing.svg", given);
      expect(await sent()).toBe("ImageBitmap");
      await drawn(3600, 2700, true);
    }
    await open(keepsNothing);
    await colour("/4.jpg");
    expect(await sent()).toBe("ImageBitmap");
    await drawn(3600, 2700, true);
  } finally {
    keepsNothing.close();
  }
});

it("shows what the worker drew, also after a small picture, and ends the worker with the picture", async () => {
  await open();
  await colour("/samples/cat.jpg");
  await drawn(451, 300, false);
  expect(drawers()).toBe(0);
  /** Shows in the same element what another one made. */
  const show = (address: string): Promise<void> =>
    page.evaluate(async (path) => {
      const element = document.querySelector("colorize-canvas")!;
      const other = document.createElement("colorize-canvas");
      Object.assign(other, { loading: "manual", src: path });
      await element.show(await other.colorize());
    }, address);
  for (const [address, width, height] of [
    ["/4.jpg", 3600, 2700],
    ["/turned.jpg", 2700, 3600],
  ] as const) {
    await show(address);
    await drawn(width, height, true);
  }
  // The element's own worker, and those of the others until these are collected as garbage.
  const most = drawers();
  expect(most).toBeGreaterThan(0);
  const grey = await page.evaluate(async () => {
    const { shadowRoot } = document.querySelector("colorize-canvas")!;
    const shown = shadowRoot!.querySelector("[part=canvas]")!;
    return [shown.className, getComputedStyle(shown).opacity, shadowRoot!.querySelectorAll("canvas.canvas").length];
  });
  expect(grey).toEqual(["canvas", "1", 1]);
  await show("/samples/cat.jpg");
  await drawn(451, 300, false);
  const session = await page.createCDPSession();
  await vi.waitFor(
    async () => {
      await session.send("HeapProfiler.collectGarbage");
      expect(drawers()).toBe(0);
    },
    { timeout: 30_000, interval: 500 },
  );
});

it.each([
  ["does not start", "no script"],
  ["fails", "postMessage({ able: true }); onmessage = () => nothing;"],
])("draws on the page's thread where the worker %s", async (_, script) => {
  const disturbed = await serve({ ...files, "/dist/draw-worker.js": script }, folders);
  try {
    await open(disturbed);
    await colour("/4.jpg");
    await drawn(3600, 2700, false);
    expect(drawers()).toBe(0);
  } finally {
    disturbed.close();
  }
});
