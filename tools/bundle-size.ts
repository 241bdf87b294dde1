/** What a page downloads: gzip bytes of dist's browser entries with every chunk they reach, against a budget. */
import { readFileSync } from "node:fs";
import { dirname, join, resolve } from "node:path";
import { fileURLToPath } from "node:url";
import { gzipSync } from "node:zlib";

/**
 * Bytes, gzip -9, of all browser entries together. Of the 75 KB when this was set, 10 KB are the protobuf decoder, 7 KB
 * shaders, 13 KB the import of ONNX operators. The weights are 500 times as much.
 */
export const BUDGET = 80 * 1024;

/** The files that a module reaches by static and dynamic imports of relative paths, itself first. */
export function reached(entries: readonly string[]): string[] {
  const queue = entries.map((entry) => resolve(entry));
  const seen = new Set(queue);
  for (const file of queue)
    for (const [, specifier] of readFileSync(file, "utf8").matchAll(/(?:from|import)\s*\(?\s*["'`](\.[^"'`]+)["'`]/g)) {
      const path = join(dirname(file), specifier!);
      if (seen.has(path)) continue;
      seen.add(path);
      queue.push(path);
    }
  return queue;
}

/** Sum of the gzip sizes of files, as a server would send them one by one. */
export function gzipBytes(files: readonly string[]): number {
  return files.reduce((sum, file) => sum + gzipSync(readFileSync(file), { level: 9 }).length, 0);
}

if (process.argv[1] && resolve(process.argv[1]) === fileURLToPath(import.meta.url)) {
  const entries = ["index", "engine", "element"].map((name) => `dist/${name}.js`);
  for (const entry of entries) console.log(`${entry}: ${gzipBytes(reached([entry]))} bytes gzip`);
  const total = gzipBytes(reached(entries));
  console.log(`together: ${total} of ${BUDGET} bytes gzip`);
  if (total > BUDGET) {
    console.error("Over the budget: look for what was added, or raise the budget in tools/bundle-size.ts and say why.");
    process.exitCode = 1;
  }
}
