/** Gzip bytes of dist's browser entries with the chunks they reach: what every page downloads, and all, against budgets. */
import { readFileSync } from "node:fs";
import { basename, dirname, join, resolve } from "node:path";
import { fileURLToPath } from "node:url";
import { gzipSync } from "node:zlib";

/** Bytes, gzip -9, of what a page downloads to colour a picture. The weights are 300 times as much; below this, the simpler form wins. */
export const PAGE_BUDGET = 100 * 1024;

/** Bytes, gzip -9, of all that the browser entries reach. */
export const BUDGET = 160 * 1024;

/**
 * Chunks of features that most visits do not use: tuning and profiles.
 * test/browser/package.test.ts compares with what a page asks for.
 */
export const ON_DEMAND = /^(tune|profile)-/;

/** The files that a module reaches by imports of relative paths and as workers, itself first; dynamic imports where `follow` says so. */
export function reached(entries: readonly string[], follow: (file: string) => boolean = () => true): string[] {
  const queue = entries.map((entry) => resolve(entry));
  const seen = new Set(queue);
  const imports = /(?:from|import)\s*(\(?)\s*["'`](\.[^"'`]+)["'`]/g;
  const workers = /new URL\(()["'`](\.\/[\w-]+\.js)["'`],\s*import\.meta\.url\)/g;
  for (const file of queue) {
    const text = readFileSync(file, "utf8");
    for (const [, dynamic, specifier] of [...text.matchAll(imports), ...text.matchAll(workers)]) {
      const path = join(dirname(file), specifier!);
      if (seen.has(path) || (dynamic && !follow(basename(path)))) continue;
      seen.add(path);
      queue.push(path);
    }
  }
  return queue;
}

/** What a page loads to colour. */
export function pageFiles(entries: readonly string[]): string[] {
  return reached(entries, (file) => !ON_DEMAND.test(file));
}

/** Sum of the gzip sizes of files, as a server would send them one by one. */
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
