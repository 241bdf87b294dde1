/** The built demo page on a server that tests can disturb, with the models of browserModel(), and how a visitor uses it. */
import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync } from "node:fs";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { tmpdir } from "node:os";
import { extname, join } from "node:path";
import type { Browser, ElementHandle, Page } from "puppeteer";
import { expect } from "vitest";
import { browserModel } from "../shared/browser-model";
import { built } from "../shared/built";
import { launchBrowser } from "../shared/launch";

const TYPES: Record<string, string> = {
  ".js": "text/javascript",
  ".mjs": "text/javascript",
  ".css": "text/css",
  ".html": "text/html",
  ".md": "text/markdown",
  ".wasm": "application/wasm",
  ".svg": "image/svg+xml",
  ".webmanifest": "application/manifest+json",
};

/** What the server does to requests. */
interface Disturbance {
  online: boolean;
  /** Names of files that the server does not have. */
  missing?: RegExp | undefined;
  /** Names of files that the server holds back, and what lets them go. */
  held?: { readonly names: RegExp; readonly release: Promise<void> } | undefined;
}

export interface PageSite {
  readonly address: string;
  readonly browser: Browser;
  /** The built page. */
  readonly folder: string;
  /** A folder for the test's files, removed at the end. */
  readonly files: string;
  readonly disturbance: Disturbance;
  /** The files of each model, which a test may replace. */
  readonly models: Record<string, Record<string, Uint8Array>>;
  /** The paths that were asked for. */
  readonly requests: readonly string[];
  /** What the browser asked other sites for, and did not get. */
  readonly others: readonly string[];
  /** A new page, of a visitor who means it when he leaves what is not saved. */
  newPage(): Promise<Page>;
  /** A new page of 1280 x 800 pixels with the demo. */
  open(): Promise<Page>;
  close(): Promise<void>;
}

export async function startPageSite(): Promise<PageSite> {
  const folder = await built("demo");
  const models: Record<string, Record<string, Uint8Array>> = {
    natural: browserModel("natural"),
    "inception-table": browserModel("inception-table", { bias: [-0.3, 0.1] }),
  };
  const disturbance: Disturbance = { online: true };
  const requests: string[] = [];
  const server = createServer(async (request, response) => {
    if (!disturbance.online) return void request.socket.destroy();
    const path = new URL(request.url!, "http://localhost").pathname;
    requests.push(path);
    const inFolder = path.endsWith("/") ? `${path.slice(1)}index.html` : path.slice(1);
    if (disturbance.held?.names.test(path)) await disturbance.held.release;
    if (disturbance.missing?.test(path)) return void response.writeHead(404).end();
    const [, name = "", inModel = ""] = /^models\/([\w-]+)\/(.*)/.exec(inFolder) ?? [];
    try {
      const body = models[name]?.[inModel] ?? readFileSync(join(folder, inFolder));
      // The HTTP cache may keep files for an hour, as with usual servers; the page requests model.json again anyway.
      const type = TYPES[extname(inFolder)] ?? "application/octet-stream";
      response.writeHead(200, { "content-type": type, "cache-control": "max-age=3600" });
      response.end(body);
    } catch {
      response.writeHead(404).end();
    }
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const address = `http://localhost:${(server.address() as AddressInfo).port}/`;
  const others: string[] = [];
  const proxy = createServer((request, response) => {
    others.push(request.url!);
    response.writeHead(502).end();
  });
  proxy.on("connect", (request, socket) => {
    others.push(request.url!);
    socket.destroy();
  });
  await new Promise<void>((resolve) => proxy.listen(0, "127.0.0.1", resolve));
  const browser = await launchBrowser({ proxy: `127.0.0.1:${(proxy.address() as AddressInfo).port}` });
  const files = mkdtempSync(join(tmpdir(), "colorize-visitor-"));
  const newPage = async (): Promise<Page> => {
    const page = await browser.newPage();
    page.on("dialog", (dialog) => void (dialog.type() === "beforeunload" && dialog.accept()));
    return page;
  };
  return {
    address,
    browser,
    folder,
    files,
    disturbance,
    models,
    requests,
    others,
    newPage,
    async open() {
      const page = await newPage();
      // Otherwise files come from it, whatever the server does.
      await page.setBypassServiceWorker(true);
      await page.setViewport({ width: 1280, height: 800 });
      await page.goto(address);
      return page;
    },
    async close() {
      await browser.close();
      server.close();
      proxy.close();
      rmSync(files, { recursive: true, force: true });
    },
  };
}

/** Chooses files, as by the page's button. */
export async function choose(page: Page, ...paths: string[]): Promise<void> {
  await ((await page.$("#file")) as ElementHandle<HTMLInputElement>).uploadFile(...paths);
}

/** Waits until the photograph of this name is on the stage in colour. */
export async function coloured(page: Page, name: string): Promise<void> {
  await page.waitForSelector(`.picture > img[alt="${name}, in colour"]`, { timeout: 120_000 });
}

/** Left, top, right, bottom in the window, in CSS pixels; undefined where it is not visible. */
export function box(page: Page, selector: string): Promise<number[] | undefined> {
  return page.$eval(selector, (element) => {
    const { left, top, right, bottom } = element.getBoundingClientRect();
    return element.checkVisibility({ visibilityProperty: true }) ? [left, top, right, bottom] : undefined;
  });
}

export async function expectInWindow(page: Page, selector: string): Promise<void> {
  const found = await box(page, selector);
  expect(found, selector).toBeDefined();
  const { width, height } = page.viewport()!;
  const [left, top, right, bottom] = found!;
  const inside = left! >= 0 && top! >= 0 && right! <= width && bottom! <= height;
  expect(inside, `${selector} ${found!.join(" ")} in ${width} x ${height}`).toBe(true);
}

export function message(page: Page): Promise<string> {
  return page.$eval("#message .text", (element) => element.textContent);
}

/** Lets the page save into this folder, which is emptied. */
export async function saveInto(page: Page, folder: string): Promise<void> {
  rmSync(folder, { recursive: true, force: true });
  mkdirSync(folder);
  const session = await page.createCDPSession();
  await session.send("Browser.setDownloadBehavior", { behavior: "allow", downloadPath: folder });
}

/** The names of what was saved, without files that are still being written. */
export function savedIn(folder: string): string[] {
  return readdirSync(folder).filter((name) => !name.endsWith(".crdownload"));
}

/** Saves the open photograph by these choices of the dialog. */
export async function saveAs(page: Page, content: string, type: string): Promise<void> {
  await page.click("#save-as");
  await page.click(`#save-form [value="${content}"]`);
  await page.click(`#save-form [value="${type}"]`);
  await page.click("#save-chosen");
}

/** A message of the page to its worker, as src/worker/messages.ts has them. */
interface Said {
  readonly id: number;
  readonly name: string;
  readonly arguments?: { readonly model?: string };
}

/** Listens to what the page says to its worker from now on. Returns a function that tells it. */
export async function callsOf(page: Page): Promise<() => Promise<Said[]>> {
  await page.evaluate(() => {
    const said: Said[] = [];
    const { postMessage } = Worker.prototype;
    Worker.prototype.postMessage = function (this: Worker, message: Said, transfer: unknown) {
      said.push({ id: message.id, name: message.name, arguments: { model: message.arguments?.model } });
      Reflect.apply(postMessage, this, [message, transfer]);
    };
    Object.assign(globalThis, { said });
  });
  return () => page.evaluate(() => (globalThis as unknown as { said: Said[] }).said);
}

/** Saves a screenshot into the folder SCREENSHOTS, for visual inspection; tests read pixels back instead. */
export async function screenshot(page: Page, name: string, fullPage = true): Promise<void> {
  const folder = process.env["SCREENSHOTS"];
  if (!folder) return;
  mkdirSync(folder, { recursive: true });
  await page.screenshot({ path: join(folder, `${name}.png`) as `${string}.png`, fullPage });
}
