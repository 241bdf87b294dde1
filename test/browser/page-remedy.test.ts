/** The built demo page with a photograph that is not coloured: it stays in sight, with a button for what the visitor can do. */
import type { Page } from "puppeteer";
import { afterAll, afterEach, beforeAll, beforeEach, expect, it } from "vitest";
import * as visit from "./page-site";

let site: visit.PageSite;
let page: Page;

beforeAll(async () => void (site = await visit.startPageSite()), 240_000);
afterAll(() => site?.close());
beforeEach(async () => {
  page = await site.open();
  await page.setCacheEnabled(false);
});
afterEach(async () => {
  site.disturbance.missing = undefined;
  await page.close();
});

/** Waits for a message and resolves with its words and its button. */
async function told(): Promise<{ text: string; button: string }> {
  await page.waitForSelector("#message:not([hidden])", { timeout: 60_000 });
  const button = await page.$eval("#message-action", (element) => (element as HTMLElement).innerText);
  return { text: await visit.message(page), button };
}

/** Closes the message: only its button stays, on the photograph in grey. */
async function closeMessage(screenshot: string): Promise<void> {
  await page.click("#close-message");
  for (const gone of ["#message .text", "#close-message", "#details", "#progress", "#welcome", ".picture.waiting"])
    expect(await page.$$eval(gone, (all) => all.some((one) => one.checkVisibility())), gone).toBe(false);
  await visit.expectInWindow(page, ".picture > img");
  await visit.expectInWindow(page, "#message-action");
  await visit.screenshot(page, screenshot, false);
}

it("after a failure another try", async () => {
  site.disturbance.missing = /natural\/colorizer/;
  await visit.choose(page, "samples/cat.jpg");
  expect(await told()).toEqual({
    text: expect.stringMatching(/^The networks could not be downloaded/) as string,
    button: "Try again",
  });
  await visit.screenshot(page, "remedy-try-again", false);
  await closeMessage("remedy-try-again-closed");
  site.disturbance.missing = undefined;
  await page.click("#message-action");
  await visit.coloured(page, "cat.jpg");
  expect(await visit.box(page, "#message")).toBeUndefined();
}, 240_000);

it("where it has colours already, to colour it anyway", async () => {
  await page.setViewport({ width: 390, height: 844 });
  await visit.choose(page, "samples/colour/meadow.jpg");
  expect((await told()).button).toBe("Colour it anyway");
  await closeMessage("remedy-anyway-closed");
  await page.click("#message-action");
  await visit.coloured(page, "meadow.jpg");
  expect(await visit.box(page, "#message")).toBeUndefined();
}, 240_000);

it("where a part of the page did not come, to reload it", async () => {
  site.disturbance.missing = /assets\/(colorize-worker|colorizer)-/;
  await visit.choose(page, "samples/cat.jpg");
  expect(await told()).toEqual({
    text: "A part of this page could not be loaded. Check the internet connection, then reload the page.",
    button: "Reload",
  });
  await closeMessage("remedy-reload-closed");
  site.disturbance.missing = undefined;
  await Promise.all([page.waitForNavigation(), page.click("#message-action")]);
  await visit.choose(page, "samples/cat.jpg");
  await visit.coloured(page, "cat.jpg");
}, 240_000);

it("without WebGPU, to colour it on the processor", async () => {
  await page.evaluateOnNewDocument(() => Reflect.deleteProperty(Navigator.prototype, "gpu"));
  await page.reload();
  expect(await told()).toEqual({
    text: expect.stringMatching(/no WebGPU.*Or colour on the processor.*14 MB more/) as string,
    button: "Colour on the processor",
  });
  await visit.choose(page, "samples/cat.jpg", "samples/coffee.jpg");
  await expect.poll(() => page.$eval("#count", (element) => element.textContent)).toMatch(/2 failed/);
  await visit.screenshot(page, "remedy-processor", false);
  await closeMessage("remedy-processor-closed");
  expect(site.requests.filter((path) => path.includes("onnxruntime-web"))).toEqual([]);
  await page.click("#message-action");
  await page.waitForFunction(() => document.querySelector("#count")!.textContent === "2 of 2 in colour", {
    timeout: 120_000,
  });
  expect(await page.$eval("#facts", (element) => element.textContent)).toMatch(/onnxruntime-web .* \(WebAssembly\)/);
  expect(await visit.box(page, "#profile")).toBeUndefined();
}, 240_000);
