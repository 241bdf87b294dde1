/** The machine and versions of a result, without names of persons, hosts or folders. */
import { readFileSync } from "node:fs";
import { createRequire } from "node:module";
import { availableParallelism, cpus, loadavg, totalmem } from "node:os";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";

export interface Facts {
  readonly date: string;
  readonly cpu: string;
  readonly cores: number;
  readonly memoryGiB: number;
  readonly system: string;
  /** Load average of the last minute when the bench began: well below `cores` on a quiet machine. */
  readonly loadBefore: number;
  readonly versions: Readonly<Record<string, string>>;
}

const PACKAGES = [
  "webgpu",
  "@sparticuz/chromium",
  "onnxruntime-node",
  "onnxruntime-web",
  "@tensorflow/tfjs-core",
  "@tensorflow/tfjs-backend-webgpu",
];

/** Of this project, Node, and the packages that are measured. */
export function versionsHere(): Record<string, string> {
  const own = JSON.parse(readFileSync(new URL("../package.json", import.meta.url), "utf8")) as { version: string };
  const versions: Record<string, string> = { "colorize-canvas": own.version, node: process.versions.node };
  for (const name of PACKAGES) versions[name] = installedVersion(name);
  return versions;
}

export function facts(versions = versionsHere()): Facts {
  return {
    date: new Date().toISOString(),
    cpu: cpus()[0]?.model.trim() ?? "unknown",
    cores: availableParallelism(),
    memoryGiB: Math.round(totalmem() / 2 ** 30),
    system: `${process.platform} ${process.arch}`,
    loadBefore: Math.round(loadavg()[0]! * 100) / 100,
    versions,
  };
}

/** The version of an installed package, from the package.json above its main file. */
function installedVersion(name: string): string {
  try {
    let folder = dirname(createRequire(import.meta.url).resolve(name));
    for (;;) {
      try {
        const found = JSON.parse(readFileSync(join(folder, "package.json"), "utf8")) as Record<string, string>;
        if (found["name"] === name) return found["version"]!;
      } catch {
        // Higher up.
      }
      if (dirname(folder) === folder) return "not installed";
      folder = dirname(folder);
    }
  } catch {
    return "not installed";
  }
}

const ROOT = fileURLToPath(new URL("..", import.meta.url)).replace(/[\\/]$/, "");

/** A message without this machine's folders. */
export function withoutPaths(text: string): string {
  return text
    .replaceAll(ROOT, ".")
    .replace(/(?:file:\/\/)?(?:\/[\w.@+-]+){2,}\//g, "…/")
    .replace(/https?:\/\/localhost:\d+/g, "");
}
