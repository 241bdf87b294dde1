/** The built demo page as visitors meet it: on screens of every size, with bad files, a second visit, no network. With a tiny model. */
import { readdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import type { Page } from "puppeteer";
import sharp from "sharp";
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from "vitest";
import type { ColorizeCanvas } from "../../src/element";
import * as visit from "./page-site";

let site: visit.PageSite;
let page: Page;
const file = (name: string): string => join(site.files, name);

beforeAll(async () => {
  site = await visit.startPageSite();
  const portrait = sharp("samples/astronaut.jpg").resize(1200, 1800);
  const exif = { IFD0: { Make: "Voigtlander" } };
  await portrait.clone().jpeg().toFile(file("portrait.jpg"));
  const sideways = sharp("samples/cat.jpg").withMetadata({ orientation: 6 }).withExifMerge(exif);
  await sideways.jpeg().toFile(file("sideways.jpg"));
  writeFileSync(file("cut.jpg"), (await portrait.jpeg().toBuffer()).subarray(0, 40_000));
  writeFileSync(file("no-size.svg"), `<svg xmlns="http://www.w3.org/2000/svg"><rect width="9" height="9"/></svg>`);
}, 240_000);

afterAll(() => site?.close());

beforeEach(async () => void (page = await site.open()));
afterEach(async () => {
  Object.assign(site.disturbance, { online: true, missing: undefined, held: undefined });
  await page.evaluate(() => localStorage.clear());
  await page.close();
});

const choose = (...paths: string[]): Promise<void> => visit.choose(page, ...paths);
const coloured = (name: string): Promise<void> => visit.coloured(page, name);
const box = (selector: string): Promise<number[] | undefined> => visit.box(page, selector);
const expectInWindow = (selector: string): Promise<void> => visit.expectInWindow(page, selector);
const message = (): Promise<string> => visit.message(page);

/** Sizes of phones, both ways. */
const PHONES = [
  [390, 844],
  [320, 568],
  [844, 390],
  [568, 320],
] as const;

/** Lets the page's worker begin with photographs only when the function is called that this resolves to. */
async function holdColours(): Promise<() => Promise<void>> {
  await page.evaluate(() => {
    const { postMessage } = Worker.prototype;
    const gate = new Promise<void>((resolve) => Object.assign(globalThis, { letGo: resolve }));
    Worker.prototype.postMessage = async function (this: Worker, message: { name?: string }, transfer: unknown) {
      if (message.name === "colorize") await gate;
      Reflect.apply(postMessage, this, [message, transfer]);
    };
  });
  return () => page.evaluate(() => (globalThis as unknown as { letGo(): void }).letGo());
}

describe("the photograph fits the window", () => {
  for (const name of ["portrait.jpg", "nagasaki-1865.jpg"])
    it(`${name} is of one size at work and after in windows of every size, with progress and controls in sight`, async () => {
      const windows = [[1280, 800], ...PHONES] as const;
      const letGo = await holdColours();
      await choose(name === "portrait.jpg" ? file(name) : join("samples", name));
      await page.waitForSelector("#progress:not([hidden])");
      const waiting = new Map<number, number[] | undefined>();
      for (const [width, height] of windows) {
        await page.setViewport({ width, height });
        await expectInWindow(".picture > img");
        await expectInWindow("#progress");
        await expectInWindow("#another");
        waiting.set(width, await box(".picture > img"));
      }
      await letGo();
      await coloured(name);
      for (const [width, height] of windows) {
        await page.setViewport({ width, height });
        for (const picture of [".picture >>> .canvas", ".picture img"])
          expect(await box(picture), `${picture} in ${width} x ${height}`).toEqual(waiting.get(width));
        await expectInWindow(".buttons");
        for (const id of ["#saturation", "#warmth", "#undo", "#another"]) await expectInWindow(id);
        for (const value of ["light", "dark"]) {
          await page.emulateMediaFeatures([{ name: "prefers-color-scheme", value }]);
          await visit.screenshot(page, `${name}-${width}x${height}-${value}`, false);
        }
      }
    }, 120_000);

  it("fingers get targets of 44 px on phones, and everything still fits", async () => {
    const phone = { hasTouch: true, isMobile: true };
    await page.setViewport({ width: 390, height: 844, ...phone });
    expect(await page.evaluate(() => matchMedia("(pointer: coarse)").matches)).toBe(true);
    await choose(file("portrait.jpg"), "samples/cat.jpg");
    await coloured("portrait.jpg");
    await page.waitForSelector("#album:not([hidden])");
    for (const [width, height] of PHONES) {
      await page.setViewport({ width, height, ...phone });
      const small = await page.$$eval("main :is(button, input[type=range], dialog label)", (elements) =>
        elements
          .filter((element) => element.checkVisibility({ visibilityProperty: true }) && !element.matches(".remove"))
          .map((element) => ({ name: element.id || element.textContent.trim(), box: element.getBoundingClientRect() }))
          .filter(({ box }) => box.height < 44 || box.width < 44)
          .map(({ name, box }) => `${name} ${box.width} x ${box.height}`),
      );
      expect(small, `${width} x ${height}`).toEqual([]);
      expect(await page.evaluate(() => document.documentElement.scrollWidth)).toBe(width);
      await expectInWindow(".picture >>> .canvas");
      for (const selector of ["#saturation", "#warmth", "#undo", ".buttons"]) await expectInWindow(selector);
      if (process.env["SCREENSHOTS"])
        await page.screenshot({ path: join(process.env["SCREENSHOTS"], `touch-${width}x${height}.png`) });
    }
  }, 120_000);

  it("has the place of the heading, which only screen readers find then", async () => {
    const top = async (): Promise<number> => (await box("#stage"))![1]!;
    const before = await top();
    await choose("samples/cat.jpg");
    await coloured("cat.jpg");
    expect(await top()).toBeLessThan(before / 2);
    expect(await box(".lead")).toBeUndefined();
    expect(await page.$eval("h1", (heading) => heading.getBoundingClientRect().height)).toBe(1);
  });

  it("is scrolled to when a sample far below is chosen", async () => {
    await page.setViewport({ width: 320, height: 568 });
    await page.evaluate(() => scrollTo(0, 9999));
    await page.click('[data-sample="sheep-1888.jpg"]');
    await page.waitForSelector("#progress:not([hidden])");
    await expectInWindow(".picture > img");
    await expectInWindow("#progress");
  });
});

describe("what cannot be coloured", () => {
  it("leaves the last result as it is, and says so in plain words on it", async () => {
    await choose("samples/cat.jpg");
    await coloured("cat.jpg");
    for (const name of ["cut.jpg", "no-size.svg"]) {
      await choose(file(name));
      await page.waitForFunction(
        (text) => document.querySelector("#message .text")!.textContent.includes(text),
        {},
        name,
      );
      expect(await message()).toMatch(/is damaged, or not a picture that this browser can read\. Try another copy/);
      for (const selector of ["#message", ".buttons"]) await expectInWindow(selector);
      await coloured("cat.jpg");
      expect(await box("#progress")).toBeUndefined();
    }
    await page.click("#close-message");
    expect(await box("#message")).toBeUndefined();
  });

  it("is told what it is and what to do with it, where it is a HEIC photograph or a PDF", async () => {
    writeFileSync(file("phone.heic"), "\0\0\0\x18ftypheic\0\0\0\0mif1heic");
    writeFileSync(file("letter.pdf"), "%PDF-1.7\n");
    for (const [name, words] of [
      ["phone.heic", /^“phone\.heic” is a HEIC photograph.*export it as JPEG/],
      ["letter.pdf", /^“letter\.pdf” is a PDF.*as a picture/],
    ] as const) {
      await choose(file(name));
      await expect.poll(message).toMatch(words);
    }
  });

  it("is told with details that are folded, and fits the photograph with them", async () => {
    await page.setViewport({ width: 320, height: 568, hasTouch: true, isMobile: true });
    await choose("samples/cat.jpg");
    await coloured("cat.jpg");
    await choose(file("cut.jpg"));
    await page.waitForSelector("#message:not([hidden])");
    const details = (): Promise<boolean> => page.$eval("#details", (element) => (element as HTMLDetailsElement).open);
    expect(await details()).toBe(false);
    expect(await box("#details pre")).toBeUndefined();
    await visit.screenshot(page, "details-320");
    await page.click("#details summary");
    const text = await page.$eval("#details pre", (element) => (element as HTMLElement).innerText);
    expect(text).toMatch(/^Error: cut\.jpg\nError: Uncaught Error: InvalidStateError: The source image/);
    const [, top] = (await box("#stage"))!;
    expect((await box(".notes"))![1]).toBeGreaterThanOrEqual(top!);
    await page.click("#close-message");
    // What did not fail has none.
    await choose("samples/colour/meadow.jpg");
    await page.waitForSelector("#message:not([hidden])");
    expect(await box("#details")).toBeUndefined();
  });

  it("is left as it is where it has colours already, until the visitor wants others", async () => {
    await choose("samples/colour/meadow.jpg");
    await page.waitForSelector("#message:not([hidden])");
    expect(await message()).toBe("“meadow.jpg” seems to be in colour already.");
    expect(await box(".picture >>> .canvas")).toBeUndefined();
    await expectInWindow("#another");
    await page.click("#message-action");
    await coloured("meadow.jpg");
  });

  it("does not stop the photograph in work", async () => {
    await choose("samples/cat.jpg");
    await page.waitForSelector(".picture.waiting");
    await choose(file("cut.jpg"));
    await page.waitForSelector("#message:not([hidden])");
    await coloured("cat.jpg");
    expect(await message()).toMatch(/cut\.jpg/);
  });

  it("brings the last result back when the networks fail", async () => {
    // Without workers the networks run on the page's thread, where this test can make them fail.
    await page.evaluateOnNewDocument(() => Reflect.deleteProperty(globalThis, "Worker"));
    await page.reload();
    await choose("samples/cat.jpg");
    await coloured("cat.jpg");
    await page.evaluate(() => {
      GPUDevice.prototype.createCommandEncoder = () => {
        throw new DOMException("out of memory", "OperationError");
      };
    });
    await choose("samples/coffee.jpg");
    await page.waitForSelector("#message:not([hidden])");
    expect(await message()).toMatch(/graphics processor could not colour “coffee\.jpg”/);
    await coloured("cat.jpg");
    await expectInWindow(".buttons");
    expect(await page.$eval("#facts", (element) => element.textContent)).toMatch(/451 × 300/);
  });
});

describe("several files", () => {
  it("the buttons for all photographs keep their places on a phone when others come and go", async () => {
    await page.setViewport({ width: 390, height: 844 });
    await choose("samples/cat.jpg", "samples/coffee.jpg");
    await page.waitForFunction(() => document.querySelector("#count")!.textContent === "2 of 2 in colour", {
      timeout: 120_000,
    });
    const show = (shown: boolean): Promise<void> =>
      page.$$eval(
        "#pause, #retry",
        (buttons, shown) => buttons.forEach((button) => button.toggleAttribute("hidden", !shown)),
        shown,
      );
    const places = async (): Promise<unknown> =>
      Promise.all(["#apply-to-all", "#close-all", "#save-all"].map((selector) => box(selector)));
    const alone = await places();
    await show(true);
    expect(await box("#retry")).toBeDefined();
    await visit.screenshot(page, "album-390", false);
    expect(await places()).toEqual(alone);
    const [, top] = (await box("#apply-to-all"))!;
    expect((await box("#save-all"))![1]).toBe(top); // in one row
  }, 120_000);

  it("a newer one takes the place of the one in work, which its name shows", async () => {
    await choose("samples/cat.jpg");
    await page.waitForSelector(".picture.waiting");
    expect(await page.$eval("#progress .name", (element) => element.textContent)).toBe("cat.jpg");
    await choose("samples/coffee.jpg");
    await page.waitForFunction(() => document.querySelector("#progress .name")!.textContent === "coffee.jpg");
    await coloured("coffee.jpg");
    expect(await page.$eval("#facts", (element) => element.textContent)).toMatch(/600 × 400/);
  });
});

describe("without WebGPU", () => {
  for (const [what, remove, words] of [
    [
      "the browser has none",
      () => Reflect.deleteProperty(Navigator.prototype, "gpu"),
      /no WebGPU.*current version of Chrome/,
    ],
    [
      "there is no adapter",
      () => (GPU.prototype.requestAdapter = () => Promise.resolve(null)),
      /Turn on.*acceleration/,
    ],
  ] as const)
    it(`says at once that ${what}, and what helps`, async () => {
      await page.evaluateOnNewDocument(remove);
      for (const [width, height] of [
        [1280, 800],
        [320, 568],
      ] as const) {
        await page.setViewport({ width, height });
        await page.reload();
        await page.waitForSelector("#message:not([hidden])");
        expect(await message()).toMatch(words);
        await expectInWindow("#message");
      }
    });
});

describe("progress", () => {
  /** Every text of the progress bar, and its values, until the photograph is coloured. */
  async function watch(path: string, name: string): Promise<{ texts: string[]; values: number[] }> {
    await page.evaluate(() => {
      const seen = { texts: [] as string[], values: [] as number[] };
      Object.assign(globalThis, { seen });
      const progress = document.querySelector("#progress")!;
      new MutationObserver(() => {
        seen.texts.push(progress.querySelector(".text")!.textContent);
        seen.values.push(parseFloat((progress as HTMLElement).style.getPropertyValue("--done")));
      }).observe(progress, { attributeFilter: ["aria-valuenow", "aria-valuetext", "style"] });
    });
    await choose(path);
    await coloured(name);
    return page.evaluate(() => (globalThis as unknown as { seen: { texts: string[]; values: number[] } }).seen);
  }

  function expectGrowing(values: readonly number[]): void {
    expect(values[0]).toBe(0);
    expect(values).toEqual(values.toSorted((a, b) => a - b));
  }

  it("says what comes from this device, works without a network, and only grows", async () => {
    await page.evaluate(async () => {
      for (const name of await caches.keys()) await caches.delete(name);
    });
    const first = await watch("samples/cat.jpg", "cat.jpg");
    expectGrowing(first.values);
    expect(first.texts.some((text) => text.startsWith("Downloading"))).toBe(true);

    await page.goto(site.address);
    const second = await watch("samples/cat.jpg", "cat.jpg");
    expectGrowing(second.values);
    expect(second.texts).toContain("Reading the networks from this device");
    expect(second.texts.filter((text) => text.startsWith("Downloading"))).toEqual([]);

    await page.goto(site.address);
    site.disturbance.online = false;
    const third = await watch("samples/cat.jpg", "cat.jpg");
    expectGrowing(third.values);
    expect(third.texts).toContain("Reading the networks from this device");
  });

  it("says that there is no connection when nothing is on this device", async () => {
    await page.evaluate(async () => {
      for (const name of await caches.keys()) await caches.delete(name);
    });
    site.disturbance.online = false;
    await choose("samples/cat.jpg");
    await page.waitForSelector("#message:not([hidden])", { timeout: 60_000 });
    expect(await message()).toMatch(/networks could not be downloaded. Check the internet connection/);
    await expectInWindow(".picture > img");
  });
});

describe("what is saved and shown", () => {
  /** The file that "Save JPEG" gives of a photograph that was taken sideways. */
  async function saveJpeg(): Promise<Buffer> {
    const downloads = file("saved");
    await visit.saveInto(page, downloads);
    await choose(file("sideways.jpg"));
    await coloured("sideways.jpg");
    await page.click("#save");
    await expect.poll(() => readdirSync(downloads), { timeout: 60_000 }).toEqual(["sideways-colour.jpg"]);
    return readFileSync(join(downloads, "sideways-colour.jpg"));
  }

  it("JPEG is saved with the browser's encoder where the page's does not load", async () => {
    site.disturbance.missing = /mozjpeg/;
    const { width, height, format, exif } = await sharp(await saveJpeg()).metadata();
    expect({ width, height, format }).toEqual({ width: 300, height: 451, format: "jpeg" });
    expect(exif?.includes("Voigtlander")).toBe(true);
    expect(await page.$eval("#save", (button) => (button as HTMLButtonElement).disabled)).toBe(false);
  });

  it("JPEG has colour at full resolution, and the EXIF of the photograph, upright", async () => {
    const saved = await saveJpeg();
    const metadata = await sharp(saved).metadata();
    const { width, height, chromaSubsampling, orientation } = metadata;
    expect({ width, height, chromaSubsampling, orientation }).toEqual({
      width: 300,
      height: 451,
      chromaSubsampling: "4:4:4",
      orientation: 1,
    });
    expect(metadata.exif?.includes("Voigtlander")).toBe(true);
    // The encoder was the worker's, and the picture is the one on the page.
    const shown = await page.$eval(".picture >>> .canvas", (canvas) => {
      const { data } = (canvas as HTMLCanvasElement).getContext("2d")!.getImageData(0, 0, 300, 451);
      return [...data.filter((_, i) => i % 4 < 3)];
    });
    const pixels = await sharp(saved).removeAlpha().raw().toBuffer();
    const difference = shown.reduce((sum, value, i) => sum + Math.abs(value - pixels[i]!), 0) / shown.length;
    expect(difference).toBeLessThan(3);

    // Turned, it is the same photograph on its side, without the steps that could be undone.
    await page.focus("#saturation");
    await page.keyboard.press("ArrowRight");
    await page.click("#turn");
    await page.waitForFunction(() => {
      const image = document.querySelector<HTMLImageElement>(".picture > img")!;
      return image.naturalWidth === 451 && image.alt === "sideways.jpg, in colour";
    });
    expect(await page.$eval("#saturation-value", ({ textContent }) => textContent)).toBe("105 %");
    expect(await page.$eval("#undo", (button) => (button as HTMLButtonElement).disabled)).toBe(true);
    const folder = file("turned");
    await visit.saveInto(page, folder);
    await page.click("#save");
    await expect.poll(() => visit.savedIn(folder), { timeout: 60_000 }).toEqual(["sideways-colour.jpg"]);
    const turned = sharp(readFileSync(join(folder, "sideways-colour.jpg")));
    const now = await turned.metadata();
    expect([now.width, now.height, now.orientation]).toEqual([451, 300, 1]);
    expect(now.exif?.includes("Voigtlander")).toBe(true);
    const [grey, expected] = await Promise.all(
      [turned, sharp(saved).rotate(90)].map((picture) => picture.greyscale().raw().toBuffer()),
    );
    const distance = grey!.reduce((sum, value, i) => sum + Math.abs(value - expected![i]!), 0) / grey!.length;
    expect(distance).toBeLessThan(4);
  });

  it("every format and content is saved at full size, and says that it is artificially coloured", async () => {
    const downloads = file("formats");
    await visit.saveInto(page, downloads);
    await choose(file("sideways.jpg"));
    await coloured("sideways.jpg");
    const expected: Record<string, [string, string, number]> = {
      "sideways-colour.jpg": ["picture", "image/jpeg", 300],
      "sideways-colour.png": ["picture", "image/png", 300],
      "sideways-colour.webp": ["picture", "image/webp", 300],
      "sideways-both.jpg": ["beside", "image/jpeg", 600],
      "sideways-layer.png": ["layer", "image/png", 300],
    };
    for (const [name, [content, type, width]] of Object.entries(expected)) {
      await visit.saveAs(page, content, type);
      await expect.poll(() => readdirSync(downloads), { timeout: 60_000 }).toContain(name);
      const metadata = await sharp(readFileSync(join(downloads, name))).metadata();
      expect([metadata.width, metadata.height], name).toEqual([width, 451]);
      expect(metadata.xmp?.toString(), name).toContain("digitalsourcetype/algorithmicallyEnhanced");
      if (content === "picture") expect(metadata.exif?.includes("Voigtlander"), name).toBe(true);
    }
    // The layer has one lightness (luma of W3C's blend modes), and colours.
    const { data } = await sharp(readFileSync(join(downloads, "sideways-layer.png")))
      .removeAlpha()
      .raw()
      .toBuffer({ resolveWithObject: true });
    const lumas = Array.from(
      { length: data.length / 3 },
      (_, i) => 0.3 * data[3 * i]! + 0.59 * data[3 * i + 1]! + 0.11 * data[3 * i + 2]!,
    );
    lumas.sort((x, y) => x - y);
    expect(lumas.at(-1)! - lumas[0]!).toBeLessThan(3);
    expect(data.some((value, i) => i % 3 === 0 && Math.abs(value - data[i + 1]!) > 5)).toBe(true);
  });

  it("thumbnails are small files", async () => {
    const sources = await page.$$eval("#samples img", (images) => images.map((image) => image.src));
    expect(sources.length).toBe(readdirSync("samples").filter((name) => name.endsWith(".jpg")).length);
    for (const source of sources) {
      const image = await sharp(readFileSync(join(site.folder, new URL(source).pathname)));
      const { size, width } = await image.metadata();
      expect(size, source).toBeLessThanOrEqual(30_000);
      expect(width).toBe(320);
    }
  });

  it("the footer names pictures that are shown", async () => {
    const footer = await page.$eval("footer", (element) => element.textContent);
    const shown = await page.$$eval("#samples span", (captions) => captions.map((caption) => caption.textContent));
    const named = [...footer.matchAll(/“(.+?)”/g)].map(([, name]) => name);
    expect(named).toEqual(["Dogs", "Meadow"]);
    expect(shown).toEqual(expect.arrayContaining(named));
  });

  it("nothing of the original shows on the coloured side", async () => {
    await choose("samples/cat.jpg");
    await coloured("cat.jpg");
    await page.setViewport({ width: 1103, height: 777, deviceScaleFactor: 1.5 });
    // The original black, the coloured picture red: a rest of the original or of the divider is neither.
    await page.$eval(".picture >>> .canvas", (canvas) => {
      const context = (canvas as HTMLCanvasElement).getContext("2d")!;
      context.fillStyle = "#f00";
      context.fillRect(0, 0, 9999, 9999);
    });
    await page.addStyleTag({
      content: ".picture img { filter: brightness(0) } .picture::part(handle)::after { visibility: hidden }",
    });
    const [left, top, right, bottom] = (await box(".picture >>> .picture"))! as [number, number, number, number];
    await page.mouse.move((left + right) / 2, (top + bottom) / 2);
    await page.mouse.down();
    await page.mouse.move(left - 20, (top + bottom) / 2, { steps: 4 });
    await page.mouse.up();
    await page.mouse.move(2, 2);
    await page.evaluate(() => (document.activeElement as HTMLElement).blur());
    await new Promise((resolve) => setTimeout(resolve, 300));
    const clip = { x: Math.ceil(left), y: Math.ceil(top) + 20, width: 12, height: 100 };
    const shot = await sharp(await page.screenshot({ clip }))
      .removeAlpha()
      .raw()
      .toBuffer();
    const colours = new Set(Array.from({ length: shot.length / 3 }, (_, i) => shot.subarray(3 * i, 3 * i + 3).join()));
    expect([...colours]).toEqual(["255,0,0"]);
  });
});

describe("the choice of a model", () => {
  const chosen = (): Promise<string> =>
    page.$eval("#models input:checked", (input) => (input as HTMLInputElement).value);
  const facts = (): Promise<string> => page.$eval("#facts", (element) => element.textContent);
  /** Waits until the picture on the page is coloured by this model. */
  async function colouredBy(model: string): Promise<void> {
    await page.waitForFunction(
      (name) =>
        document.querySelector("#facts")!.textContent.startsWith(`${name}: `) &&
        document.querySelector<HTMLElement>("#progress")!.hidden,
      { timeout: 120_000 },
      model,
    );
  }
  /** The mean of each channel. */
  const meanColour = (): Promise<number[]> =>
    page.$eval(".picture >>> .canvas", (element) => {
      const { width, height } = element as HTMLCanvasElement;
      const { data } = (element as HTMLCanvasElement).getContext("2d")!.getImageData(0, 0, width, height);
      const sums = [0, 0, 0];
      data.forEach((value, i) => i % 4 < 3 && (sums[i % 4]! += value));
      return sums.map((sum) => sum / (width * height));
    });

  it("says of each in one line what it is good at, and its size", async () => {
    await page.evaluate(() => caches.delete("colorize-canvas-1"));
    await page.reload();
    const seen = await page.$$eval("#models label", (labels) =>
      labels.map((label) => [...label.querySelectorAll("span")].map((part) => part.textContent)),
    );
    const expected = ["natural", "inception-table", "inception-strided"].map((name) => {
      const text = readFileSync(join("models", name, "model.json"), "utf8");
      const { summary, files } = JSON.parse(text) as { summary: string; files: Record<string, { bytes: number }> };
      const bytes = Object.values(files).reduce((sum, one) => sum + one.bytes, 0);
      return [name, `${Math.round(bytes / 1e6)} MB download`, summary];
    });
    expect(seen).toEqual(expected);
    expect(await chosen()).toBe("natural");
  });

  it("by the keyboard colours the picture anew, keeps the old colours until then, and is remembered", async () => {
    await choose("samples/cat.jpg");
    await coloured("cat.jpg");
    expect(await facts()).toMatch(/^natural: 451 × 300/);
    const before = await meanColour();
    await page.$eval(".picture", (picture) => ((picture as ColorizeCanvas).comparePosition = 80));
    let release = (): void => {};
    site.disturbance.held = {
      names: /inception-table\/.*onnx/,
      release: new Promise((resolve) => (release = resolve)),
    };
    await page.focus("#models input:checked");
    await page.keyboard.press("ArrowDown");
    await page.waitForSelector("#progress:not([hidden])");
    expect(await meanColour()).toEqual(before);
    expect(await box("#save")).toBeDefined();
    release();
    await colouredBy("inception-table");
    expect(await meanColour()).not.toEqual(before);
    expect(await page.$eval(".picture", (picture) => (picture as ColorizeCanvas).comparePosition)).toBe(80);
    expect(await chosen()).toBe("inception-table");

    await page.keyboard.press("ArrowUp");
    await colouredBy("natural");
    expect(await meanColour()).toEqual(before);
    await page.keyboard.press("ArrowDown");
    await colouredBy("inception-table");
    await page.reload();
    expect(await chosen()).toBe("inception-table");
    await choose("samples/cat.jpg");
    await colouredBy("inception-table");
  });

  it("takes over from the one that is still being downloaded", async () => {
    site.disturbance.held = { names: /natural\/.*onnx/, release: new Promise(() => {}) };
    await page.evaluate(async () => {
      for (const name of await caches.keys()) await caches.delete(name);
    });
    await choose("samples/cat.jpg");
    await page.waitForSelector("#progress:not([hidden])");
    await page.click('#models [value="inception-table"]');
    await colouredBy("inception-table");
    await expectInWindow(".picture >>> .canvas");
    expect(await box("#message")).toBeUndefined();
  });

  it("frees the model before when the picture is done, and loads it again when it is wanted", async () => {
    const before = site.requests.length;
    await choose("samples/cat.jpg");
    await coloured("cat.jpg");
    for (const name of ["inception-table", "natural"]) {
      await page.click(`#models [value="${name}"]`);
      await colouredBy(name);
    }
    const loads = site.requests.slice(before).filter((path) => path.endsWith("/model.json"));
    expect(loads).toEqual(["natural", "inception-table", "natural"].map((name) => `/models/${name}/model.json`));
  });

  it("keeps the saturation that was set meanwhile", async () => {
    await choose("samples/cat.jpg");
    await coloured("cat.jpg");
    await page.click('#models [value="inception-table"]');
    await page.$eval("#saturation", (element) => {
      (element as HTMLInputElement).value = "0";
      element.dispatchEvent(new Event("input"));
      element.dispatchEvent(new Event("change"));
    });
    await colouredBy("inception-table");
    const spread = async (): Promise<number> => Math.max(...(await meanColour())) - Math.min(...(await meanColour()));
    await expect.poll(spread, { timeout: 30_000 }).toBeLessThan(0.5);
  });

  it("goes back with its picture when the other one cannot be had", async () => {
    site.disturbance.missing = /inception-table\//;
    await page.evaluate(async () => {
      for (const name of await caches.keys()) await caches.delete(name);
    });
    await choose("samples/cat.jpg");
    await coloured("cat.jpg");
    await page.click('#models [value="inception-table"]');
    await page.waitForSelector("#message:not([hidden])", { timeout: 60_000 });
    expect(await message()).toMatch(/networks could not be downloaded/);
    expect(await chosen()).toBe("natural");
    expect(await facts()).toMatch(/^natural: /);
    await coloured("cat.jpg");
    await page.reload();
    expect(await chosen()).toBe("natural");
  });

  it("fits windows of every width, light and dark, before and after", async () => {
    const check = async (state: string): Promise<void> => {
      for (const [width, height] of [
        [1280, 800],
        [390, 844],
        [320, 568],
      ] as const)
        for (const scheme of ["light", "dark"]) {
          await page.setViewport({ width, height });
          await page.emulateMediaFeatures([{ name: "prefers-color-scheme", value: scheme }]);
          const cut = await page.$$eval("#models, #models label, #models span", (parts) =>
            parts
              .filter((part) => part.scrollWidth > part.clientWidth && part.clientWidth > 0)
              .map((part) => part.textContent),
          );
          expect(cut, `${state} ${width} ${scheme}`).toEqual([]);
          expect(await page.evaluate(() => document.documentElement.scrollWidth - innerWidth)).toBeLessThanOrEqual(0);
          await visit.screenshot(page, `choice-${state}-${width}x${height}-${scheme}`);
        }
    };
    await check("before");
    await choose("samples/cat.jpg");
    await coloured("cat.jpg");
    await page.evaluate(() => scrollTo(0, 0));
    await check("after");
  });
});

describe("where the time goes", () => {
  it("is readable on a phone", async () => {
    await page.setViewport({ width: 360, height: 740 });
    await choose("samples/cat.jpg");
    await coloured("cat.jpg");
    await page.click("#profile summary");
    await page.waitForSelector("#layers table", { timeout: 120_000 });
    const seen = await page.evaluate(() => {
      const cells = [...document.querySelectorAll<HTMLElement>("#layers :is(th, td)")];
      const cut = cells.filter((cell) => cell.scrollWidth > cell.clientWidth).map((cell) => cell.textContent);
      const strip = document.querySelector(".strip")!.getBoundingClientRect();
      const parts = [...document.querySelectorAll<HTMLElement>(".strip span")];
      const coloured = parts.reduce((sum, part) => sum + part.clientWidth, 0);
      return { cut, share: coloured / strip.width, overflow: document.documentElement.scrollWidth - innerWidth };
    });
    expect(seen.cut).toEqual([]);
    expect(seen.share).toBeGreaterThan(0.9);
    expect(seen.overflow).toBeLessThanOrEqual(0);
    await page.waitForSelector(".tiles canvas", { visible: true });
    await visit.screenshot(page, "layer-360");
    const right = await page.$eval(".tiles canvas", (canvas) => canvas.getBoundingClientRect().right);
    expect(right).toBeLessThanOrEqual(360);
  });
});
