/** Finished pictures that a page shows, and a look closer at them, in one page with a tiny model. */
import type { Page } from "puppeteer";
import { beforeEach, describe, expect, it } from "vitest";
import { useElementPage } from "./element-page";

let page: Page;

useElementPage((open) => ({ page } = open));

beforeEach(async () => {
  await page.evaluate(() => {
    document.body.replaceChildren();
    document.dir = "";
    document.body.style.margin = "0";
  });
});

/** Adds an element that waits, around an <img> of the page: 451x300 in the page's upper left corner. */
async function waiting(attributes: Record<string, string> = {}): Promise<void> {
  await page.evaluate(async (given) => {
    const element = add({ loading: "manual", compare: "slider", ...given });
    const image = Object.assign(new Image(), { src: "/samples/cat.jpg", alt: "A cat" });
    await image.decode();
    element.append(image);
  }, attributes);
}

/** Shows a red picture of 451x300. */
function showRed(): Promise<void> {
  return page.evaluate(async () => {
    const canvas = new OffscreenCanvas(451, 300);
    const context = canvas.getContext("2d")!;
    context.fillStyle = "#f00";
    context.fillRect(0, 0, 451, 300);
    await document.querySelector("colorize-canvas")!.show(await canvas.convertToBlob());
  });
}

function see(): Promise<{ state: string; result: boolean; colour: string; visible: boolean; img: string }> {
  return page.evaluate(() => {
    const element = document.querySelector("colorize-canvas")!;
    const canvas = element.shadowRoot!.querySelector<HTMLCanvasElement>("[part=canvas]")!;
    const pixel = canvas.width ? [...canvas.getContext("2d")!.getImageData(100, 100, 1, 1).data].join() : "";
    return {
      state: element.state,
      result: element.result !== null,
      colour: pixel,
      visible: canvas.checkVisibility(),
      img: element.querySelector("img")!.currentSrc.replace(/.*\//, ""),
    };
  });
}

describe("show()", () => {
  it("shows a file in colour over the photograph, also right after that was put into the element", async () => {
    await waiting();
    await showRed();
    const expected = { state: "ready", result: false, colour: "255,0,0,255", visible: true, img: "cat.jpg" };
    expect(await see()).toEqual(expected);
    await page.evaluate(() => new Promise((resolve) => setTimeout(resolve, 50)));
    expect(await see()).toEqual(expected);
  });

  it("takes a result of the page's own, which keeps its hints, follows saturation and is saved", async () => {
    const seen = await page.evaluate(async () => {
      const first = add({ src: "/samples/cat.jpg" });
      first.hints = [{ x: 200, y: 150, radius: 8, color: "#606090" }];
      await next(first, "load");
      const second = add({ src: "/samples/cat.jpg", loading: "manual" });
      const changes: string[] = [];
      second.addEventListener("statechange", () => changes.push(second.state));
      await second.show(first.result!);
      const same = second.result === first.result;
      const { size } = await second.toBlob();
      second.saturation = 0.9;
      await second.toBlob();
      const { data, saturation } = second.result!;
      const at = 4 * (150 * 451 + 200);
      return { same, changes, saved: size > 1000, saturation, blue: data[at + 2]! > data[at]! };
    });
    expect(seen).toEqual({ same: true, changes: ["ready"], saved: true, saturation: 0.9, blue: true });
  });

  it("ends the element's own work, and gives way to another photograph", async () => {
    const seen = await page.evaluate(async () => {
      const element = add({ src: "/samples/cat.jpg" });
      await next(element, "progress");
      const work = element.colorize().then(
        () => "coloured",
        (error: Error) => error.name,
      );
      await element.show(new ImageData(451, 300));
      const ended = [await work, element.state];
      const late = element.show(new ImageData(451, 300)).then(
        () => "shown",
        (error: Error) => error.name,
      );
      element.loading = "manual";
      element.src = "/samples/coffee.jpg";
      await new Promise((resolve) => setTimeout(resolve));
      return [...ended, await late, element.state];
    });
    expect(seen).toEqual(["AbortError", "ready", "AbortError", "idle"]);
  });

  it("rejects what is no picture, and shows the photograph meanwhile", async () => {
    await waiting();
    const failures = await page.evaluate(async () => {
      const element = document.querySelector("colorize-canvas")!;
      const failure = (picture: unknown): Promise<string> =>
        element.show(picture as Blob).then(
          () => "shown",
          ({ code, message }: Error & { code: string }) => `${code}: ${message}`,
        );
      const bitmap = await createImageBitmap(new ImageData(2, 2));
      bitmap.close();
      const failures = [];
      const pixels = { data: new Uint8Array(10), width: 2, height: 2 };
      for (const wrong of [new File(["no picture"], "notes.txt"), "address.jpg", pixels, {}, bitmap])
        failures.push(await failure(wrong));
      return failures;
    });
    expect(failures[0]).toMatch(/^image: .*notes\.txt/s);
    expect(failures[1]).toMatch(/^input: .*the address "address.jpg"/s);
    for (const failure of failures.slice(2)) expect(failure).toMatch(/^image: show\(\)/);
    expect(await see()).toMatchObject({ state: "idle", visible: false });
  });

  it("keeps no copy of a picture that it does not show", async () => {
    const open = await page.evaluate(async () => {
      const made: ImageBitmap[] = [];
      const create = globalThis.createImageBitmap;
      globalThis.createImageBitmap = async (source: ImageBitmapSource) => {
        made.push(await create(source));
        return made.at(-1)!;
      };
      const element = add({ src: "/missing.jpg", loading: "manual" });
      const shown = element.show(new ImageData(451, 300)).catch(() => undefined);
      await Promise.all([shown, element.show(new ImageData(451, 300)).catch(() => undefined)]);
      element.src = "/samples/cat.jpg";
      await element.show(new ImageData(451, 300));
      globalThis.createImageBitmap = create;
      return made.map(({ width }) => width);
    });
    expect(open).toEqual([0, 0, 0]);
  });

  it("says that a picture without a result cannot be saved", async () => {
    await waiting();
    await showRed();
    const failure = await page.evaluate(() =>
      document
        .querySelector("colorize-canvas")!
        .toBlob()
        .then(String, (error: Error & { code: string }) => error.code),
    );
    expect(failure).toBe("input");
  });

  it("`comparing` shows the original while a button of the page is held, whatever `compare` says", async () => {
    await waiting({ compare: "off" });
    const shown = (on: boolean): Promise<(string | boolean)[]> =>
      page.evaluate((value) => {
        const element = document.querySelector("colorize-canvas")!;
        element.comparing = value;
        const canvas = element.shadowRoot!.querySelector("[part=canvas]")!;
        return [getComputedStyle(canvas).opacity, element.matches(":state(comparing)")];
      }, on);
    expect((await shown(true))[1]).toBe(false); // nothing to compare with
    await showRed();
    expect(await shown(true)).toEqual(["0", true]);
    await shown(false);
    await expect.poll(async () => (await shown(false))[0]).toBe("1");
    await shown(true);
    const after = await page.evaluate(async () => {
      const element = document.querySelector("colorize-canvas")!;
      element.src = "/samples/coffee.jpg"; // whose picture is seen when it comes
      await new Promise((resolve) => setTimeout(resolve, 50));
      return [element.comparing, element.matches(":state(comparing)")];
    });
    expect(after).toEqual([false, false]);
  });
});

describe("zoomable", () => {
  /** The scale, the slider's percent, the place of the slider and the size of its knob in pixels of the window. */
  function view(): Promise<{ zoom: number; scale: number; percent: number; at: number; knob: number[] }> {
    return page.evaluate(() => {
      const element = document.querySelector("colorize-canvas")!;
      const root = element.shadowRoot!;
      const { left, width } = root.querySelector("[part=handle]")!.getBoundingClientRect();
      const { a } = new DOMMatrix(getComputedStyle(root.querySelector("[part=picture]")!).transform);
      return {
        zoom: element.zoom,
        scale: a,
        percent: element.comparePosition,
        at: left + width / 2,
        knob: [Math.round(width)],
      };
    });
  }

  it("zooms by property, keys and double click; the slider keeps its place and size; the events say so", async () => {
    await waiting({ zoomable: "", width: "451" });
    await showRed();
    await page.evaluate(() => {
      const element = document.querySelector("colorize-canvas")!;
      element.comparePosition = 30;
      const zooms: number[] = [];
      element.addEventListener("zoomchange", ({ detail }) => zooms.push(detail));
      Object.assign(globalThis, { zooms });
      element.zoom = 2;
    });
    const at = 0.3 * 451;
    let seen = await view();
    expect(seen).toMatchObject({ zoom: 2, scale: 2, knob: [48] });
    expect(seen.at).toBeCloseTo(at, 0);
    expect(seen.percent).toBeCloseTo(40, 5);

    await page.focus("colorize-canvas >>> .frame");
    await page.keyboard.press("ArrowRight");
    seen = await view();
    expect(seen.at).toBeCloseTo(at, 0);
    expect(seen.percent).toBeCloseTo(40 + (100 * 60) / 902, 5);
    await page.keyboard.press("0");
    expect(await view()).toMatchObject({ zoom: 1, scale: 1 });
    expect((await view()).percent).toBeCloseTo(30, 5);
    await page.evaluate(() => (document.querySelector("colorize-canvas")!.zoom = 99));
    expect((await view()).zoom).toBe(4);
    expect(await page.evaluate(() => (globalThis as unknown as { zooms: number[] }).zooms)).toEqual([2, 2, 1, 4]);
    await page.mouse.click(200, 100, { count: 2 });
    await expect.poll(async () => (await view()).zoom).toBe(1);
  });

  it("a drag moves a zoomed picture, on the slider it moves that; in right-to-left pages too", async () => {
    await page.evaluate(() => (document.dir = "rtl"));
    await waiting({ zoomable: "", width: "451" });
    await showRed();
    await page.evaluate(() => {
      const element = document.querySelector("colorize-canvas")!;
      element.comparePosition = 30;
      element.zoom = 2;
    });
    const before = await view();
    const { width } = page.viewport()!;
    const left = width - 451;
    expect(before.at).toBeCloseTo(left + 0.7 * 451, 0);
    expect(before.percent).toBeCloseTo(40, 5);
    await page.mouse.move(left + 100, 100);
    await page.mouse.down();
    await page.mouse.move(left + 60, 100, { steps: 2 });
    await page.mouse.up();
    const moved = await view();
    expect(moved.at).toBeCloseTo(before.at, 0);
    expect(moved.percent).toBeCloseTo(40 - (100 * 40) / 902, 3);
    await page.mouse.move(moved.at, 150);
    await page.mouse.down();
    await page.mouse.move(moved.at - 50, 150, { steps: 2 });
    await page.mouse.up();
    expect((await view()).at).toBeCloseTo(moved.at - 50, 0);
  });

  it("moves nothing where the button was released outside of the frame", async () => {
    await waiting({ zoomable: "", width: "451", compare: "off" });
    await showRed();
    await page.mouse.move(400, 100);
    await page.mouse.down();
    await page.mouse.move(600, 100, { steps: 2 });
    await page.mouse.up();
    const place = await page.evaluate(async () => {
      const element = document.querySelector("colorize-canvas")!;
      element.zoom = 2;
      return element.shadowRoot!.querySelector<HTMLElement>("[part=picture]")!.style.transform;
    });
    await page.mouse.move(300, 100);
    await page.mouse.move(200, 100, { steps: 2 });
    const after = await page.evaluate(
      () =>
        document.querySelector("colorize-canvas")!.shadowRoot!.querySelector<HTMLElement>("[part=picture]")!.style
          .transform,
    );
    expect(after).toBe(place);
  });

  it("ends with the attribute and with another photograph; without it nothing zooms, and nothing takes the focus", async () => {
    await waiting({ zoomable: "" });
    await showRed();
    const zooms = await page.evaluate(async () => {
      const element = document.querySelector("colorize-canvas")!;
      const frame = element.shadowRoot!.querySelector<HTMLElement>("[part=frame]")!;
      const zooms = [];
      element.zoom = 2;
      zooms.push(element.zoom, frame.tabIndex);
      const image = Object.assign(new Image(), { src: "/samples/coffee.jpg" });
      await image.decode();
      element.replaceChildren(image);
      await new Promise((resolve) => setTimeout(resolve, 50));
      zooms.push(element.zoom);
      element.zoom = 2;
      element.zoomable = false;
      zooms.push(element.zoom, frame.tabIndex);
      element.zoom = 2;
      element.toggleZoom();
      return [...zooms, element.zoom];
    });
    expect(zooms).toEqual([2, 0, 1, 1, -1, 1]);
  });
});
