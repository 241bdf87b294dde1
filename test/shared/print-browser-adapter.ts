/** Prints the adapter that browser tests run on, which of its optional features it has, and the browser. */
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { pathToFileURL } from "node:url";
import { launchBrowser } from "./launch";
import { OPTIONAL } from "./optional-features";

const folder = await mkdtemp(join(tmpdir(), "browser-adapter-"));
const browser = await launchBrowser();
try {
  // Pages of files have WebGPU, about:blank has not.
  const file = join(folder, "page.html");
  await writeFile(file, "<!doctype html>");
  const page = await browser.newPage();
  await page.goto(pathToFileURL(file).href);
  const adapter = await page.evaluate(async () => {
    const found = await navigator.gpu.requestAdapter();
    const { vendor, architecture, device, description } = found?.info ?? {};
    const words = [vendor, architecture, device, description].filter(Boolean);
    return { name: [...new Set(words)].join(" ") || "none", features: [...(found?.features ?? [])] as string[] };
  });
  const features = OPTIONAL.map((name) => `${adapter.features.includes(name) ? "with" : "without"} ${name}`);
  process.stdout.write(`${adapter.name}, ${features.join(", ")}, in ${await browser.version()}\n`);
} finally {
  await browser.close();
  await rm(folder, { recursive: true });
}
