/** Compares the gzip size of dist's browser entries with budgets: the files that every page downloads, and all files. */
import { readFileSync } from "node:fs";
import { dirname, join, resolve } from "node:path";
import { fileURLToPath } from "node:url";
import { gzipSync } from "node:zlib";

/**
 * Most bytes, gzip -9, that a page downloads to colour a picture, without weights, which are 170 to 400 times as large. Below this, simpler code
 * wins; docs/decisions/package.md says why it is no longer 100 KB.
 */
export const PAGE_BUDGET = 156 * 1024;

/** Most bytes, gzip -9, of all files that the browser entries reach. */
export const BUDGET = 164 * 1024;

/** The files that a module reaches by imports of relative paths and as workers, itself first. */
export function reached(entries: readonly string[], { dynamic = true } = {}): string[] {
  const queue = entries.map((entry) => resolve(entry));
  const seen = new Set(queue);
  const imports = /(?:from|import)\s*(\(?)\s*["'`](\.[^"'`]+)["'`]/g;
  const workers = /new URL\(()["'`](\.\/[\w-]+\.js)["'`],\s*import\.meta\.url\)/g;
  for (const file of queue) {
    const text = readFileSync(file, "utf8");
    for (const [, imported, specifier] of [...text.matchAll(imports), ...text.matchAll(workers)]) {
      const path = join(dirname(file), specifier!);
      if (seen.has(path) || (imported && !dynamic)) continue;
      seen.add(path);
      queue.push(path);
    }
  }
  return queue;
}

/** The files that a page loads to colour a picture, without dynamic imports; test/browser/package.test.ts compares with what a page asks for. */
export function pageFiles(entries: readonly string[]): string[] {
  return reached(entries, { dynamic: false });
}

/** Sum of the gzip sizes of separately compressed files. */
export function gzipBytes(files: readonly string[]): number {
  return files.reduce((sum, file) => sum + gzipSync(readFileSync(file), { level: 9 }).length, 0);
}

if (process.argv[1] && resolve(process.argv[1]) === fileURLToPath(import.meta.url)) {
  const entries = ["index", "engine", "element"].map((name) => `dist/${name}.js`);
  for (const entry of entries) console.log(`${entry}: ${gzipBytes(pageFiles([entry]))} bytes gzip`);
  const check = (what: string, files: readonly string[], budget: number): void => {
    const bytes = gzipBytes(files);
    console.log(`${what}: ${bytes} of ${budget} bytes gzip`);
    if (bytes <= budget) return;
    console.error("Over the budget: look for what was added, or raise the budget in tools/bundle-size.ts and say why.");
    process.exitCode = 1;
  };
  check("to colour", pageFiles(entries), PAGE_BUDGET);
  check("everything", reached(entries), BUDGET);
}
