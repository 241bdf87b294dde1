/** The demo page as an application: without a network after the first visit, no request to other sites, a small script. */
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { gzipSync } from "node:zlib";
import type { ElementHandle } from "puppeteer";
import { list } from "tar";
import { build, loadConfigFromFile, type Plugin, type Rolldown } from "vite";
import { afterAll, beforeAll, expect, it } from "vitest";
import * as visit from "./page-site";

let site: visit.PageSite;

beforeAll(async () => void (site = await visit.startPageSite()), 240_000);
afterAll(() => site?.close());

it("comes up, colours and saves without a network after one visit, and asks no other site", async () => {
  const page = await site.newPage();
  await page.setViewport({ width: 1280, height: 800 });
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
  await page.click('[data-sample="sheep-1888.jpg"]'); // not looked at before
  await expect.poll(() => visit.message(page)).toMatch(/^“Sheep, 1888” could not be downloaded. Check the internet/);
  site.disturbance.online = true;

  expect(site.others).toEqual([]);
  // Otherwise it would be there.
  await page.evaluate(() => fetch("http://other.test/picture.jpg").catch(() => undefined));
  expect(site.others).toEqual(["http://other.test/picture.jpg"]);
  await page.close();
}, 240_000);

it("shows what it links to, also without a network", async () => {
  const page = await site.newPage();
  await page.goto(site.address);
  await page.evaluate(() => navigator.serviceWorker.ready.then(() => undefined));
  await page.reload(); // the service worker answers from now on
  await visit.choose(page, "samples/cat.jpg");
  await visit.coloured(page, "cat.jpg");
  await page.click("#profile summary");
  await page.waitForSelector("#layers .links", { timeout: 120_000 });
  const [source, ...links] = await page.$$eval("#layers .links a", (all) => {
    const hrefs = all.map(({ href }) => href);
    return [hrefs.find((href) => href.endsWith(".gz"))!, ...hrefs.filter((href) => !href.endsWith(".gz"))];
  });
  expect(links).toHaveLength(3);
  const archive = Buffer.from(await page.evaluate(async (url) => [...(await (await fetch(url)).bytes())], source!));
  const paths: string[] = [];
  list({ sync: true, onReadEntry: ({ path }) => paths.push(path) }).end(archive);
  for (const path of ["package.json", "demo/index.html", "src/element.ts", "shaders/", "tools/vite-source.ts"])
    expect(paths).toContain(`colorize-canvas/${path}`);
  expect(paths.filter((path) => /node_modules|\/dist\/|\/\.|natural.onnx/.test(path))).toEqual([]);
  site.disturbance.online = false;
  try {
    for (const [i, words] of [/^# Model card: natural/, /^MIT License/, /^# Licenses/].entries()) {
      await page.goto(links[i]!);
      expect(await page.evaluate(() => document.body.textContent)).toMatch(words);
    }
  } finally {
    site.disturbance.online = true;
  }
  await page.close();
}, 120_000);

it("takes photographs that another application shares with it", async () => {
  const page = await site.newPage();
  await page.goto(site.address);
  await page.evaluate(() => navigator.serviceWorker.ready.then(() => undefined));
  await page.reload(); // the service worker answers from now on
  const share = async (...files: readonly string[]): Promise<void> => {
    await page.evaluate(() => {
      const form = Object.assign(document.createElement("form"), { id: "other", method: "POST", action: "./share" });
      form.enctype = "multipart/form-data";
      const input = Object.assign(document.createElement("input"), {
        type: "file",
        name: "photographs",
        multiple: true,
      });
      form.append(input);
      document.body.append(form);
    });
    const input = (await page.$("#other input")) as ElementHandle<HTMLInputElement>;
    if (files.length > 0) await input.uploadFile(...files);
    const opened = page.waitForNavigation();
    await page.$eval("#other", (form) => (form as HTMLFormElement).submit());
    await opened;
  };
  site.disturbance.online = false;
  try {
    await share("samples/cat.jpg", "samples/nagasaki-1865.jpg");
    await page.waitForFunction(() => document.querySelector("#count")?.textContent === "2 of 2 in colour");
    const names = await page.$$eval("#strip .name", (all) => all.map(({ textContent }) => textContent));
    expect(names).toEqual(["cat.jpg", "nagasaki-1865.jpg"]);
    expect(page.url()).toBe(site.address);
    expect(await page.evaluate(async () => (await (await caches.open("shared-photographs")).keys()).length)).toBe(0);
    await share();
    await expect.poll(() => visit.message(page)).toMatch(/^No photographs arrived/);
  } finally {
    site.disturbance.online = true;
  }
  await page.close();
}, 120_000);

it("can be installed", () => {
  const manifest = JSON.parse(readFileSync(join(site.folder, "manifest.webmanifest"), "utf8")) as {
    start_url: string;
    icons: { src: string; sizes: string }[];
    share_target: { action: string };
  };
  expect(manifest.share_target.action).toBe("./share");
  expect(manifest.start_url).toBe("./");
  expect(manifest.icons.map(({ sizes }) => sizes)).toEqual(["192x192", "512x512"]);
  for (const { src } of manifest.icons)
    expect(readFileSync(join(site.folder, src)).subarray(1, 4).toString()).toBe("PNG");
});

it("its own script has at most 40 KB beside the package", async () => {
  const external = /\/src\/(index|element)(\.ts)?$/; // the package
  const options = { external, output: { format: "es" as const } };
  const mode = { command: "build", mode: "production" } as const;
  const { config } = (await loadConfigFromFile(mode, "demo/vite.config.ts", undefined, "error"))!;
  // The service worker is made of files, and nothing is written here.
  const plugins = (config.plugins!.flat() as Plugin[]).filter(({ name }) => !name.startsWith("vite-plugin-pwa"));
  const built = await build({
    ...{ ...config, configFile: false, plugins, logLevel: "error" },
    build: { ...config.build, write: false, rolldownOptions: options },
  });
  const { output } = (Array.isArray(built) ? built[0] : built) as Rolldown.RolldownOutput;
  const chunks = output.filter((file) => file.type === "chunk");
  const bytes = chunks.reduce((sum, { code }) => sum + gzipSync(code).length, 0);
  console.log(`the page's own script: ${(bytes / 1000).toFixed(1)} KB gzip`);
  expect(chunks.some(({ imports }) => imports.some((name) => external.test(name)))).toBe(true);
  expect(bytes).toBeLessThanOrEqual(40_000);
}, 120_000);
