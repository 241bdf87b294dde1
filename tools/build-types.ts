/**
 * Writes the package's type declarations to dist/types, or to the given folder. Sources import without extensions, but ESM
 * resolution of declarations needs `./x.js`, so the tool completes the specifiers. It keeps only files that the public entries
 * reach. Since TypeScript 6, lib.dom includes WebGPU and conflicts with @webgpu/types; for TypeScript 5, the entries in ts5/
 * reference that package. package.json chooses by the condition "types@<6.0".
 */
import { execFileSync } from "node:child_process";
import { appendFileSync, existsSync, mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { createRequire } from "node:module";
import { dirname, join, relative, resolve } from "node:path";
import { fileURLToPath } from "node:url";
import ts from "typescript";

const ENTRIES = ["index", "engine", "element", "node", "react", "vue", "svelte", "vite"];

/** The declaration file that a relative specifier means, or undefined for a package. */
function target(file: string, specifier: string): string | undefined {
  if (!specifier.startsWith(".")) return undefined;
  const base = resolve(dirname(file), specifier.replace(/\.(js|ts)$/, ""));
  for (const path of [`${base}.d.ts`, join(base, "index.d.ts")]) if (existsSync(path)) return path;
  throw new Error(`${file}: no declarations for ${specifier}`);
}

/** Appends .js to each relative specifier of a text; also returns the files that the specifiers name. */
export function completeSpecifiers(
  text: string,
  resolveSpecifier: (specifier: string) => string | undefined,
  file: string,
): { text: string; targets: string[] } {
  const targets: string[] = [];
  let result = text;
  // Replaces from the end, so that earlier positions stay valid.
  for (const { fileName, pos } of ts.preProcessFile(text).importedFiles.toReversed()) {
    const path = resolveSpecifier(fileName);
    if (path === undefined) continue;
    targets.push(path);
    const steps = relative(dirname(resolve(file)), path)
      .replaceAll("\\", "/")
      .replace(/\.d\.ts$/, ".js");
    const specifier = steps.startsWith(".") ? steps : `./${steps}`;
    const start = pos + 1; // after the quote
    result = result.slice(0, start) + specifier + result.slice(start + fileName.length);
  }
  return { text: result, targets };
}

const TYPESCRIPT_5 = "ts5";

function buildTypes(out: string): void {
  rmSync(out, { recursive: true, force: true });
  mkdirSync(out, { recursive: true });
  const tsc = join(dirname(createRequire(import.meta.url).resolve("typescript/package.json")), "bin", "tsc");
  execFileSync(process.execPath, [tsc, "-p", "tsconfig.build.json", "--outDir", out], { stdio: "inherit" });
  const declarations = readdirSync(out, { recursive: true, encoding: "utf8" }).filter((name) => name.endsWith(".d.ts"));
  // Adds files that extend another file's interfaces, as the ops extend src/graph/ir.ts: no import reaches them.
  for (const name of declarations) {
    const file = resolve(out, name);
    for (const [, specifier] of readFileSync(file, "utf8").matchAll(/^declare module "(\.[^"]+)"/gm)) {
      const augmented = target(file, specifier!)!;
      const steps = relative(dirname(augmented), file)
        .replaceAll("\\", "/")
        .replace(/\.d\.ts$/, "");
      appendFileSync(augmented, `import "./${steps}";\n`);
    }
  }
  const queue = ENTRIES.map((name) => resolve(out, `${name}.d.ts`));
  const reached = new Set(queue);
  for (const file of queue) {
    const done = completeSpecifiers(readFileSync(file, "utf8"), (specifier) => target(file, specifier), file);
    writeFileSync(file, done.text);
    for (const path of done.targets) {
      if (reached.has(path)) continue;
      reached.add(path);
      queue.push(path);
    }
  }
  for (const name of declarations) if (!reached.has(resolve(out, name))) rmSync(resolve(out, name));
  mkdirSync(join(out, TYPESCRIPT_5));
  for (const name of ENTRIES)
    writeFileSync(
      join(out, TYPESCRIPT_5, `${name}.d.ts`),
      `/// <reference types="@webgpu/types" />\nexport * from "../${name}.js";\n`,
    );
}

if (process.argv[1] && resolve(process.argv[1]) === fileURLToPath(import.meta.url))
  buildTypes(process.argv[2] ?? "dist/types");
