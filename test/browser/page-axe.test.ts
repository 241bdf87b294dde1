/** The demo page by axe-core's rules, in its states, light and dark. With a tiny model. */
import { readFileSync } from "node:fs";
import { createRequire } from "node:module";
import type { Page } from "puppeteer";
import { afterAll, beforeAll, expect, it } from "vitest";
import * as visit from "./page-site";

const axe = readFileSync(createRequire(import.meta.url).resolve("axe-core/axe.min.js"), "utf8");
let site: visit.PageSite;
let page: Page;

beforeAll(async () => {
  site = await visit.startPageSite();
  page = await site.open();
  await page.evaluate(axe);
}, 240_000);
afterAll(() => site?.close());

interface Violation {
  readonly id: string;
  readonly nodes: readonly { readonly html: string }[];
}

async function expectNoViolations(): Promise<void> {
  for (const value of ["light", "dark"]) {
    await page.emulateMediaFeatures([
      { name: "prefers-color-scheme", value },
      { name: "prefers-reduced-motion", value: "reduce" },
    ]);
    const found = await page.evaluate(async () => {
      const { axe } = globalThis as unknown as { axe: { run(): Promise<{ violations: Violation[] }> } };
      const { violations } = await axe.run();
      return violations.map(({ id, nodes }) => `${id}: ${nodes.map(({ html }) => html.slice(0, 200)).join(" ")}`);
    });
    expect(found, value).toEqual([]);
  }
}

it("has no violations when it is empty", expectNoViolations);

it("has none with an album, one file of which is bad and one in colour", async () => {
  await visit.choose(page, "samples/cat.jpg", "samples/LICENSES.md", "samples/colour/meadow.jpg");
  await visit.coloured(page, "cat.jpg");
  await expect
    .poll(() => page.$eval("#count", (element) => element.textContent), { timeout: 60_000 })
    .toBe("1 of 3 in colour, 1 failed, 1 left as it is: already in colour");
  await expectNoViolations();
});

it("colours those that are in colour already when the visitor wants that", async () => {
  expect(await page.$eval("#colour-asking", ({ textContent }) => textContent)).toBe("Colour it anyway");
  await page.click("#colour-asking");
  await expect
    .poll(() => page.$eval("#count", (element) => element.textContent), { timeout: 60_000 })
    .toBe("2 of 3 in colour, 1 failed");
  expect(await page.$eval("#colour-asking", (button) => button.checkVisibility())).toBe(false);
});

it("has none with a message, with the choices of saving, and with those of a model", async () => {
  await page.click("#strip li:nth-child(2) .open");
  expect(await visit.message(page)).toMatch(/LICENSES/);
  await page.click("#details summary");
  await expectNoViolations();
  await page.click("#save-as");
  await expectNoViolations();
  await page.keyboard.press("Escape");
  await page.$eval("#preset-dialog", (dialog) => (dialog as HTMLDialogElement).showModal());
  await expectNoViolations();
  await page.keyboard.press("Escape");
});

it("has none while colours are set", async () => {
  await page.click("#tint");
  await page.click("#tint-add");
  await expectNoViolations();
  await page.click('#swatches [aria-label="Blue"]');
  await page.waitForSelector('.pin[aria-label^="Colour 1"]');
  await expectNoViolations();
  await page.click("#tint");
});

it("has none with how it works", async () => {
  await page.click("#profile summary");
  await page.waitForSelector(".tiles canvas", { visible: true });
  await page.waitForSelector("#layers .every", { timeout: 120_000 });
  await expectNoViolations();
});

it("has none while a photograph waits for the network, and with the question whether to colour one", async () => {
  let release!: () => void;
  site.disturbance.held = { names: /models\//, release: new Promise((resolve) => (release = resolve)) };
  await page.reload();
  await page.evaluate(axe);
  await visit.choose(page, "samples/cat.jpg");
  await page.waitForSelector("#progress:not([hidden])");
  await expectNoViolations();
  release();
  await visit.coloured(page, "cat.jpg");
  await visit.choose(page, "samples/colour/meadow.jpg");
  await page.waitForSelector("#message:not([hidden])");
  expect(await visit.message(page)).toMatch(/in colour already/);
  await expectNoViolations();
});
