/** The package and the demo page as browser tests take them: each is built once in a run of tests, by the first file that asks for it. */
import { execFileSync } from "node:child_process";
import { existsSync, mkdirSync, renameSync, rmdirSync } from "node:fs";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import type { InlineConfig } from "vite";
import { inject } from "vitest";

const BUILDS = {
  /** The package's modules. */
  dist: (outDir: string) => build(outDir, {}),
  /** The package's declarations, which are dist/types of the package. */
  types: (outDir: string) =>
    void execFileSync(process.execPath, ["--import", "./tools/register.mjs", "tools/build-types.ts", outDir]),
  /** The demo page. */
  demo: (outDir: string) => build(outDir, { root: "demo" }),
};

async function build(outDir: string, config: InlineConfig): Promise<void> {
  const vite = await import("vite"); // which most files that ask need not load
  await vite.build({ ...config, logLevel: "error", build: { outDir, emptyOutDir: true } });
}

/** The folder of a build, which other files read at the same time: a test that changes files copies it. */
export async function built(name: keyof typeof BUILDS): Promise<string> {
  const folder = join(inject("builds"), name);
  while (!existsSync(folder)) {
    if (!take(`${folder}.lock`)) {
      await sleep(100);
      continue;
    }
    try {
      if (existsSync(folder)) break;
      await BUILDS[name](`${folder}.new`);
      renameSync(`${folder}.new`, folder);
    } finally {
      rmdirSync(`${folder}.lock`);
    }
  }
  return folder;
}

/** Whether this process has the lock now, which is a folder. */
function take(lock: string): boolean {
  try {
    mkdirSync(lock);
    return true;
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === "EEXIST") return false;
    throw error;
  }
}
