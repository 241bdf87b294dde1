import { execFileSync } from "node:child_process";
import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { gzipSync } from "node:zlib";
import { build } from "vite";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { BUDGET, gzipBytes, PAGE_BUDGET, pageFiles, reached } from "../tools/bundle-size";

/** Inside the tree, as the built modules look for packages above themselves, and for ../models. */
let dist: string;
beforeAll(async () => {
  dist = mkdtempSync("dist-test-");
  await build({ logLevel: "error", build: { outDir: dist } });
  const script = ["--import", "./tools/register.mjs", "tools/build-types.ts", join(dist, "types")];
  const environment = { ...process.env };
  delete environment["COLORIZE_HOOKS"];
  execFileSync(process.execPath, script, { env: environment });
  execFileSync("node_modules/.bin/cem", ["analyze", "--quiet", "--outdir", dist], { env: environment });
}, 120_000);
afterAll(() => rmSync(dist, { recursive: true, force: true }));

const manifest = JSON.parse(readFileSync("package.json", "utf8")) as {
  exports: Record<string, string | { types: string; default: string }>;
  sideEffects: string[];
  dependencies?: object;
};
const BROWSER = ["index", "engine", "element"];

function browserFiles(): string[] {
  return reached(BROWSER.map((name) => join(dist, `${name}.js`)));
}

/** What a bundler makes of a page with the engine, the colorizer and the element: file names -> content. */
async function bundled(): Promise<Map<string, Buffer>> {
  const root = mkdtempSync(join(process.cwd(), "dist-test-app-"));
  try {
    const from = (name: string): string => JSON.stringify(join(process.cwd(), dist, `${name}.js`));
    const input = join(root, "main.js");
    const imports = ["index", "engine"].map((name) => `import * as ${name} from ${from(name)};`);
    writeFileSync(input, `import ${from("element")}; ${imports.join(" ")} globalThis.all = [index, engine];`);
    await build({
      ...{ root, configFile: false, base: "./", logLevel: "error" },
      build: { target: "es2022", outDir: "out", modulePreload: false, rolldownOptions: { input } },
    });
    const folder = join(root, "out", "assets");
    const names = readdirSync(folder).filter((name) => name.endsWith(".js"));
    return new Map(names.map((name) => [name, readFileSync(join(folder, name))]));
  } finally {
    rmSync(root, { recursive: true, force: true });
  }
}

describe("the built package", () => {
  it("has every file that package.json names", () => {
    const named = Object.values(manifest.exports)
      .flatMap((value) => (typeof value === "string" ? [value] : [value.types, value.default]))
      .concat(manifest.sideEffects)
      .filter((path) => path.startsWith("./dist/"));
    expect(named.length).toBeGreaterThan(8);
    for (const path of named) expect(existsSync(path.replace("./dist", dist)), path).toBe(true);
  });

  it("gives pages nothing of Node and no package to resolve", () => {
    let imports = 0;
    for (const file of browserFiles()) {
      const specifiers = [...readFileSync(file, "utf8").matchAll(/\b(?:from|import)\s*\(?\s*["'`]([\w@:./-]+)["'`]/g)];
      for (const [, specifier] of specifiers) expect(specifier, file).toMatch(/^\.\//);
      imports += specifiers.length;
    }
    expect(imports, "imports that were found").toBeGreaterThan(3);
  });

  it("finds models/ beside dist from whichever chunk asks", () => {
    const asking = browserFiles().filter((file) => readFileSync(file, "utf8").includes("../models/"));
    expect(asking).toHaveLength(1);
    expect(asking[0]!.startsWith(join(process.cwd(), dist))).toBe(true);
    expect(asking[0]!.slice(join(process.cwd(), dist).length + 1)).not.toContain("/");
    // As a literal inside new URL(), a user's bundler would copy model.json without the files beside it.
    expect(readFileSync(asking[0]!, "utf8")).not.toMatch(/new URL\(\s*["'`]\.\.\/models/);
  });

  it("is within the budget when bundled into one file, with a worker that the bundler copies", async () => {
    const files = await bundled();
    const main = [...files].find(([name]) => name.startsWith("main"))![1];
    expect(gzipSync(main, { level: 9 }).length).toBeLessThanOrEqual(PAGE_BUDGET);
    expect([...files.keys()].filter((name) => name.includes("hash-worker"))).toHaveLength(1);
    expect(main.toString()).not.toContain("data:text/javascript");
  });

  it(`stays within ${BUDGET} bytes gzip`, () => {
    expect(gzipBytes(browserFiles())).toBeLessThanOrEqual(BUDGET);
    const page = pageFiles(BROWSER.map((name) => join(dist, `${name}.js`)));
    expect(gzipBytes(page)).toBeLessThanOrEqual(PAGE_BUDGET);
  });

  it("ships shaders without comments", () => {
    const text = browserFiles()
      .map((file) => readFileSync(file, "utf8"))
      .join("\n");
    expect(text).toContain("@compute");
    const comment = /^\/\/ (\S.{10,})$/m.exec(readFileSync("shaders/unary.wgsl", "utf8"))![1]!;
    expect(text).not.toContain(comment);
  });

  it("has declarations whose imports all lead somewhere", () => {
    const types = join(dist, "types");
    let imports = 0;
    for (const name of readdirSync(types, { recursive: true, encoding: "utf8" }).filter((path) =>
      path.endsWith(".ts"),
    )) {
      const text = readFileSync(join(types, name), "utf8");
      for (const [, specifier] of text.matchAll(/(?:from|import\()\s*"([^"]+)"/g)) {
        expect(specifier, name).toMatch(/^\.\.?\/.*\.js$/);
        expect(existsSync(join(types, name, "..", specifier!.replace(/\.js$/, ".d.ts"))), `${name}: ${specifier}`).toBe(
          true,
        );
        imports++;
      }
    }
    expect(imports, "imports that were found").toBeGreaterThan(10);
  });

  it("loads in Node", () => {
    const script = `import("./${dist}/node.js").then((m) => console.log(Object.keys(m).join()))`;
    expect(execFileSync(process.execPath, ["-e", script], { encoding: "utf8" })).toContain("requestNodeDevice");
  });

  it("brings nothing along for pages", () => {
    expect(manifest.dependencies ?? {}).toEqual({});
  });
});
