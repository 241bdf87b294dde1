/** What <colorize-canvas> looks like and says in each state: slots, an <img> inside, accessibility, screenshots. A tiny model colours. */
import { mkdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import type axe from "axe-core";
import type { Page } from "puppeteer";
import { beforeEach, describe, expect, it } from "vitest";
import { useElementPage, type ElementPage } from "./element-page";

let open: ElementPage;
let page: Page;

useElementPage((opened) => {
  open = opened;
  ({ page } = opened);
  return page.evaluate(readFileSync("node_modules/axe-core/axe.min.js", "utf8"));
});

beforeEach(() => page.evaluate(() => document.body.replaceChildren()));

describe("an <img> inside the element", () => {
  it("is coloured where it is, keeps its name, and follows its address", async () => {
    const seen = await page.evaluate(async () => {
      document.body.innerHTML =
        '<colorize-canvas model="/tiny/"><img src="/samples/coffee.jpg" alt="Coffee" style="width: 200px"></colorize-canvas>';
      const element = document.querySelector("colorize-canvas")!;
      const img = element.querySelector("img")!;
      const canvas = element.shadowRoot!.querySelector<HTMLCanvasElement>("[part=canvas]")!;
      await next(element, "load");
      const boxes = [img, canvas].map((one) => JSON.stringify(one.getBoundingClientRect()));
      const first = {
        covered: boxes[0] === boxes[1],
        width: Math.round(img.getBoundingClientRect().width),
        pixels: element.result!.width === img.naturalWidth,
        hidden: canvas.getAttribute("aria-hidden"),
      };
      img.src = "/samples/cat.jpg";
      await next(element, "statechange");
      const stale = canvas.checkVisibility();
      await next(element, "load");
      const second = element.result!.width;
      const name = await new Promise<string>((resolve) => {
        const click = HTMLAnchorElement.prototype.click;
        HTMLAnchorElement.prototype.click = function () {
          HTMLAnchorElement.prototype.click = click;
          resolve(this.download);
        };
        void element.download();
      });
      element.src = "/samples/coffee.jpg"; // wins
      await next(element, "load");
      return { first, stale, second, name, img: img.checkVisibility() };
    });
    expect(seen).toEqual({
      first: { covered: true, width: 200, pixels: true, hidden: "true" },
      stale: false,
      second: 451,
      name: "cat-colour.jpg",
      img: false,
    });
  });

  it("may be in a <picture>, be added later and be removed", async () => {
    const seen = await page.evaluate(async () => {
      const element = add();
      await new Promise((resolve) => setTimeout(resolve, 50));
      const states = [element.state];
      const picture = document.createElement("picture");
      picture.innerHTML = '<source srcset="/samples/cat.jpg"><img src="/missing.jpg" alt="">';
      element.append("Text for browsers without scripts", picture);
      await next(element, "load");
      const { width } = element.result!;
      picture.remove();
      await next(element, "statechange");
      states.push(element.state);
      return { states, width, result: element.result, text: element.innerText.trim() };
    });
    expect(seen).toEqual({ states: ["idle", "idle"], width: 451, result: null, text: "" });
  });

  it("is seen, and has its size, before a lazy element is near the viewport", async () => {
    const seen = await page.evaluate(async () => {
      document.body.innerHTML =
        '<div style="height: 5000px"></div><colorize-canvas model="/tiny/" loading="lazy"><img src="/samples/cat.jpg" alt="A cat"></colorize-canvas>';
      const element = document.querySelector("colorize-canvas")!;
      const img = element.querySelector("img")!;
      await next(img, "load");
      await new Promise((resolve) => setTimeout(resolve, 300));
      const before = [element.state, img.checkVisibility(), img.height];
      const loaded = next(element, "load");
      document.querySelector("div")!.remove();
      await loaded;
      return [...before, element.state];
    });
    expect(seen).toEqual(["idle", true, 300, "ready"]);
  });

  it("of another site without CORS stays as it is, and the error says why", async () => {
    const seen = await page.evaluate(async (src) => {
      document.body.innerHTML = `<colorize-canvas model="/tiny/"><img src="${src}" alt="A cat"></colorize-canvas>`;
      const element = document.querySelector("colorize-canvas")!;
      await next(element, "error");
      const img = element.querySelector("img")!;
      const { filter, opacity } = getComputedStyle(img);
      return { code: element.error!.code, message: element.error!.message, width: img.clientWidth, filter, opacity };
    }, `${open.otherSite.address}/samples/cat.jpg`);
    expect(seen).toEqual({
      code: "image",
      message: expect.stringMatching(/samples\/cat\.jpg: expected a picture .* Access-Control-Allow-Origin/) as string,
      width: 451,
      filter: "none",
      opacity: "1",
    });
  });

  it("stays exactly as it was where the browser cannot colour, unless the page has words for that", async () => {
    const seen = await page.evaluate(async () => {
      document.body.innerHTML =
        '<colorize-canvas model="/tiny/" loading="manual"><img src="/samples/cat.jpg" alt="A cat"></colorize-canvas>';
      const element = document.querySelector("colorize-canvas")!;
      const img = element.querySelector("img")!;
      await next(img, "load");
      await new Promise((resolve) => setTimeout(resolve, 50));
      const look = (): string => {
        const { filter, opacity } = getComputedStyle(img);
        return JSON.stringify([element.getBoundingClientRect(), img.getBoundingClientRect(), filter, opacity]);
      };
      const before = look();
      const gpu = Object.getOwnPropertyDescriptor(Navigator.prototype, "gpu")!;
      Object.defineProperty(navigator, "gpu", { value: undefined, configurable: true });
      element.model = "/tiny/?without-gpu";
      const code = await element.colorize().catch(({ code }: { code: string }) => code);
      delete (navigator as { gpu?: GPU }).gpu;
      const same = look() === before && "get" in gpu;
      const alert = element.shadowRoot!.querySelector("[role=alert]")!;
      const shown = [alert.checkVisibility()];
      element.texts = { "error-device": "No colours here" };
      shown.push(alert.checkVisibility());
      return { code, same, state: element.state, shown, text: alert.textContent };
    });
    expect(seen).toEqual({ code: "device", same: true, state: "error", shown: [false, true], text: "No colours here" });
  });

  it("that is no picture is an error of the photograph", async () => {
    const code = await page.evaluate(async () => {
      document.body.innerHTML =
        '<colorize-canvas model="/tiny/"><img src="/missing.jpg" alt="A cat"></colorize-canvas>';
      const element = document.querySelector("colorize-canvas")!;
      await next(element, "error");
      return element.error!.code;
    });
    expect(code).toBe("image");
  });
});

it("slots replace poster, progress, error and controls, each while it is due", async () => {
  const seen = await page.evaluate(async () => {
    const element = add();
    element.innerHTML = ["poster", "progress", "error", "controls"]
      .map((name) => `<b slot="${name}">${name}</b>`)
      .join("");
    const visible = (): string =>
      [...element.children]
        .filter((one) => one.checkVisibility())
        .map((one) => one.slot)
        .join(" ");
    const own = (): boolean[] =>
      ["status", "error", "controls"].map((part) =>
        element.shadowRoot!.querySelector(`[part=${part}]`)!.checkVisibility(),
      );
    await new Promise((resolve) => setTimeout(resolve, 50));
    const states = [visible()];
    element.src = "/samples/cat.jpg";
    await next(element, "statechange");
    states.push(visible());
    await next(element, "load");
    states.push(visible());
    element.src = "/missing.jpg";
    await next(element, "error");
    states.push(visible());
    return { states, own: own() };
  });
  expect(seen).toEqual({
    states: ["poster controls", "poster progress controls", "controls", "poster error controls"],
    own: [false, false, false],
  });
});

it("an element that leaves the page stops, and the address of its file is freed", async () => {
  const seen = await page.evaluate(async () => {
    const made: string[] = [];
    const [create, revoke] = [URL.createObjectURL, URL.revokeObjectURL];
    URL.createObjectURL = (object) => (made.push(create(object)), made.at(-1)!);
    URL.revokeObjectURL = (address) => (made.splice(made.indexOf(address), 1), revoke(address));
    const element = add({ loading: "manual" });
    element.source = await (await fetch("/samples/cat.jpg")).blob();
    const work = element.colorize().catch((error: Error) => error.name);
    element.remove();
    const ended = await work;
    document.body.append(element);
    await element.colorize();
    [URL.createObjectURL, URL.revokeObjectURL] = [create, revoke];
    return { ended, addresses: made.length, width: element.result!.width };
  });
  expect(seen).toEqual({ ended: "AbortError", addresses: 0, width: 451 });
});

/** Names of the scenes that are checked and drawn. */
const SCENES = [
  "idle",
  "poster",
  "manual",
  "loading",
  "preview",
  "ready",
  "slider",
  "zoomable",
  "hold",
  "comparing",
  "controls",
  "error",
  "photograph-error",
  "rtl",
  "slotted",
] as const;

/** Shows an element in one state in the page. A stand-in for the Colorizer stops at a stage, or after a first picture, where the state is "loading". */
async function show(scene: (typeof SCENES)[number]): Promise<void> {
  await page.evaluate(async (name) => {
    document.documentElement.style.colorScheme = "light dark";
    document.dir = name === "rtl" ? "rtl" : "";
    document.body.innerHTML = "<main><h1>A photograph</h1></main>";
    const main = document.querySelector("main")!;
    const element = document.createElement("colorize-canvas");
    main.append(element);
    Object.assign(element, { model: "/tiny/", alt: "A cat", width: 451, height: 300 });
    const photograph = "/samples/cat.jpg";
    if (name === "idle") return;
    if (name === "poster") {
      element.innerHTML = '<p slot="poster">A photograph of a cat comes here.</p>';
      await new Promise((resolve) => setTimeout(resolve, 50));
    } else if (name === "manual") {
      Object.assign(element, { loading: "manual", controls: true, src: photograph });
      await next(element.shadowRoot!.querySelector("img")!, "load");
    } else if (name === "loading") {
      element.colorizer = {
        colorize: (_, { onStage } = {}) => {
          onStage?.("chroma");
          return new Promise(() => {});
        },
      };
      Object.assign(element, { src: photograph, controls: true });
      await new Promise((resolve) => setTimeout(resolve, 400));
    } else if (name === "preview") {
      const other = add({ src: photograph });
      await next(other, "load");
      const { result } = other;
      other.remove();
      element.colorizer = {
        colorize: (_, { onEarly } = {}) => {
          onEarly?.(result!);
          return new Promise(() => {});
        },
      };
      Object.assign(element, { src: photograph, controls: true });
      await next(element, "preview");
    } else if (name === "error" || name === "photograph-error") {
      if (name === "error") element.model = "/nowhere/";
      Object.assign(element, { controls: true, src: name === "error" ? photograph : "/missing.jpg" });
      await next(element, "error");
    } else {
      if (name === "slotted") element.innerHTML = `<img src="${photograph}" alt="A cat">`;
      else element.src = photograph;
      if (["slider", "rtl", "zoomable"].includes(name)) element.compare = "slider";
      if (name === "hold" || name === "comparing") element.compare = "hold";
      element.zoomable = name === "zoomable";
      element.controls = name === "controls" || name === "rtl";
      await next(element, "load");
      element.comparing = name === "comparing";
      if (name === "zoomable") element.zoom = 2;
    }
  }, scene);
}

it("axe sees into the element", async () => {
  await show("slider");
  const found = await page.evaluate(async () => {
    document
      .querySelector("colorize-canvas")!
      .shadowRoot!.querySelector("[part=handle]")!
      .removeAttribute("aria-label");
    const { axe: run } = globalThis as unknown as { axe: typeof axe };
    return (await run.run()).violations.map(({ id }) => id);
  });
  expect(found).toEqual(["aria-input-field-name"]);
});

it.each(SCENES)("%s has no violation that axe finds, in a light page and in a dark one", async (scene) => {
  // A transition would still run when axe looks.
  const still = { name: "prefers-reduced-motion", value: "reduce" };
  await page.emulateMediaFeatures([still]);
  await show(scene);
  for (const scheme of ["light", "dark"]) {
    await page.emulateMediaFeatures([still, { name: "prefers-color-scheme", value: scheme }]);
    const violations = await page.evaluate(async () => {
      const { axe: run } = globalThis as unknown as { axe: typeof axe };
      const { violations } = await run.run();
      return violations.map(
        ({ id, nodes }) => `${id}: ${nodes.map(({ html, failureSummary }) => `${html} ${failureSummary}`).join("; ")}`,
      );
    });
    expect(violations, scheme).toEqual([]);
    if (!process.env["SCREENSHOTS"]) continue;
    mkdirSync(process.env["SCREENSHOTS"], { recursive: true });
    for (const width of [320, 390, 1280]) {
      await page.setViewport({ width, height: 640 });
      await page.screenshot({
        path: join(process.env["SCREENSHOTS"], `element-${scene}-${scheme}-${width}.png`) as `${string}.png`,
      });
    }
  }
});

it("shows progress and slider in forced colours", async () => {
  const client = await page.createCDPSession();
  await client.send("Emulation.setEmulatedMedia", { features: [{ name: "forced-colors", value: "active" }] });
  await show("slider");
  const seen = await page.evaluate(() => {
    const root = document.querySelector("colorize-canvas")!.shadowRoot!;
    const probe = document.body.appendChild(document.createElement("p"));
    probe.style.cssText = "background: Highlight; forced-color-adjust: none";
    const highlight = getComputedStyle(probe).backgroundColor;
    return ["status", "handle"].map((part) => {
      const { backgroundColor } = getComputedStyle(root.querySelector(`[part=${part}]`)!, "::before");
      return backgroundColor === highlight;
    });
  });
  if (process.env["SCREENSHOTS"])
    await page.screenshot({ path: join(process.env["SCREENSHOTS"], "element-forced.png") as `${string}.png` });
  await client.send("Emulation.setEmulatedMedia", { features: [] });
  await client.detach();
  expect(seen).toEqual([true, true]);
});

it("moves nothing where less motion is asked for", async () => {
  await page.emulateMediaFeatures([{ name: "prefers-reduced-motion", value: "reduce" }]);
  const durations = await page.evaluate(() => {
    const root = add().shadowRoot!;
    const canvas = getComputedStyle(root.querySelector("[part=canvas]")!).transitionDuration;
    return [canvas, getComputedStyle(root.querySelector("[part=status]")!, "::before").transitionDuration];
  });
  await page.emulateMediaFeatures([]);
  expect(durations).toEqual(["0s", "0s"]);
});
