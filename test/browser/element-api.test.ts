/** Attributes, properties, methods, events and states of <colorize-canvas>, in one page with a tiny model. */
import { readFileSync } from "node:fs";
import type { Page } from "puppeteer";
import sharp from "sharp";
import { beforeEach, describe, expect, it } from "vitest";
import type { ColorizeCanvas } from "../../src/element";
import { TEXTS } from "../../src/element/texts";
import { answer } from "../shared/answering-server";
import { SHIPPED } from "../shared/browser-model";
import { useElementPage, type ElementPage } from "./element-page";

let open: ElementPage;
let page: Page;

useElementPage((opened) => {
  open = opened;
  ({ page } = opened);
});

beforeEach(async () => {
  open.messages.length = 0;
  await page.evaluate(() => document.body.replaceChildren());
});

describe("attributes", () => {
  it("are none at creation, have defaults, and reflect properties", async () => {
    const seen = await page.evaluate(() => {
      const element = document.createElement("colorize-canvas");
      const names = (element.constructor as typeof ColorizeCanvas).observedAttributes;
      const properties = names.map((name) => (name === "crossorigin" ? "crossOrigin" : name));
      const read = (): unknown[] => properties.map((name) => element[name as "src"]);
      const created = element.getAttributeNames();
      const defaults = read();
      Object.assign(element, {
        src: "a.jpg",
        alt: "b",
        model: "/m/",
        preset: "eccv16",
        loading: "lazy",
        compare: "slider",
        zoomable: true,
        saturation: 1.5,
      });
      Object.assign(element, {
        warmth: -0.5,
        size: 64,
        precision: "f32",
        fallback: "wasm",
        workers: "/models/workers/",
        crossOrigin: "use-credentials",
        controls: true,
      });
      Object.assign(element, { width: 600, height: 400 });
      return {
        created,
        names,
        defaults,
        attributes: names.map((name) => element.getAttribute(name)),
        properties: read(),
      };
    });
    expect(seen.created).toEqual([]);
    expect(seen.defaults).toEqual([
      "",
      "",
      "",
      "",
      "eager",
      "off",
      false,
      1,
      0,
      null,
      "auto",
      "",
      "",
      null,
      false,
      0,
      0,
    ]);
    const texts = [
      "a.jpg",
      "b",
      "/m/",
      "eccv16",
      "lazy",
      "slider",
      "",
      "1.5",
      "-0.5",
      "64",
      "f32",
      "wasm",
      "/models/workers/",
      "use-credentials",
      "",
      "600",
      "400",
    ];
    expect(seen.attributes).toEqual(texts);
    expect(seen.properties).toEqual([
      "a.jpg",
      "b",
      "/m/",
      "eccv16",
      "lazy",
      "slider",
      true,
      1.5,
      -0.5,
      64,
      "f32",
      "wasm",
      "/models/workers/",
      "use-credentials",
      true,
      600,
      400,
    ]);
  });

  it("with a fixed set of words take them in any case, and warn of others", async () => {
    const seen = await page.evaluate(() => {
      const element = document.createElement("colorize-canvas");
      element.setAttribute("compare", "Slider");
      element.setAttribute("loading", "lazily");
      element.setAttribute("crossorigin", "");
      const { compare, loading, crossOrigin } = element;
      return { compare, loading, crossOrigin };
    });
    expect(seen).toEqual({ compare: "slider", loading: "eager", crossOrigin: "anonymous" });
    expect(open.messages).toEqual([
      'warn <colorize-canvas loading="lazily">: expected one of eager, lazy, manual; "eager" is used.',
    ]);
  });

  it("a wrong word of precision or address of a model is an error before the model is loaded, which a right one mends", async () => {
    const seen = await page.evaluate(async () => {
      const element = add({ src: "/samples/cat.jpg", precision: "f61" });
      await next(element, "error");
      const { code, message } = element.error!;
      element.model = "http://[";
      element.precision = "f32";
      await next(element, "error");
      const address = element.error!.message;
      element.model = "/tiny/";
      await next(element, "load");
      return { code, message, address, state: element.state };
    });
    expect(seen).toMatchObject({ code: "input", state: "ready" });
    expect(seen.message).toMatch(/^precision: expected auto, f32, f16, f16-weights, received "f61"/);
    expect(seen.address).toBe('model: expected an address, received "http://[".');
    expect(open.messages).toEqual([]);
  });

  it("crossorigin decides whether cookies are sent to another site", async () => {
    const cookies: (string | undefined)[] = [];
    const other = await answer((_, response, __, { headers }) => {
      cookies.push(headers.cookie);
      const allowed = { "access-control-allow-origin": open.site.address, "access-control-allow-credentials": "true" };
      response.writeHead(200, { ...allowed, "cache-control": "no-store" }).end(readFileSync("samples/cat.jpg"));
    });
    try {
      // The name of the page's own site, whose cookies are for all ports.
      const src = other.url.replace("127.0.0.1", "localhost");
      const states = await page.evaluate(async (address) => {
        document.cookie = "visitor=7";
        const element = add({ src: address, loading: "manual" });
        const states = [];
        for (const value of [null, "anonymous", "use-credentials"] as const) {
          element.crossOrigin = value;
          await element.colorize();
          states.push(element.state);
        }
        document.cookie = "visitor=; max-age=0";
        return states;
      }, src);
      expect(states).toEqual(["ready", "ready", "ready"]);
      expect(cookies.length).toBeGreaterThan(1);
      expect(cookies.at(-1)).toBe("visitor=7");
      expect(cookies.slice(0, -1)).toEqual(cookies.slice(0, -1).map(() => undefined));
    } finally {
      await other.close();
    }
  });

  it("width and height reserve the space, and the page's own style wins", async () => {
    const seen = await page.evaluate(async () => {
      const element = add({ width: "300", height: "200", src: "/samples/cat.jpg", loading: "manual" });
      const size = (): number[] => [element.offsetWidth, element.offsetHeight];
      const before = size();
      await next(element.shadowRoot!.querySelector("img")!, "load");
      await new Promise((resolve) => setTimeout(resolve, 50));
      const after = size();
      const high = add({ height: "100", src: "/samples/cat.jpg", loading: "manual" });
      await next(high.shadowRoot!.querySelector("img")!, "load");
      document.head.append(
        Object.assign(document.createElement("style"), { textContent: "colorize-canvas { width: 90px }" }),
      );
      const own = element.offsetWidth;
      document.head.lastChild!.remove();
      return { before, after, high: [high.offsetWidth, high.offsetHeight], own };
    });
    expect(seen).toEqual({ before: [300, 200], after: [300, 200], high: [150, 100], own: 90 });
  });

  it("warmth and saturation change the look without another run; size and precision run the network again", async () => {
    const seen = await page.evaluate(async () => {
      const element = add({ src: "/samples/cat.jpg" });
      await next(element, "load");
      let loads = 0;
      element.addEventListener("load", () => loads++);
      const first = element.result!;
      element.warmth = 0.5;
      element.saturation = 2;
      await element.toBlob(); // of the newest look
      const { warmth, saturation } = element.result!;
      const look = { warmth, saturation, loads, state: element.state, other: element.result !== first };
      element.size = 32;
      await next(element, "load");
      const size = element.result!.workingSize;
      element.precision = "f16-weights";
      const kept = element.result !== null;
      await next(element, "load");
      return { look, size: Math.max(size.width, size.height) < 64, warmth: element.result!.warmth, kept, loads };
    });
    expect(seen).toEqual({
      look: { warmth: 0.5, saturation: 2, loads: 0, state: "ready", other: true },
      size: true,
      warmth: 0.5,
      kept: true,
      loads: 2,
    });
  });

  it("hints change the picture without another run, in other looks, too, until there are none", async () => {
    const seen = await page.evaluate(async () => {
      const element = add({ src: "/samples/cat.jpg" });
      /** How much redder than blue the picture is at the hint. */
      const redAt = (): number => {
        const { data, width } = element.result!;
        const at = 4 * (150 * width + 200);
        return data[at]! - data[at + 2]!;
      };
      element.hints = [{ x: 200, y: 150, radius: 8, color: "#906060" }];
      await next(element, "load");
      let loads = 0;
      element.addEventListener("load", () => loads++);
      const red = redAt();
      element.saturation = 0.5;
      await element.toBlob();
      const pale = redAt();
      element.hints = [{ x: 200, y: 150, radius: 8, color: "#606090" }];
      element.saturation = 1;
      await element.toBlob();
      const blue = redAt();
      element.hints = null as never; // as frameworks do
      await element.toBlob();
      return { red, pale, blue, none: redAt(), loads, hints: element.hints };
    });
    expect(seen).toMatchObject({ loads: 0, hints: [] });
    // Of the hints, as far as the photograph's light allows; without them either model makes it orange.
    expect(Math.abs(seen.red - (0x90 - 0x60))).toBeLessThan(8);
    expect(Math.abs(seen.pale - seen.red / 2)).toBeLessThan(4);
    expect(seen.blue).toBeLessThan(-20);
    expect(seen.none).toBeGreaterThan(SHIPPED ? 30 : 80);
  });

  it("a wrong hint is an error, which right ones end", async () => {
    const seen = await page.evaluate(async () => {
      const element = add({ src: "/samples/cat.jpg" });
      await next(element, "load");
      const failed = next(element, "error");
      element.hints = [{ x: 200, y: 150, radius: 8, color: "red" }];
      const { detail } = await failed;
      const loaded = next(element, "load");
      element.hints = [];
      await loaded;
      return [(detail as Error).message, element.state];
    });
    expect(seen).toEqual([expect.stringMatching(/^hints\[0\].color: expected "#rrggbb"/), "ready"]);
  });

  it("a wrong warmth is an error, which a right one ends", async () => {
    const seen = await page.evaluate(async () => {
      const element = add({ src: "/samples/cat.jpg", warmth: "hot" });
      const { detail } = await next(element, "error");
      element.warmth = 0;
      await next(element, "load");
      return [(detail as Error).message, element.state, element.error];
    });
    expect(seen).toEqual([
      expect.stringMatching(/^warmth: expected a number from -1 to 1 .* received "hot"/),
      "ready",
      null,
    ]);
  });
});

describe("source", () => {
  it("takes files, bitmaps, frames, canvases, elements and pixels, which may change or close at once", async () => {
    const seen = await page.evaluate(async () => {
      const element = add();
      const blob = await (await fetch("/samples/cat.jpg")).blob();
      const canvas = new OffscreenCanvas(40, 30);
      const context = canvas.getContext("2d")!;
      context.fillStyle = "#888";
      context.fillRect(0, 0, 40, 30);
      const onPage = document.createElement("canvas");
      [onPage.width, onPage.height] = [24, 18];
      onPage.getContext("2d");
      const img = new Image();
      img.src = "/samples/cat.jpg";
      const frame = new VideoFrame(canvas, { timestamp: 0 });
      const bitmap = await createImageBitmap(canvas, 0, 0, 20, 10);
      const sources = {
        blob: () => blob,
        file: () => new File([blob], "grandma.jpg", { type: "image/jpeg" }),
        bitmap: () => bitmap,
        frame: () => frame,
        canvas: () => onPage,
        offscreen: () => canvas,
        img: () => img,
        pixels: () => context.getImageData(0, 0, 16, 12),
        raw: () => ({ data: new Uint8Array(8 * 6 * 4).fill(255), width: 8, height: 6 }),
      };
      const sizes: Record<string, string> = {};
      for (const [name, source] of Object.entries(sources)) {
        element.source = source();
        if (name === "bitmap") bitmap.close();
        if (name === "frame") frame.close();
        await Promise.race([next(element, "load"), next(element, "error")]);
        const shown = [...element.shadowRoot!.querySelectorAll<HTMLElement>("[part=original]")].filter(
          (one) => !one.hidden,
        );
        const { width, height } = element.result ?? { width: element.error!.message, height: "" };
        sizes[name] = `${width}x${height} ${shown.map(({ localName }) => localName).join()}`;
      }
      return { sizes, attributes: element.getAttributeNames() };
    });
    expect(seen.sizes).toEqual({
      blob: "451x300 img",
      file: "451x300 img",
      bitmap: "20x10 canvas",
      frame: "40x30 canvas",
      canvas: "24x18 canvas",
      offscreen: "40x30 canvas",
      img: "451x300 canvas",
      pixels: "16x12 canvas",
      raw: "8x6 canvas",
    });
    expect(seen.attributes).toEqual(["model"]);
  });

  it("wins over src until it is null, and refuses what is no picture", async () => {
    const seen = await page.evaluate(async () => {
      const element = add({ src: "/samples/cat.jpg" });
      const bitmap = await createImageBitmap(new ImageData(16, 12));
      element.source = bitmap;
      bitmap.close();
      await next(element, "load");
      element.src = "/samples/coffee.jpg";
      element.crossOrigin = "anonymous";
      element.src = "/samples/cat.jpg";
      await new Promise((resolve) => setTimeout(resolve, 100));
      const widths = [element.state, element.result?.width];
      element.source = null;
      await next(element, "load");
      widths.push(element.result!.width);
      let message = "";
      try {
        element.source = "/samples/cat.jpg" as unknown as Blob;
      } catch (error) {
        message = (error as Error).message;
      }
      const codes = [];
      const wrong = [
        new Blob(["no picture"]),
        { data: new Uint8Array(10), width: 2, height: 2 },
        { width: 2, height: 2 },
      ];
      for (const source of wrong) {
        element.source = source as Blob;
        await next(element, "error");
        codes.push(element.error!.code);
      }
      return { widths, message, codes };
    });
    expect(seen.widths).toEqual(["ready", 16, 451]);
    expect(seen.message).toMatch(/expected a picture: .* received the address "\/samples\/cat.jpg"/);
    expect(seen.codes).toEqual(["image", "image", "image"]);
  });
});

describe("a source without a picture", () => {
  it.each([
    ["an <img> of a missing file", "img", /missing\.png: expected a photograph that this browser can read/],
    ["a <video> without a frame", "video", /^source: expected a picture, received one without pixels.*`loadeddata`/],
    ["an empty canvas", "canvas", /^source: expected a picture, received one without pixels/],
  ] as const)("is an error of the photograph: %s", async (_, tag, message) => {
    const seen = await page.evaluate(async (name) => {
      const element = add({ loading: "manual" });
      const source = document.createElement(name);
      if (source instanceof HTMLImageElement) source.src = "/missing.png";
      if (source instanceof HTMLCanvasElement) source.width = 0;
      element.source = source;
      await element.colorize().catch(() => undefined);
      return { code: element.error!.code, message: element.error!.message };
    }, tag);
    expect(seen).toEqual({ code: "image", message: expect.stringMatching(message) as string });
  });
});

it("colorizer replaces the shared one, and stays the page's", async () => {
  const seen = await page.evaluate(async () => {
    const asked: unknown[] = [];
    const element = add({ src: "/samples/cat.jpg", model: "/nowhere/", loading: "manual", saturation: "0.5" });
    element.colorizer = {
      colorize: (source, { saturation, size } = {}) => {
        asked.push([(source as Element).localName, saturation, size]);
        return Promise.reject(new Error("never mind"));
      },
    };
    const message = await element.colorize().catch(String);
    return { asked, message, code: element.error!.code };
  });
  expect(seen.asked).toEqual([["img", 0.5, null]]);
  expect(seen.message).toMatch(/colorize-canvas: expected a coloured photograph, received Error: never mind/);
  expect(seen.code).toBe("input");
});

describe("loading", () => {
  it("manual shows the photograph and colours when asked", async () => {
    const seen = await page.evaluate(async () => {
      const element = add({ src: "/samples/cat.jpg", loading: "manual" });
      const original = element.shadowRoot!.querySelector("img")!;
      await next(original, "load");
      await new Promise((resolve) => setTimeout(resolve, 200));
      const before = [element.state, original.checkVisibility(), getComputedStyle(original).filter];
      const [first, second] = [element.colorize(), element.colorize()];
      const state = element.state;
      const result = await first;
      const third = await element.colorize();
      return {
        before,
        state,
        after: element.state,
        joined: first === second,
        same: third === result,
        width: result.width,
      };
    });
    expect(seen).toEqual({
      before: ["idle", true, "none"],
      state: "loading",
      after: "ready",
      joined: true,
      same: true,
      width: 451,
    });
  });

  it("lazy waits until the element is near the viewport", async () => {
    const seen = await page.evaluate(async () => {
      const space = document.body.appendChild(document.createElement("div"));
      space.style.height = "5000px";
      const element = add({ src: "/samples/cat.jpg?lazy", loading: "lazy" });
      await new Promise((resolve) => setTimeout(resolve, 300));
      const requested = performance.getEntriesByName(`${location.origin}/samples/cat.jpg?lazy`).length;
      const before = element.state;
      element.remove(); // it still waits when it returns
      document.body.append(element);
      await new Promise((resolve) => setTimeout(resolve, 100));
      const loaded = next(element, "load");
      space.remove();
      await loaded;
      return [before, requested, element.state];
    });
    expect(seen).toEqual(["idle", 0, "ready"]);
  });
});

describe("methods", () => {
  it("abort() ends the work, and colorize() starts it again", async () => {
    const seen = await page.evaluate(async () => {
      const element = add({ src: "/samples/cat.jpg" });
      await next(element, "statechange");
      const running = element.colorize().catch((error: Error) => error.name);
      element.abort();
      const states = [element.state];
      const name = await running;
      await new Promise((resolve) => setTimeout(resolve, 300));
      states.push(element.state);
      await element.colorize();
      states.push(element.state);
      element.size = 32;
      await next(element, "statechange");
      element.abort(); // the picture before stays
      states.push(element.state);
      const kept = element.result;
      const again = await element.colorize();
      return { states, name, sizes: [kept, again].map((result) => result?.workingSize.width) };
    });
    expect(seen).toMatchObject({ states: ["idle", "idle", "ready", "ready"], name: "AbortError" });
    expect(seen.sizes[0]).toBeLessThan(seen.sizes[1]!); // of the size that was asked for
  });

  it("abort() does not end later changes of the look, and toBlob() waits for the newest", async () => {
    const seen = await page.evaluate(async () => {
      const element = add({ src: "/samples/cat.jpg", loading: "manual" });
      await element.colorize();
      element.abort();
      element.saturation = 0.5;
      const blob = element.toBlob();
      element.saturation = 2;
      await blob;
      return [element.state, element.result!.saturation];
    });
    expect(seen).toEqual(["ready", 2]);
  });

  it("a change of the look that other work, abort() or show() ends is no error", async () => {
    const seen = await page.evaluate(async () => {
      const element = add({ src: "/samples/cat.jpg" });
      const events: string[] = [];
      for (const type of ["load", "error"]) element.addEventListener(type, () => events.push(type));
      const settled = (): Promise<void> => new Promise((resolve) => setTimeout(resolve, 300));
      await next(element, "load");
      const first = element.result!;
      element.saturation = 0.5;
      element.abort();
      await settled();
      const states = [`${element.state} ${element.result === first}`];
      element.saturation = 0.6;
      await element.show(first);
      await settled();
      states.push(`${element.state} ${element.result === first}`);
      element.hints = [{ x: 20, y: 15, radius: 8, color: "#606090" }];
      element.src = "/samples/coffee.jpg";
      await Promise.race([next(element, "load"), next(element, "error")]);
      element.saturation = 0.7;
      element.size = 64;
      await Promise.race([next(element, "load"), next(element, "error")]);
      states.push(`${element.state} ${element.result?.saturation}`);
      element.saturation = 0.8;
      element.remove();
      await settled();
      return { states: [...states, element.state], events };
    });
    expect(seen).toEqual({
      states: ["ready true", "ready true", "ready 0.7", "idle"],
      events: ["load", "load", "load"],
    });
  });

  it("colorize() ends with an AbortError when another photograph takes the place", async () => {
    const seen = await page.evaluate(async () => {
      const element = add({ src: "/samples/coffee.jpg" });
      const first = element.colorize().catch((error: Error) => error.name);
      element.src = "/samples/cat.jpg";
      return { first: await first, width: (await element.colorize()).width };
    });
    expect(seen).toEqual({ first: "AbortError", width: 451 });
  });

  it("colorize() and toBlob() say what is missing", async () => {
    const seen = await page.evaluate(async () => {
      const element = add();
      return [await element.toBlob().catch(String), await element.colorize().catch(String), element.state];
    });
    expect(seen[0]).toMatch(/toBlob\(\): expected a coloured picture, received none in state "idle"\. Wait for/);
    expect(seen[1]).toMatch(/colorize-canvas: expected a photograph, received none\. Set `src` or `source`/);
    expect(seen[2]).toBe("error");
  });

  it("another photograph ends an error", async () => {
    const seen = await page.evaluate(async () => {
      const element = add({ src: "/missing.jpg", loading: "manual" });
      await next(element, "error");
      element.src = "/samples/cat.jpg";
      await next(element, "statechange");
      return [element.state, element.error];
    });
    expect(seen).toEqual(["idle", null]);
  });

  it("toBlob() and download() encode the coloured picture, named after the photograph", async () => {
    const seen = await page.evaluate(async () => {
      const files: [string, string][] = [];
      const click = HTMLAnchorElement.prototype.click;
      HTMLAnchorElement.prototype.click = function () {
        files.push([this.download, this.href]);
      };
      const element = add({ src: "/samples/cat.jpg?large#x" });
      await element.colorize();
      await element.download();
      await element.download("mine.webp");
      element.source = new File([await (await fetch("/samples/cat.jpg")).blob()], "my cat.tiff.gif");
      await element.colorize();
      await element.download();
      element.source = new ImageData(16, 12);
      await element.colorize();
      await element.download();
      HTMLAnchorElement.prototype.click = click;
      const types = await Promise.all(
        files.map(async ([name, href]) => {
          const file = await (await fetch(href)).blob();
          return [name, file.type, (await file.text()).includes("digitalsourcetype/algorithmicallyEnhanced")];
        }),
      );
      return { types, blob: (await element.toBlob("image/jpeg", 0.5)).type };
    });
    expect(seen.types).toEqual([
      ["cat-colour.jpg", "image/jpeg", true],
      ["mine.webp", "image/webp", true],
      ["my cat.tiff-colour.png", "image/png", true],
      ["photograph-colour.png", "image/png", true],
    ]);
    expect(seen.blob).toBe("image/jpeg");
  });

  it("toBlob() carries the EXIF of a photograph that is a file, upright", async () => {
    const camera = { IFD0: { Make: "Voigtlander" }, IFD3: { GPSLatitudeRef: "N" } };
    const sideways = sharp("samples/cat.jpg").resize(64, 48).withMetadata({ orientation: 6 }).withExifMerge(camera);
    const photograph = [...(await sideways.jpeg().toBuffer())];
    const files = await page.evaluate(async (bytes) => {
      const element = add();
      element.source = new Blob([Uint8Array.from(bytes)], { type: "image/jpeg" });
      await element.colorize();
      const types = ["image/jpeg", "image/png", "image/webp"];
      const made = await Promise.all(types.map(async (type) => (await element.toBlob(type)).arrayBuffer()));
      return made.map((file) => [...new Uint8Array(file)]);
    }, photograph);
    for (const file of files) {
      const { exif, width, height, orientation, xmp } = await sharp(Uint8Array.from(file)).metadata();
      expect({ width, height, orientation }).toEqual({ width: 48, height: 64, orientation: 1 });
      expect(exif?.includes("Voigtlander")).toBe(true);
      expect(xmp?.includes("algorithmicallyEnhanced")).toBe(true);
    }
  });
});

it("works where custom states must begin with two dashes, as in Chromium before 125", async () => {
  const state = await page.evaluate(async () => {
    const { add: own } = CustomStateSet.prototype;
    CustomStateSet.prototype.add = () => {
      throw new DOMException("not a dashed identifier", "SyntaxError");
    };
    const element = add({ src: "/samples/cat.jpg" });
    await next(element, "load");
    CustomStateSet.prototype.add = own;
    return element.state;
  });
  expect(state).toBe("ready");
});

describe("events", () => {
  it("tell progress that never falls, then load; states are there for CSS at each statechange", async () => {
    const seen = await page.evaluate(async () => {
      const element = add();
      const order: string[] = [];
      const fractions: number[] = [];
      for (const type of ["statechange", "load", "error"])
        element.addEventListener(type, () => {
          const states = ["idle", "loading", "ready", "error"].filter((one) => element.matches(`:state(${one})`));
          order.push(`${type} ${states.join()}`);
        });
      element.addEventListener("progress", ({ detail }) => fractions.push(detail.fraction));
      element.src = "/samples/cat.jpg";
      await next(element, "load");
      const once = [...order];
      element.src = "/missing.jpg";
      await next(element, "error");
      return { once, order: order.slice(once.length), fractions };
    });
    expect(seen.once).toEqual(["statechange loading", "statechange ready", "load ready"]);
    expect(seen.order).toEqual(["statechange loading", "statechange error", "error error"]);
    expect(seen.fractions).toEqual(seen.fractions.toSorted((a, b) => a - b));
    expect(seen.fractions.at(-1)).toBe(1);
    // The model was loaded before: all of the bar is for colouring.
    expect(seen.fractions[0]).toBe(0);
  });
});

it("texts replace every English one", async () => {
  const names = Object.keys(TEXTS);
  const said = await page.evaluate(async (all) => {
    for (const name of await caches.keys()) await caches.delete(name);
    const element = document.createElement("colorize-canvas");
    const said = new Set<string>();
    const listen = (): void => {
      for (const one of element.shadowRoot!.querySelectorAll("*")) {
        const own = [...one.childNodes].filter((node) => node instanceof Text).map(({ data }) => data);
        const attributes = ["aria-label", "aria-valuetext", "alt", "title"].map((name) => one.getAttribute(name) ?? "");
        for (const text of [...own, ...attributes]) if (/[a-z]/i.test(text)) said.add(text);
      }
    };
    for (const type of ["statechange", "progress", "load", "error"]) element.addEventListener(type, listen);
    element.texts = Object.fromEntries(all.map((name) => [name, `«${name}»`]));
    Object.assign(element, { model: "/tiny/?texts", controls: true, zoomable: true, compare: "slider" });
    document.body.append(element);
    element.src = "/samples/cat.jpg"; // downloads the model
    await next(element, "load");
    element.compare = "hold";
    element.model = "/tiny/?texts-again"; // from this device
    await next(element, "load");
    element.src = "/missing.jpg";
    await next(element, "error");
    return [...said];
  }, names);
  expect(said.sort()).toEqual(names.map((name) => `«${name}»`).sort());
});

it("texts have places for values, and may be of errors by code", async () => {
  const seen = await page.evaluate(async () => {
    const element = add({ compare: "slider", controls: "" });
    const text = (part: string): string => element.shadowRoot!.querySelector(`[part=${part}]`)!.textContent;
    element.texts = {
      save: "Sichern",
      compare: "Vergleich",
      comparePosition: "{value} % Original",
      error: "Fehler: {message}",
      "error-image": "Kein Bild",
    };
    element.src = "/samples/cat.jpg";
    await next(element, "load");
    const handle = element.shadowRoot!.querySelector("[role=slider]")!;
    const ready = [text("save"), handle.getAttribute("aria-label"), handle.getAttribute("aria-valuetext")];
    element.src = "/missing.jpg";
    await next(element, "error");
    const image = text("error");
    element.src = "/samples/cat.jpg";
    element.saturation = 9;
    await next(element, "error");
    const other = text("error");
    element.texts = null;
    return { ready, image, other, english: text("error").startsWith("saturation: expected") };
  });
  expect(seen).toEqual({
    ready: ["Sichern", "Vergleich", "50 % Original"],
    image: "Kein Bild",
    other: expect.stringMatching(/^Fehler: saturation: expected/) as string,
    english: true,
  });
});
