/** <colorize-canvas> of the built package: with the shipped model on a real photograph, and with a tiny one. */
import type { Browser, Page } from "puppeteer";
import { afterAll, beforeAll, beforeEach, describe, expect, it } from "vitest";
import { browserModel } from "../shared/browser-model";
import { eccv16 } from "../shared/colorizers/zhang";
import { built } from "../shared/built";
import { launchBrowser } from "../shared/launch";
import { pixelFacts } from "./pixels";
import { serve, type Site } from "../shared/serve";

const PAGE = `<!doctype html><html lang="en"><title>element</title>
<script type="module" src="/dist/element.js"></script><body></body></html>`;

/** HTML within a vector graphic, whose pixels browsers keep from pages. */
const FOREIGN_OBJECT = `<svg xmlns="http://www.w3.org/2000/svg" width="80" height="60"><foreignObject width="80" height="60">
<p xmlns="http://www.w3.org/1999/xhtml">text</p></foreignObject></svg>`;

let dist: string;
let site: Site;
/** Another origin, whose server sends no CORS headers. */
let otherSite: Site;
let browser: Browser;
let page: Page;

beforeAll(async () => {
  dist = await built("dist");
  const at = (folder: string, model: Record<string, Uint8Array>): Record<string, Uint8Array> =>
    Object.fromEntries(Object.entries(model).map(([path, bytes]) => [folder + path, bytes]));
  const files = {
    "/": PAGE,
    "/late": `<!doctype html><html lang="en"><title>element, defined late</title><body></body></html>`,
    "/m/eccv16.onnx": eccv16({ width: 0.05 }),
    "/broken.jpg": "not a picture",
    "/foreign-object.svg": FOREIGN_OBJECT,
    ...at("/tiny/", browserModel("inception-table")),
    ...at("/models/natural/", browserModel("natural")),
  };
  site = await serve(files, { "/dist/": dist, "/models/": "models", "/samples/": "samples" });
  otherSite = await serve({}, { "/samples/": "samples" });
  browser = await launchBrowser();
}, 240_000);

afterAll(async () => {
  await browser?.close();
  site?.close();
  otherSite?.close();
});

beforeEach(async () => {
  await page?.close();
  page = await browser.newPage();
  await page.goto(site.address);
  await page.evaluate(() => customElements.whenDefined("colorize-canvas").then(() => undefined));
});

/** Adds an element with these attributes; resolves with the first `load` or `error` event's name. */
function add(attributes: Record<string, string>): Promise<string> {
  return page.evaluate(
    (given) =>
      new Promise<string>((resolve) => {
        document.querySelector("colorize-canvas")?.remove();
        const element = document.createElement("colorize-canvas");
        for (const [name, value] of Object.entries(given)) element.setAttribute(name, value);
        for (const type of ["load", "error"]) element.addEventListener(type, () => resolve(type));
        document.body.append(element);
      }),
    attributes,
  );
}

/** R, G, B, A bytes of the canvas shown, and of the photograph at `src`. */
async function readPixels(src: string): Promise<{ actual: Buffer; original: Buffer; width: number; height: number }> {
  const read = await page.evaluate(async (url) => {
    const base64 = (bytes: Uint8ClampedArray): string => {
      let text = "";
      for (let i = 0; i < bytes.length; i += 8192) text += String.fromCharCode(...bytes.subarray(i, i + 8192));
      return btoa(text);
    };
    const canvas = document
      .querySelector("colorize-canvas")!
      .shadowRoot!.querySelector<HTMLCanvasElement>("[part=canvas]")!;
    const { width, height } = canvas;
    const bitmap = await createImageBitmap(await (await fetch(url)).blob());
    const context = new OffscreenCanvas(width, height).getContext("2d")!;
    context.drawImage(bitmap, 0, 0);
    const actual = base64(canvas.getContext("2d")!.getImageData(0, 0, width, height).data);
    return { actual, original: base64(context.getImageData(0, 0, width, height).data), width, height };
  }, src);
  return { ...read, actual: Buffer.from(read.actual, "base64"), original: Buffer.from(read.original, "base64") };
}

it("colours by a bare ONNX file of another project's network", async () => {
  expect(await add({ src: "/samples/cat.jpg", model: "/m/eccv16.onnx" })).toBe("load");
  const { actual, original } = await readPixels("/samples/cat.jpg");
  const facts = pixelFacts(actual, original);
  expect(facts.meanChroma).toBeGreaterThan(1);
  expect(facts.maxLuminanceError).toBeLessThan(1);
}, 120_000);

it("colours a real photograph with the shipped model", async () => {
  expect(await add({ src: "/samples/cat.jpg", alt: "A cat" })).toBe("load");
  const { actual, original, width, height } = await readPixels("/samples/cat.jpg");
  expect([width, height]).toEqual([451, 300]);
  const facts = pixelFacts(actual, original);
  expect(facts.meanChroma).toBeGreaterThan(3);
  expect(facts.maxLuminanceError).toBeLessThan(1);
  const seen = await page.evaluate(() => {
    const { shadowRoot, state, result } = document.querySelector("colorize-canvas")!;
    const canvas = shadowRoot!.querySelector<HTMLCanvasElement>("[part=canvas]")!;
    const status = shadowRoot!.querySelector<HTMLElement>("[role=progressbar]")!;
    const name = `${canvas.getAttribute("role")} ${canvas.getAttribute("aria-label")}`;
    return { state, name, status: status.checkVisibility(), width: result!.width };
  });
  expect(seen).toEqual({ state: "ready", name: "img A cat", status: false, width: 451 });
}, 240_000);

describe("with a tiny model", () => {
  const tiny = { model: "/tiny/", src: "/samples/cat.jpg" };

  it("follows saturation, and alt", async () => {
    expect(await add({ ...tiny, saturation: "0" })).toBe("load");
    const grey = await readPixels(tiny.src);
    expect(pixelFacts(grey.actual, grey.original).meanChroma).toBeLessThan(1);
    await page.evaluate(async () => {
      const element = document.querySelector("colorize-canvas")!;
      const before = element.result;
      element.saturation = 0.4; // given up for the next
      element.saturation = 1;
      element.alt = "Cat";
      while (element.result === before) await new Promise((resolve) => setTimeout(resolve, 20));
    });
    const coloured = await readPixels(tiny.src);
    expect(pixelFacts(coloured.actual, coloured.original).meanChroma).toBeGreaterThan(10);
    const label = "colorize-canvas";
    expect(
      await page.evaluate((name) => {
        const element = document.querySelector(name)!;
        return element.shadowRoot!.querySelector<HTMLCanvasElement>("[part=canvas]")!.getAttribute("aria-label");
      }, label),
    ).toBe("Cat");
  });

  it("takes a saturation in percent, and goes on after a wrong one", async () => {
    expect(await add({ ...tiny, saturation: "150%" })).toBe("load");
    const seen = await page.evaluate(async () => {
      const element = document.querySelector("colorize-canvas")!;
      const first = element.result!.saturation;
      const next = (type: string): Promise<unknown> =>
        new Promise((resolve) => element.addEventListener(type, resolve));
      const failed = next("error");
      element.saturation = 1e38;
      await failed;
      const message = element.error!.message;
      const loaded = next("load");
      element.saturation = 2;
      await loaded;
      return { first, message, second: element.result!.saturation };
    });
    expect(seen).toEqual({
      first: 1.5,
      message: expect.stringMatching(/^saturation: expected a number from 0 to 4 .* received "1e\+38"/) as string,
      second: 2,
    });
  });

  it("encodes what the browser can, and passes off nothing else", async () => {
    expect(await add(tiny)).toBe("load");
    const seen = await page.evaluate(async () => {
      const { result } = document.querySelector("colorize-canvas")!;
      const said = (type: string, quality?: number): Promise<string> =>
        result!.blob(type, quality).then(
          (blob) => blob.type,
          (error: Error) => error.message,
        );
      const [small, large] = [await result!.blob("image/jpeg", 0.1), await result!.blob("image/jpeg", 1)];
      return {
        types: [await said("image/png"), await said("image/JPEG", 0), await said("image/webp", 1)],
        avif: await said("image/avif"),
        tiff: await said("image/tiff"),
        quality: await said("image/jpeg", 90),
        smaller: small.size < large.size,
      };
    });
    expect(seen.types).toEqual(["image/png", "image/jpeg", "image/webp"]);
    expect(seen.avif).toMatch(/^blob\(\): expected a type that this browser encodes: .* received image\/avif/);
    expect(seen.tiff).toMatch(/received image\/tiff/);
    expect(seen.quality).toMatch(/^quality: expected a number from 0 to 1 .* received 90/);
    expect(seen.smaller).toBe(true);
  });

  it("shows progress, and a newer src replaces an older one", async () => {
    const seen = await page.evaluate(async (model) => {
      const element = document.createElement("colorize-canvas");
      const stages = new Set<string>();
      const bar: number[] = [];
      let loads = 0;
      const status = element.shadowRoot!.querySelector("[role=progressbar]")!;
      element.addEventListener("progress", (event) => {
        stages.add(event.detail.stage);
        bar.push(Number(status.getAttribute("aria-valuenow")));
      });
      element.addEventListener("load", () => loads++);
      element.model = model;
      element.src = "/samples/coffee.jpg";
      document.body.append(element);
      await new Promise((resolve) => setTimeout(resolve, 5));
      element.src = "/samples/cat.jpg";
      await new Promise((resolve) => element.addEventListener("load", resolve));
      await new Promise((resolve) => setTimeout(resolve, 300));
      return { stages: [...stages], bar, loads, width: element.result?.width };
    }, tiny.model);
    expect(seen).toMatchObject({
      stages: ["download", "compile", "prepare", "luminance", "embedding", "chroma", "recombine"],
      loads: 1,
      width: 451,
    });
    expect(seen.bar).toEqual(seen.bar.toSorted((a, b) => a - b));
  });

  it("says that a kept model is read from this device", async () => {
    const texts = await page.evaluate(async (model) => {
      const element = document.createElement("colorize-canvas");
      Object.assign(element, { model: `${model}?own-colorizer`, src: "/samples/cat.jpg" });
      const status = element.shadowRoot!.querySelector("[role=progressbar]")!;
      const texts = new Set<string>();
      element.addEventListener("progress", () => texts.add(status.textContent));
      document.body.append(element);
      await new Promise((resolve) => element.addEventListener("load", resolve));
      return [...texts];
    }, tiny.model);
    expect(texts).toEqual(["Loading", "Reading the model from this device", "Preparing the networks", "Colouring"]);
  });

  it("takes a model of the package by its name", async () => {
    expect(await add({ ...tiny, model: "natural" })).toBe("load");
    const [worker] = page.workers();
    const addresses = await worker!.evaluate(() => performance.getEntriesByType("resource").map(({ name }) => name));
    expect(addresses).toContain(`${site.address}/models/natural/model.json`);
  });

  it("stops when it is removed, and goes on when it returns", async () => {
    const states = await page.evaluate(async (model) => {
      const element = document.createElement("colorize-canvas");
      let loads = 0;
      element.addEventListener("load", () => loads++);
      element.model = model;
      element.src = "/samples/cat.jpg";
      document.body.append(element);
      await new Promise((resolve) => setTimeout(resolve, 1));
      element.remove();
      await new Promise((resolve) => setTimeout(resolve, 1500));
      const away = `${element.state} ${loads}`;
      document.body.append(element);
      await new Promise((resolve) => element.addEventListener("load", resolve));
      return [away, `${element.state} ${loads}`];
    }, tiny.model);
    expect(states).toEqual(["idle 0", "ready 1"]);
  });

  it("keeps on when it is moved, and follows what changed while it was away", async () => {
    const seen = await page.evaluate(async (model) => {
      const element = document.createElement("colorize-canvas");
      const loaded = (): Promise<unknown> => new Promise((resolve) => element.addEventListener("load", resolve));
      const settle = (): Promise<unknown> => new Promise((resolve) => setTimeout(resolve, 0));
      const original = element.shadowRoot!.querySelector("img")!;
      let starts = 0;
      new MutationObserver((changes) => (starts += changes.length)).observe(original, { attributeFilter: ["src"] });
      const place = document.body.appendChild(document.createElement("div"));
      element.model = model;
      element.src = "/samples/coffee.jpg";
      document.body.append(element);
      await settle();
      const moved = element.state;
      place.append(element);
      await loaded();
      const before = element.result!;
      const { width } = document.body.appendChild(before.canvas());
      element.remove();
      element.src = "/samples/cat.jpg";
      await settle();
      document.body.append(element);
      await loaded();
      return { moved, starts, drawn: width === before.width, width: element.result?.width };
    }, tiny.model);
    expect(seen).toEqual({ moved: "loading", starts: 2, drawn: true, width: 451 });
  });

  it("takes over properties that were set before it was defined", async () => {
    await page.goto(`${site.address}/late`);
    const seen = await page.evaluate(async (model) => {
      const element = document.createElement("colorize-canvas");
      Object.assign(element, { model, src: "/samples/cat.jpg", alt: "A cat", saturation: 0.5 });
      document.body.append(element);
      const loaded = new Promise((resolve) => element.addEventListener("load", resolve));
      const script = document.createElement("script");
      Object.assign(script, { type: "module", src: "/dist/element.js" });
      document.head.append(script);
      await loaded;
      const { saturation, alt } = element;
      element.alt = "Cat";
      return { saturation, alt, later: element.getAttribute("alt"), own: Object.keys(element) };
    }, tiny.model);
    expect(seen).toEqual({ saturation: 0.5, alt: "A cat", later: "Cat", own: [] });
  });

  /** The element in a page where it fails: what it says, and how the photograph looks. */
  function failed(): Promise<{ code: string; error: string; shown: boolean; style: string; size: number[] }> {
    return page.evaluate(() => {
      const { shadowRoot, error } = document.querySelector("colorize-canvas")!;
      const original = shadowRoot!.querySelector("img")!;
      const { filter, opacity } = getComputedStyle(original);
      const { width, height } = original.getBoundingClientRect();
      const shown = original.checkVisibility() && original.naturalWidth > 0;
      return { code: error!.code, error: error!.message, shown, style: `${filter} ${opacity}`, size: [width, height] };
    });
  }

  it("leaves the photograph as it is where there is no WebGPU", async () => {
    await page.evaluateOnNewDocument(() => Object.defineProperty(navigator, "gpu", { value: undefined }));
    await page.reload();
    await page.evaluate(() => customElements.whenDefined("colorize-canvas").then(() => undefined));
    expect(await add(tiny)).toBe("error");
    expect(await failed()).toMatchObject({ code: "device", shown: true, style: "none 1", size: [451, 300] });
  });

  it("shows a photograph of another site without CORS as an <img> does, and says why it has no colour", async () => {
    expect(await add({ ...tiny, src: `${otherSite.address}/samples/cat.jpg` })).toBe("error");
    const { error, ...seen } = await failed();
    expect(seen).toEqual({ code: "image", shown: true, style: "none 1", size: [451, 300] });
    expect(error).toMatch(/cat\.jpg.*Access-Control-Allow-Origin/);
    // The next photograph is asked for with CORS again.
    expect(await add(tiny)).toBe("load");
  });

  it("says why a vector graphic with foreignObject has no colour", async () => {
    expect(await add({ ...tiny, src: "/foreign-object.svg" })).toBe("error");
    const { error, ...seen } = await failed();
    expect(seen).toMatchObject({ code: "image", shown: true, style: "none 1", size: [80, 60] });
    expect(error).toMatch(/foreign-object\.svg.*foreignObject/);
  });

  for (const [name, attributes, message] of [
    ["a file that is no picture", { model: "/tiny/", src: "/broken.jpg" }, /a photograph that this browser can read/],
    [
      "a misspelt model",
      { ...tiny, model: "naturl" },
      /model: expected inception-table, natural or inception-strided, received "naturl"/,
    ],
    ["a missing model", { model: "/nowhere/", src: "/samples/cat.jpg" }, /nowhere\/model\.json.*404/s],
    ["a wrong size", { ...tiny, size: "x" }, /size: expected a whole number from 32 to 1024 \(pixels.* received "x"/],
    ["a large size", { ...tiny, size: "5000" }, /size: expected a whole number from 32 to 1024 \(pixels/],
    ["a wrong saturation", { ...tiny, saturation: "lots" }, /saturation: expected a number from 0 .* received "lots"/],
    ["a huge saturation", { ...tiny, saturation: "1e38" }, /saturation: expected a number from 0 to 4 .* "1e38"/],
  ] as const)
    it(`says what is wrong with ${name}`, async () => {
      expect(await add(attributes)).toBe("error");
      const shown = await page.evaluate(() => {
        const { shadowRoot, error } = document.querySelector("colorize-canvas")!;
        const alert = shadowRoot!.querySelector<HTMLElement>("[role=alert]")!;
        return { text: alert.textContent, visible: alert.checkVisibility(), message: error!.message };
      });
      expect(shown.text).toMatch(message);
      expect(shown).toMatchObject({ visible: true, message: shown.text });
    });
});
