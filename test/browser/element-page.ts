/** A page with the built element and a model at /tiny/: see browserModel(). */
import type { Browser, Page } from "puppeteer";
import { afterAll, beforeAll } from "vitest";
import type { ColorizeCanvas } from "../../src/element";
import { browserModel } from "../shared/browser-model";
import { built } from "../shared/built";
import { launchBrowser } from "../shared/launch";
import { serve, type Site } from "../shared/serve";

declare global {
  /** In the page: adds an element with these attributes to the end of the body. */
  function add(attributes?: Record<string, string>): ColorizeCanvas;
  /** In the page: the next event of this type. */
  function next(target: EventTarget, type: string): Promise<CustomEvent>;
}

const PAGE = `<!doctype html><html lang="en"><head><title>element</title>
<script type="module" src="/dist/element.js"></script>
<script>
  function add(attributes = {}) {
    const element = document.createElement("colorize-canvas");
    for (const [name, value] of Object.entries({ model: "/tiny/", ...attributes })) element.setAttribute(name, value);
    document.body.append(element);
    return element;
  }
  const next = (target, type) => new Promise((resolve) => target.addEventListener(type, resolve, { once: true }));
</script></head><body></body></html>`;

export interface ElementPage {
  readonly page: Page;
  readonly site: Site;
  /** Another origin, whose server sends no CORS headers. */
  readonly otherSite: Site;
  /** What the page wrote to its console, and its uncaught errors. */
  readonly messages: string[];
  close(): Promise<void>;
}

/** Opens a page before the tests of a file, passes it to `ready`, and closes it after them. */
export function useElementPage(ready: (open: ElementPage) => unknown): void {
  let open: ElementPage | undefined;
  beforeAll(async () => {
    open = await openElementPage();
    await ready(open);
  }, 240_000);
  afterAll(() => open?.close());
}

async function openElementPage(): Promise<ElementPage> {
  const tiny = Object.entries(browserModel("natural")).map(([path, bytes]) => [`/tiny/${path}`, bytes]);
  const files = { "/": PAGE, ...(Object.fromEntries(tiny) as Record<string, Uint8Array>) };
  const site = await serve(files, { "/dist/": await built("dist"), "/samples/": "samples" });
  const otherSite = await serve({}, { "/samples/": "samples" });
  const browser: Browser = await launchBrowser();
  const page = await browser.newPage();
  const messages: string[] = [];
  page.on("pageerror", (error) => messages.push(`error ${String(error)}`));
  page.on("console", (message) => messages.push(`${message.type()} ${message.text()}`));
  await page.goto(site.address);
  await page.evaluate(() => customElements.whenDefined("colorize-canvas").then(() => undefined));
  return {
    page,
    site,
    otherSite,
    messages,
    async close() {
      await browser.close();
      site.close();
      otherSite.close();
    },
  };
}
