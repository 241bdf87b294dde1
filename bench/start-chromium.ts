/** Starting headless Chromium with bench/chromium, built and served by this process. */
import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { createRequire } from "node:module";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { build } from "vite";
import { defaultModelFolder } from "../src/node/shipped-models";
import { launchBrowser } from "../test/shared/launch";
import { serve, type Site } from "../test/shared/serve";
import type { Job, Message } from "./rows";
import type { Worker } from "./supervise";

const PAGE = fileURLToPath(new URL("chromium", import.meta.url));

/** Headers for cross-origin isolation, which threads in WebAssembly need. */
const ISOLATED = {
  "cross-origin-opener-policy": "same-origin",
  "cross-origin-embedder-policy": "require-corp",
  "cross-origin-resource-policy": "same-origin",
};

let site: Promise<Site> | undefined;

async function openSite(): Promise<Site> {
  const folder = mkdtempSync(join(tmpdir(), "colorize-bench-"));
  process.once("exit", () => rmSync(folder, { recursive: true, force: true }));
  await build({ root: PAGE, logLevel: "error", build: { outDir: folder, emptyOutDir: true } });
  const ort = dirname(createRequire(import.meta.url).resolve("onnxruntime-web"));
  const index = readFileSync(join(folder, "index.html"));
  return serve(
    { "/": index },
    { "/assets/": join(folder, "assets"), "/ort/": ort, "/model/": defaultModelFolder() },
    ISOLATED,
  );
}

/** Starts one browser per worker with a new profile, so that caches are empty. */
export async function startChromium(): Promise<Worker<Job>> {
  const { address } = await (site ??= openSite());
  const browser = await launchBrowser();
  const version = await browser.version();
  let stop: (error?: Error) => void = () => {};
  return {
    async run(job, limits, onMessage) {
      const ended = new Promise<void>((resolve, reject) => {
        stop = (error) => (error ? reject(error) : resolve());
      });
      const page = await browser.newPage();
      browser.once("disconnected", () => stop(new Error("the browser ended")));
      page.once("error", (error) => stop(error));
      page.on("pageerror", (error) => stop(error instanceof Error ? error : new Error(String(error))));
      await page.exposeFunction("benchMessage", (message: Message) => {
        onMessage(message.type === "adapter" ? { ...message, info: { ...message.info, browser: version } } : message);
        if (message.type === "end") stop();
      });
      await page.goto(address);
      await page.waitForFunction(() => "benchJob" in window);
      await page.evaluate(
        (job, limits) => (window as unknown as { benchJob(...given: unknown[]): void }).benchJob(job, limits),
        job,
        limits,
      );
      await ended;
    },
    kill() {
      stop(new Error("ended"));
      browser.process()?.kill("SIGKILL");
      void browser.close().catch(() => undefined);
    },
  };
}

/** Closes the server that workers share. */
export async function closeSite(): Promise<void> {
  (await site)?.close();
  site = undefined;
}
