/** Comparing and controlling by keyboard, mouse and touch, in one page with a tiny model. */
import type { Page } from "puppeteer";
import { beforeEach, describe, expect, it } from "vitest";
import type { ColorizeCanvas } from "../../src/element";
import { useElementPage } from "./element-page";

let page: Page;

useElementPage((open) => ({ page } = open));

beforeEach(async () => {
  await page.evaluate(() => {
    document.body.replaceChildren();
    document.dir = "";
    scrollTo(0, 0);
  });
});

/** Listens for the next event of this type; what it resolves with waits for it. A key that is pressed after the first cannot come before it. */
async function awaited(type: string): Promise<() => Promise<void>> {
  const event = await page.evaluateHandle(
    (name) => ({ happened: next(document.querySelector("colorize-canvas")!, name).then(() => undefined) }),
    type,
  );
  return () => event.evaluate(({ happened }) => happened);
}

/** Adds a coloured photograph of 451x300 in the page's upper left corner. */
async function coloured(attributes: Record<string, string>): Promise<void> {
  await page.evaluate(async (given) => {
    document.body.style.margin = "0";
    const element = add({ src: "/samples/cat.jpg", alt: "A cat", ...given });
    await next(element, "load");
  }, attributes);
}

/** What the slider says, and the shares of the picture that are cut off the coloured canvas at its left and its right. */
function slider(): Promise<{ value: number; text: string | null; clip: string }> {
  return page.evaluate(() => {
    const root = document.querySelector("colorize-canvas")!.shadowRoot!;
    const handle = root.querySelector("[role=slider]")!;
    const { clipPath } = getComputedStyle(root.querySelector("[part=canvas]")!);
    return {
      value: Number(handle.getAttribute("aria-valuenow")),
      text: handle.getAttribute("aria-valuetext"),
      clip: clipPath,
    };
  });
}

/** Whether the original shows in place of the coloured picture. */
function originalShown(): Promise<boolean> {
  return page.evaluate(() => {
    const element = document.querySelector("colorize-canvas")!;
    const canvas = element.shadowRoot!.querySelector("[part=canvas]")!;
    const shown = getComputedStyle(canvas).opacity === "0";
    if (shown !== element.matches(":state(comparing)")) throw new Error("the state does not say what is shown");
    const pressed = element.shadowRoot!.querySelector("[part=hold]")!.getAttribute("aria-pressed");
    if (pressed !== String(shown)) throw new Error(`aria-pressed is ${pressed}`);
    return shown;
  });
}

describe("compare=slider", () => {
  it("is there only with a coloured picture", async () => {
    const seen = await page.evaluate(async () => {
      const element = add({ src: "/samples/cat.jpg", compare: "slider", loading: "manual" });
      const handle = element.shadowRoot!.querySelector("[role=slider]")!;
      const visible = [handle.checkVisibility()];
      await element.colorize();
      visible.push(handle.checkVisibility());
      element.compare = "off";
      visible.push(handle.checkVisibility());
      return visible;
    });
    expect(seen).toEqual([false, true, false]);
  });

  it("moves by keys: arrows 1 %, with Shift 10 %, Home, End, Page Up and Page Down", async () => {
    await coloured({ compare: "slider" });
    await page.keyboard.press("Tab");
    expect(await slider()).toEqual({ value: 50, text: "50 % original", clip: "inset(0px 0px 0px 50%)" });
    const values: number[] = [];
    const press = async (key: Parameters<Page["keyboard"]["press"]>[0], shift = false): Promise<void> => {
      if (shift) await page.keyboard.down("Shift");
      await page.keyboard.press(key);
      if (shift) await page.keyboard.up("Shift");
      values.push((await slider()).value);
    };
    for (const key of ["ArrowRight", "ArrowUp", "ArrowLeft", "ArrowDown"] as const) await press(key);
    await press("ArrowRight", true);
    await press("ArrowLeft", true);
    for (const key of ["PageUp", "PageDown", "End", "ArrowRight", "Home", "ArrowLeft"] as const) await press(key);
    expect(values).toEqual([51, 52, 51, 50, 60, 50, 60, 50, 100, 100, 0, 0]);
  });

  it("is mirrored where text runs from right to left", async () => {
    await page.evaluate(() => void (document.dir = "rtl"));
    await coloured({ compare: "slider" });
    await page.keyboard.press("Tab");
    await page.keyboard.press("ArrowLeft");
    expect(await slider()).toMatchObject({ value: 51, clip: "inset(0px 51% 0px 0px)" });
    await page.keyboard.press("ArrowUp");
    const { left, width, at } = await page.evaluate(() => {
      const element = document.querySelector("colorize-canvas")!;
      const box = element.getBoundingClientRect();
      const handle = element.shadowRoot!.querySelector("[role=slider]")!.getBoundingClientRect();
      return { left: box.left, width: box.width, at: handle.left + handle.width / 2 };
    });
    expect((at - left) / width).toBeCloseTo(0.48, 2);
    await page.mouse.click(left + width / 4, 100);
    expect((await slider()).value).toBe(75);
  });

  it("follows the mouse anywhere on the picture", async () => {
    await coloured({ compare: "slider" });
    await page.mouse.move(451 * 0.2, 100);
    await page.mouse.down();
    expect((await slider()).value).toBe(20);
    await page.mouse.move(451 * 0.6, 250);
    expect((await slider()).value).toBe(60);
    await page.mouse.move(2000, 250);
    expect((await slider()).value).toBe(100);
    await page.mouse.up();
    await page.mouse.move(100, 100);
    expect((await slider()).value).toBe(100);
    const focused = await page.evaluate(() => document.activeElement!.shadowRoot!.activeElement!.getAttribute("role"));
    expect(focused).toBe("slider");
  });

  it("follows a finger sideways, and lets it scroll the page", async () => {
    await coloured({ compare: "slider" });
    await page.evaluate(() =>
      document.body.append(Object.assign(document.createElement("div"), { style: "height: 3000px" })),
    );
    const client = await page.createCDPSession();
    const touch = (type: "touchStart" | "touchMove" | "touchEnd", x = 0, y = 0): Promise<unknown> =>
      client.send("Input.dispatchTouchEvent", { type, touchPoints: type === "touchEnd" ? [] : [{ x, y }] });
    await touch("touchStart", 225, 150);
    for (let x = 230; x <= 360; x += 10) await touch("touchMove", x, 150);
    await touch("touchEnd");
    expect((await slider()).value).toBe(80);
    await touch("touchStart", 100, 280);
    for (let y = 270; y >= 50; y -= 10) await touch("touchMove", 100, y);
    await touch("touchEnd");
    await page.waitForFunction(() => scrollY > 50);
    expect((await slider()).value).toBe(80);
    await client.detach();
  });

  it("is where it was after a double click or tap, which zooms", async () => {
    await coloured({ compare: "slider", zoomable: "" });
    const zoom = (): Promise<number> => page.evaluate(() => document.querySelector("colorize-canvas")!.zoom);
    /** Percent of the picture's width, and of the frame's. */
    const places = (): Promise<number[]> =>
      page.evaluate(() => {
        const element = document.querySelector("colorize-canvas")!;
        const handle = element.shadowRoot!.querySelector("[role=slider]")!.getBoundingClientRect();
        return [element.comparePosition, Math.round((handle.left + handle.width / 2) / 4.51)];
      });
    await page.mouse.click(451 * 0.2, 100);
    await page.mouse.click(451 * 0.8, 100, { count: 2 });
    expect(await zoom()).toBeGreaterThan(1);
    expect((await places())[1]).toBe(20);
    await page.mouse.click(451 * 0.6, 200, { count: 2 });
    expect(await zoom()).toBe(1);
    expect(await places()).toEqual([expect.closeTo(20, 0), 20]);
    for (let i = 0; i < 2; i++) await page.touchscreen.tap(451 * 0.7, 150);
    await expect.poll(zoom).toBeGreaterThan(1);
    expect((await places())[1]).toBe(20);
  });
});

describe("zoomable", () => {
  it("shows the focus on the picture", async () => {
    await coloured({ zoomable: "" });
    const edge = async (): Promise<number[]> => {
      const png = await page.screenshot({ encoding: "base64", clip: { x: 100, y: 0, width: 1, height: 5 } });
      return page.evaluate(async (data) => {
        const picture = await createImageBitmap(await (await fetch(`data:image/png;base64,${data}`)).blob());
        const context = new OffscreenCanvas(1, 5).getContext("2d")!;
        context.drawImage(picture, 0, 0);
        return [1, 4].flatMap((y) => [...context.getImageData(0, y, 1, 1).data.subarray(0, 3)]);
      }, png);
    };
    await page.keyboard.press("Tab");
    expect(await edge()).toEqual([0x7c, 0xc4, 0xff, 0x1d, 0x1d, 0x1f]);
  });
});

describe("compare=hold", () => {
  it("shows the original while the picture is pressed", async () => {
    await coloured({ compare: "hold" });
    expect(await originalShown()).toBe(false);
    await page.mouse.move(100, 200);
    await page.mouse.down();
    expect(await originalShown()).toBe(true);
    await page.mouse.move(2000, 200);
    await page.mouse.up();
    expect(await originalShown()).toBe(false);
  });

  it("shows it while a key is down on its button, and changes sides by a click of a screen reader", async () => {
    await coloured({ compare: "hold" });
    await page.keyboard.press("Tab");
    for (const key of ["Space", "Enter"] as const) {
      await page.keyboard.down(key);
      expect(await originalShown()).toBe(true);
      await page.keyboard.up(key);
      expect(await originalShown()).toBe(false);
    }
    const click = (): Promise<void> =>
      page.evaluate(() =>
        document.querySelector("colorize-canvas")!.shadowRoot!.querySelector<HTMLElement>("[part=hold]")!.click(),
      );
    await click();
    expect(await originalShown()).toBe(true);
    await click();
    expect(await originalShown()).toBe(false);
    await click();
    await page.evaluate(() => void (document.querySelector("colorize-canvas")!.compare = "slider"));
    expect(await originalShown()).toBe(false);
  });
});

describe("controls", () => {
  /** Label and kind of each visible control. */
  function controls(): Promise<string[]> {
    return page.evaluate(() => {
      const root = document.querySelector("colorize-canvas")!.shadowRoot!;
      const all = root.querySelectorAll<HTMLElement>("[role=group] button, [role=group] input");
      return [...all]
        .filter((one) => one.checkVisibility())
        .map((one) => (one.closest("label")?.firstElementChild ?? one).textContent.trim());
    });
  }

  const focused = (): Promise<string> =>
    page.evaluate(() => document.activeElement?.shadowRoot?.activeElement?.getAttribute("part") ?? "nothing");

  it("start, stop, change the look and save by keyboard, and keep the focus", async () => {
    // The first colorizer ends only by an abort; the tiny model can be faster than a key.
    await page.evaluate(() => {
      const endless = async (_: unknown, { signal }: { signal: AbortSignal }): Promise<never> => {
        signal.throwIfAborted();
        return new Promise((_resolve, reject) => signal.addEventListener("abort", () => reject(signal.reason)));
      };
      const element = add({ src: "/samples/cat.jpg", controls: "", loading: "manual" });
      element.colorizer = { colorize: endless } as unknown as ColorizeCanvas["colorizer"];
    });
    expect(await controls()).toEqual(["Colour"]);
    await page.keyboard.press("Tab");
    expect(await focused()).toBe("action");
    const loading = await awaited("statechange");
    await page.keyboard.press("Enter");
    await loading();
    expect(await controls()).toEqual(["Stop"]);
    await page.keyboard.press("Enter");
    expect(await page.evaluate(() => document.querySelector("colorize-canvas")!.state)).toBe("idle");
    expect(await controls()).toEqual(["Colour"]);
    await page.evaluate(() => void (document.querySelector("colorize-canvas")!.colorizer = null));
    const loaded = await awaited("load");
    await page.keyboard.press("Enter");
    await loaded();
    expect(await controls()).toEqual(["Saturation", "Warmth", "Save", "Reset"]);
    expect(await focused()).toBe("saturation");
    await page.keyboard.press("ArrowRight");
    await page.keyboard.press("Tab");
    await page.keyboard.press("ArrowLeft");
    const look = await page.evaluate(async () => {
      const element = document.querySelector("colorize-canvas")!;
      await element.toBlob();
      const said = [...element.shadowRoot!.querySelectorAll("input")].map((one) => one.getAttribute("aria-valuetext"));
      return [element.saturation, element.warmth, element.result!.saturation, element.result!.warmth, ...said];
    });
    expect(look).toEqual([1.05, -0.05, 1.05, -0.05, "105 %", "-5 %"]);
    const name = await page.evaluate(async () => {
      const click = HTMLAnchorElement.prototype.click;
      const saved = new Promise<string>((resolve) => {
        HTMLAnchorElement.prototype.click = function () {
          resolve(this.download);
        };
      });
      document.querySelector("colorize-canvas")!.shadowRoot!.querySelector<HTMLElement>("[part=save]")!.click();
      const name = await saved;
      HTMLAnchorElement.prototype.click = click;
      return name;
    });
    expect(name).toBe("cat-colour.jpg");
  });

  it("start again after a stop, and change and save only where there is a result", async () => {
    await coloured({ controls: "" });
    const loading = await awaited("statechange");
    await page.evaluate(() => {
      const element = document.querySelector("colorize-canvas")!;
      const result = element.result!;
      let calls = 0;
      // Its first call ends only by an abort.
      const colorize = (_: unknown, { signal }: { signal?: AbortSignal } = {}): Promise<typeof result> =>
        calls++ > 0
          ? Promise.resolve(result)
          : new Promise((_resolve, reject) => signal!.addEventListener("abort", () => reject(signal!.reason as Error)));
      element.colorizer = { colorize };
    });
    await loading();
    expect(await controls()).toEqual(["Stop"]);
    await page.click("colorize-canvas >>> [part=action]");
    expect(await controls()).toEqual(["Colour", "Saturation", "Warmth", "Save", "Reset"]); // of the picture before
    expect(await focused()).toBe("action");
    const loaded = await awaited("load");
    await page.keyboard.press("Enter");
    await loaded();
    expect(await controls()).toEqual(["Saturation", "Warmth", "Save", "Reset"]);
    await page.evaluate(() => document.querySelector("colorize-canvas")!.show(new ImageData(451, 300)));
    expect(await controls()).toEqual(["Colour"]);
  });

  it("offer another try after an error, and follow the attributes", async () => {
    const seen = await page.evaluate(async () => {
      const element = add({ src: "/missing.jpg", controls: "" });
      await next(element, "error");
      const root = element.shadowRoot!;
      const action = root.querySelector<HTMLElement>("[part=action]")!;
      const label = action.textContent;
      action.click();
      await next(element, "error");
      element.src = "/samples/cat.jpg";
      element.saturation = 1.5;
      await next(element, "load");
      element.warmth = 0.25;
      element.saturation = 3; // beyond the usual end of the slider
      const values = [...root.querySelectorAll("input")].map(({ value }) => value);
      element.controls = false;
      return { label, values, visible: root.querySelector("[role=group]")!.checkVisibility() };
    });
    expect(seen).toEqual({ label: "Try again", values: ["3", "0.25"], visible: false });
  });

  it("show what they are set to and set it back, and have room below a small picture", async () => {
    await coloured({ controls: "", width: "300" });
    const seen = (): Promise<unknown> =>
      page.evaluate(() => {
        const root = document.querySelector("colorize-canvas")!.shadowRoot!;
        const inputs = [...root.querySelectorAll("input")];
        const reset = root.querySelector<HTMLButtonElement>("[part=reset]")!;
        return {
          labels: inputs.map((input) => input.closest("label")!.innerText.split("\n").join(" ")),
          roomy: inputs.every(({ clientWidth }) => clientWidth > 120),
          reset: !reset.disabled,
        };
      });
    expect(await seen()).toEqual({ labels: ["Saturation 100 %", "Warmth 0 %"], roomy: true, reset: false });
    await page.keyboard.press("Tab");
    await page.keyboard.press("ArrowLeft");
    expect(await seen()).toEqual({ labels: ["Saturation 95 %", "Warmth 0 %"], roomy: true, reset: true });
    for (let i = 0; i < 3; i++) await page.keyboard.press("Tab");
    expect(await focused()).toBe("reset");
    await page.keyboard.press("Enter");
    expect(await seen()).toEqual({ labels: ["Saturation 100 %", "Warmth 0 %"], roomy: true, reset: false });
    expect(await focused()).toBe("saturation");
  });

  it("an error can be read below a tiny picture", async () => {
    const size = await page.evaluate(async () => {
      const element = add({ src: "/samples/cat.jpg", width: "40", model: "/missing/" });
      await next(element, "error");
      const { width, height } = element.shadowRoot!.querySelector("[part=error]")!.getBoundingClientRect();
      return { width, low: height < 400, element: element.getBoundingClientRect().width };
    });
    expect(size).toEqual({ width: 256, low: true, element: 40 });
  });
});
