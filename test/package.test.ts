import { execFileSync, spawnSync, type SpawnSyncReturns } from "node:child_process";
import { cpSync, existsSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";
import { gzipSync } from "node:zlib";
import ts from "typescript";
import { build } from "vite";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { built } from "./shared/built";
import { tinyModel } from "./shared/tiny-model";
import { BUDGET, gzipBytes, PAGE_BUDGET, pageFiles, reached } from "../tools/bundle-size";

/** Inside the tree, as the built modules look for packages above themselves, and for ../models. */
let dist: string;
beforeAll(async () => {
  dist = mkdtempSync("dist-test-");
  cpSync(await built("dist"), dist, { recursive: true });
  cpSync(await built("types"), join(dist, "types"), { recursive: true });
  execFileSync("node_modules/.bin/cem", ["analyze", "--quiet", "--outdir", dist]);
}, 120_000);
afterAll(() => rmSync(dist, { recursive: true, force: true }));

const manifest = JSON.parse(readFileSync("package.json", "utf8")) as {
  exports: Record<string, string | { "types@<6.0": string; types: string; default: string }>;
  sideEffects: string[];
  dependencies?: object;
  peerDependencies: Record<string, string>;
};
const BROWSER = ["index", "engine", "element"];
/** The package whose types an entry for a framework needs. */
const TYPES_OF: Readonly<Record<string, string>> = {
  "react.d.ts": "react",
  "vue.d.ts": "vue",
  "svelte.d.ts": "svelte/elements",
  "node/vite-plugin.d.ts": "vite",
};
/** What the command needs, in the order of sort(). */
const COMMAND_PEERS = ["@sparticuz/chromium", "cli-progress", "commander", "sharp", "tar", "webgpu"];
/** Whether "name@version" is in the range of package.json, "^version", which begins as the version does. */
function isAllowed(word: string): boolean {
  const at = word.lastIndexOf("@");
  const range = manifest.peerDependencies[word.slice(0, at)]!;
  return `${range}.`.startsWith(`^${word.slice(at + 1)}.`);
}
/** Fails to compile where a type is any or another than it should be. */
const USER_PROGRAM = `
import { Colorizer, requestDevice, type ColorizeResult } from "colorize-canvas";
import { Session } from "colorize-canvas/engine";
import { ColorizeCanvas, type ColorizeCanvasEventMap } from "colorize-canvas/element";
import { requestNodeDevice } from "colorize-canvas/node";
type Same<A, B> = (<T>() => T extends A ? 1 : 2) extends <T>() => T extends B ? 1 : 2 ? true : false;
const same = <T extends true>(): T | undefined => undefined;
same<Same<GPUDevice["label"], string>>();
same<Same<Colorizer["device"], GPUDevice>>();
same<Same<Awaited<ReturnType<typeof requestDevice>>, GPUDevice>>();
same<Same<Awaited<ReturnType<typeof requestNodeDevice>>, GPUDevice>>();
same<Same<ColorizeCanvas["result"], ColorizeResult | null>>();
export function listen(element: ColorizeCanvas): () => void {
  const failed = ({ detail: { code } }: ColorizeCanvasEventMap["error"]): boolean => code === "download";
  element.addEventListener("error", failed);
  element.texts = { "error-download": "No network" };
  // @ts-expect-error no code of an error
  element.texts = { "error-dowload": "No network" };
  return () => element.removeEventListener("error", failed);
}
export const session = (device: GPUDevice): Promise<Session> => Session.load("model.onnx", { device });
`;

function browserFiles(entries = BROWSER): string[] {
  return reached(entries.map((name) => join(dist, `${name}.js`)));
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
      .flatMap((value) => (typeof value === "string" ? [value] : Object.values(value)))
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

  it("finds models/ beside dist from any chunk", () => {
    const asking = browserFiles().filter((file) => readFileSync(file, "utf8").includes("../models/"));
    expect(asking).toHaveLength(1);
    expect(asking[0]!.startsWith(join(process.cwd(), dist))).toBe(true);
    expect(asking[0]!.slice(join(process.cwd(), dist).length + 1)).not.toContain("/");
    // For a literal inside new URL(), a user's bundler would copy model.json without the other files of its folder.
    expect(readFileSync(asking[0]!, "utf8")).not.toMatch(/new URL\(\s*["'`]\.\.\/models/);
  });

  it("is within the budget when bundled into one file, with workers that the bundler finds", async () => {
    const files = await bundled();
    const main = [...files].find(([name]) => name.startsWith("main"))![1];
    expect(gzipSync(main, { level: 9 }).length).toBeLessThanOrEqual(PAGE_BUDGET);
    for (const worker of ["colorize-worker", "wasm-worker", "hash-worker", "draw-worker"])
      expect([...files.keys()].filter((name) => name.includes(worker))).toHaveLength(1);
    expect(main.toString()).not.toContain("data:text/javascript");
  });

  it(`stays within ${BUDGET} bytes gzip`, () => {
    expect(gzipBytes(browserFiles(BROWSER))).toBeLessThanOrEqual(BUDGET);
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
        // Whoever imports these entries has the framework.
        if (TYPES_OF[name] === specifier) continue;
        expect(specifier, name).toMatch(/^\.\.?\/.*\.js$/);
        expect(existsSync(join(types, name, "..", specifier!.replace(/\.js$/, ".d.ts"))), `${name}: ${specifier}`).toBe(
          true,
        );
        imports++;
      }
    }
    expect(imports, "imports that were found").toBeGreaterThan(10);
  });

  it("has the type of every op's node", () => {
    const user = join(dist, "types", "user.ts");
    writeFileSync(
      user,
      `import type { Graph } from "./engine.js";
declare const graph: Graph;
for (const node of graph.nodes) if (node.op === "softmax") node.attributes.axis satisfies number;
`,
    );
    try {
      const options = { module: ts.ModuleKind.NodeNext, strict: true, noEmit: true, types: [], skipLibCheck: true };
      const program = ts.createProgram([user], options);
      const found = ts.getPreEmitDiagnostics(program).map(({ messageText }) => messageText);
      expect(found).toEqual([]);
    } finally {
      rmSync(user);
    }
  });

  it("loads in Node", () => {
    const script = `import("./${dist}/node.js").then((m) => console.log(Object.keys(m).join()))`;
    expect(execFileSync(process.execPath, ["-e", script], { encoding: "utf8" })).toContain("requestNodeDevice");
  });

  it("brings nothing along for pages but types", () => {
    expect(Object.keys(manifest.dependencies ?? {})).toEqual(["@webgpu/types"]);
  });

  describe("as installed by a user", () => {
    let user: string;
    beforeAll(() => {
      user = mkdtempSync(join(tmpdir(), "colorize-user-"));
      const installed = join(user, "node_modules", "colorize-canvas");
      cpSync(dist, join(installed, "dist"), { recursive: true });
      cpSync("package.json", join(installed, "package.json"));
      cpSync("bin", join(installed, "bin"), { recursive: true });
      for (const [name, bytes] of Object.entries(tinyModel())) {
        mkdirSync(join(installed, "models", "inception-table"), { recursive: true });
        writeFileSync(join(installed, "models", "inception-table", name), bytes);
      }
      for (const name of ["@webgpu/types", "@types/node", "undici-types"])
        cpSync(join("node_modules", name), join(user, "node_modules", name), { recursive: true });
      writeFileSync(join(user, "package.json"), JSON.stringify({ type: "module" }));
      writeFileSync(join(user, "main.ts"), USER_PROGRAM);
    });
    afterAll(() => rmSync(user, { recursive: true, force: true }));

    /** What TypeScript complains about. */
    function compile(typescript: string, module: readonly string[], ...files: string[]): string[] {
      const options = ["--noEmit", "--strict", "--skipLibCheck", "false", "--types", "node", "--target", "es2022"];
      const args = [join(typescript, "bin", "tsc"), ...options, "--lib", "es2022,dom", ...module, ...files];
      const { stdout } = spawnSync(process.execPath, args, { cwd: user, encoding: "utf8" });
      return stdout.split("\n").filter(Boolean);
    }

    describe.each([
      ["bundler", ["--module", "esnext", "--moduleResolution", "bundler"]],
      ["nodenext", ["--module", "nodenext", "--moduleResolution", "nodenext"]],
    ] as const)("module resolution %s", (_, module) => {
      it("compiles with all declarations checked, and device is a GPUDevice", () => {
        expect(compile(resolve("node_modules/typescript"), module, "main.ts")).toEqual([]);
      });

      it("brings WebGPU's types where TypeScript has none", () => {
        // 5.6, which a tool brings: from 5.7 on typed arrays take a type.
        const older = resolve("node_modules/@arethetypeswrong/core/node_modules/typescript");
        const complaints = compile(older, module, "main.ts").filter(
          (line) => !/TS2315: Type 'Uint8\w*Array' is not generic/.test(line),
        );
        expect(complaints).toEqual([]);
      });
    });

    it("has programs in README that compile", () => {
      const programs = readFileSync("README.md", "utf8").match(/(?<=^```ts\n).*?(?=^```)/gms) ?? [];
      expect(programs.length).toBeGreaterThan(2);
      const files = programs.map((_, i) => `readme-${i}.ts`);
      programs.forEach((text, i) => writeFileSync(join(user, files[i]!), text));
      writeFileSync(join(user, "given.d.ts"), "declare const image: HTMLImageElement;");
      const module = ["--module", "nodenext", "--moduleResolution", "nodenext"];
      expect(compile(resolve("node_modules/typescript"), module, "given.d.ts", ...files)).toEqual([]);
    });

    it("does nothing when a server imports its entries", () => {
      const entries = Object.keys(manifest.exports)
        .map((path) => path.replace(/^\./, "colorize-canvas"))
        .filter((name) => !/\.json$|\*/.test(name));
      expect(entries).toHaveLength(8);
      // The process ends by itself, since no entry starts a timer, a worker or a server.
      const script = `
        const before = new Set(Reflect.ownKeys(globalThis));
        for (const entry of ${JSON.stringify(entries)}) await import(entry);
        console.log(Reflect.ownKeys(globalThis).filter((name) => !before.has(name)).join());`;
      writeFileSync(join(user, "server.mjs"), script);
      const options = { cwd: user, encoding: "utf8", timeout: 60_000 } as const;
      const { status, stdout, stderr } = spawnSync(process.execPath, ["server.mjs"], options);
      // An empty map, in which colorize-canvas/node will keep its devices' drivers.
      expect({ status, stdout, stderr }).toEqual({ status: 0, stdout: "__colorizeCanvasGpu\n", stderr: "" });
    });

    describe("copy-models", () => {
      const model = (): string => join(user, "node_modules/colorize-canvas/models/inception-table");
      const command = (...args: string[]): SpawnSyncReturns<string> => {
        const bin = "node_modules/colorize-canvas/bin/colorize-canvas.js";
        return spawnSync(process.execPath, [bin, "copy-models", ...args], { cwd: user, encoding: "utf8" });
      };

      it("needs no other npm package", () => {
        const { status, stdout, stderr } = command("public");
        expect({ status, stderr }).toEqual({ status: 0, stderr: "" });
        expect(stdout.split("\n")[0]).toBe(
          `${join("public", "models", "inception-table", "embedder.onnx")}: 1 kB, copied`,
        );
        expect(readdirSync(join(user, "public/models/inception-table"))).toHaveLength(3);
      });

      it("copies nothing of a damaged model", () => {
        const file = join(model(), "embedder.onnx");
        const bytes = readFileSync(file);
        const damaged = Buffer.from(bytes);
        damaged[bytes.length - 1]! ^= 1;
        writeFileSync(file, damaged);
        const { status, stdout, stderr } = command("elsewhere");
        writeFileSync(file, bytes);
        expect({ status, stdout }).toEqual({ status: 1, stdout: "" });
        expect(stderr).toMatch(/embedder\.onnx: expected SHA-256 /);
        expect(existsSync(join(user, "elsewhere"))).toBe(false);
      });
    });

    it("says what else the command needs, in versions that npm installs beside the package", () => {
      const bin = "node_modules/colorize-canvas/bin/colorize-canvas.js";
      const { status, stderr } = spawnSync(process.execPath, [bin, "a.jpg"], { cwd: user, encoding: "utf8" });
      expect(status).toBe(1);
      expect(stderr).toMatch(/^colorize-canvas: the command needs the npm package (commander|cli-progress)\. Install/);
      const install = /npm install .*@.*/;
      for (const text of [stderr, readFileSync("docs/decisions/package.md", "utf8")]) {
        const named = install
          .exec(text)![0]
          .split(" ")
          .filter((word) => word.includes("@"));
        expect(named.map((word) => word.replace(/@[\d.]+$/, "")).sort()).toEqual(COMMAND_PEERS);
        for (const word of named) expect(word).toSatisfy(isAllowed);
      }
    });

    it("names the npm package that a call needs and that is not there", () => {
      const script = `
        import { readImage, requestNodeDevice, writeImage } from "colorize-canvas/node";
        const pixels = { data: new Uint8ClampedArray(4), width: 1, height: 1 };
        for (const call of [() => requestNodeDevice(), () => readImage("a.jpg"), () => writeImage("b.png", pixels)])
          await call().catch((error) => console.log(error.name + ": " + error.message));`;
      writeFileSync(join(user, "main.mjs"), script);
      writeFileSync(join(user, "a.jpg"), Buffer.from("ffd8ff00", "hex"));
      // With COLORIZE_ADAPTER=swiftshader, the missing package of SwiftShader would be reported first.
      const env = { ...process.env, COLORIZE_ADAPTER: "auto" };
      const printed = execFileSync(process.execPath, ["main.mjs"], { cwd: user, encoding: "utf8", env });
      const missing = (error: string, name: string, version: string): string =>
        `${error}: colorize-canvas/node: expected the npm package ${name}, received none. npm install ${name}@${version}`;
      const image = missing("ImageError", "sharp", "0.35");
      expect(printed.trim().split("\n")).toEqual([missing("DeviceError", "webgpu", "0.6"), image, image]);
      for (const line of printed.trim().split("\n")) expect(line.split(" ").at(-1)).toSatisfy(isAllowed);
    });
  });
});
