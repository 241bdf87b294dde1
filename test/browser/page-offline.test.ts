/** The demo page as an application: without a network after the first visit, no request to other sites, a small script. */
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { gzipSync } from "node:zlib";
import { build, type Rolldown } from "vite";
import { afterAll, beforeAll, expect, it } from "vitest";
import * as visit from "./page-site";

let site: visit.PageSite;

beforeAll(async () => void (site = await visit.startPageSite()), 240_000);
afterAll(() => site?.close());

it("comes up, colours and saves without a network after one visit, and asks no other site", async () => {
  const page = await site.browser.newPage();
  await page.setViewport({ width: 1280, height: 800 });
  const asked: string[] = [];
  page.on("request", (request) => void asked.push(request.url()));
  await page.goto(site.address);
  await page.evaluate(() => navigator.serviceWorker.ready.then(() => undefined));
  await visit.choose(page, "samples/cat.jpg");
  await visit.coloured(page, "cat.jpg");

  site.disturbance.online = false;
  await page.reload();
  expect(await page.$$eval("#samples img", (images) => images.length)).toBeGreaterThan(9);
  await visit.choose(page, "samples/cat.jpg");
  await visit.coloured(page, "cat.jpg");
  const downloads = join(site.files, "offline");
  await visit.saveInto(page, downloads);
  await page.click("#save");
  await expect.poll(() => visit.savedIn(downloads), { timeout: 60_000 }).toEqual(["cat-colour.jpg"]);
  site.disturbance.online = true;

  const others = asked.filter((url) => !url.startsWith(site.address) && !/^(blob|data):/.test(url));
  expect(others).toEqual([]);
  await page.close();
}, 240_000);

it("can be installed", () => {
  const manifest = JSON.parse(readFileSync(join(site.folder, "manifest.webmanifest"), "utf8")) as {
    start_url: string;
    icons: { src: string; sizes: string }[];
  };
  expect(manifest.start_url).toBe("./");
  expect(manifest.icons.map(({ sizes }) => sizes)).toEqual(["192x192", "512x512"]);
  for (const { src } of manifest.icons)
    expect(readFileSync(join(site.folder, src)).subarray(1, 4).toString()).toBe("PNG");
});

it("its own script has at most 40 KB beside the package", async () => {
  const external = /\/src\/(index|element)(\.ts)?$/; // the package
  const options = { external, output: { format: "es" as const } };
  const kept = { write: false, outDir: site.folder, emptyOutDir: false };
  const built = await build({ root: "demo", logLevel: "error", build: { ...kept, rolldownOptions: options } });
  const { output } = (Array.isArray(built) ? built[0] : built) as Rolldown.RolldownOutput;
  const chunks = output.filter((file) => file.type === "chunk");
  const bytes = chunks.reduce((sum, { code }) => sum + gzipSync(code).length, 0);
  console.log(`the page's own script: ${(bytes / 1000).toFixed(1)} KB gzip`);
  expect(chunks.some(({ imports }) => imports.some((name) => external.test(name)))).toBe(true);
  expect(bytes).toBeLessThanOrEqual(40_000);
}, 120_000);
