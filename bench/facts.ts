/** The machine and versions of a result, without names of persons, hosts or folders. */
import { execFileSync } from "node:child_process";
import { readFileSync } from "node:fs";
import { createRequire } from "node:module";
import { availableParallelism, cpus, loadavg, totalmem } from "node:os";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import type { Facts } from "./results";

const ROOT = fileURLToPath(new URL("..", import.meta.url)).replace(/[\\/]$/, "");

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

/** The commit, with "+" where files differ from it. */
export function commit(): string {
  const git = (...args: string[]): string => execFileSync("git", args, { cwd: ROOT, encoding: "utf8" }).trim();
  try {
    return `${git("rev-parse", "--short=12", "HEAD")}${git("status", "--porcelain", "--untracked-files=no") ? "+" : ""}`;
  } catch {
    return "unknown";
  }
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

/** A message without this machine's folders. */
export function withoutPaths(text: string): string {
  return text
    .replaceAll(ROOT, ".")
    .replace(/(?:file:\/\/)?(?:\/[\w.@+-]+){2,}\//g, "…/")
    .replace(/https?:\/\/localhost:\d+/g, "");
}
