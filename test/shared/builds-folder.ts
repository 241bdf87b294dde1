/** Run once by vitest before all test files: gives them the folder that built() of built.ts builds into, and removes it after them. */
import { mkdirSync, mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { TestProject } from "vitest/node";

declare module "vitest" {
  interface ProvidedContext {
    builds: string;
  }
}

export default function (project: TestProject): () => void {
  const folder = mkdtempSync(join(tmpdir(), "colorize-builds-"));
  const remove = (): void => rmSync(folder, { recursive: true, force: true });
  project.provide("builds", folder);
  // Where vitest watches, the sources have changed.
  project.onTestsRerun(() => {
    remove();
    mkdirSync(folder);
  });
  return remove;
}
