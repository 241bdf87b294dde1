/** Stores measurements of convolutions in the user's cache folder, one file per adapter. */
import { createHash } from "node:crypto";
import { readFile } from "node:fs/promises";
import { join } from "node:path";
import type { TuningStore } from "../tuning/store";
import { placeFile } from "./place-file";
import { cacheFolder } from "./software-driver";

/** The file for a key. Default `folder`: colorize-canvas in XDG_CACHE_HOME, else in ~/.cache. */
export function tuningFile(key: string, folder = cacheFolder()): string {
  return join(folder, `tuning-${createHash("sha256").update(key).digest("hex").slice(0, 16)}.json`);
}

/** A store of JSON files. A file that is damaged or has another key reads as undefined. */
export function tuningFiles(folder?: string): TuningStore {
  return {
    async read(key) {
      const content = await readFile(tuningFile(key, folder), "utf8").catch(() => "null");
      try {
        const { key: of, measured } = JSON.parse(content) as { key?: unknown; measured?: unknown };
        return of === key ? measured : undefined;
      } catch {
        return undefined;
      }
    },
    async write(key, value) {
      const content = `${JSON.stringify({ key, measured: value }, null, 1)}\n`;
      await placeFile(tuningFile(key, folder), Buffer.from(content), { overwrite: true });
    },
  };
}
