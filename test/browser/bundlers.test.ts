/** The built package as bundlers take it: a page with the engine alone, and a model of every op. */
import { execFileSync } from "node:child_process";
import { cpSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";
import { build as esbuild } from "esbuild";
import * as ort from "onnxruntime-node";
import type { Browser } from "puppeteer";
import { build as vite } from "vite";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import type * as Entry from "../../src/engine";
import type { Tensor } from "../../src/session/inputs";
import { ENGINE } from "../../src/session/engine";
import { buildModel, type InitializerSpec, type NodeSpec, type ValueSpec } from "../../tools/onnx-writer";
import { ONNX_EXAMPLES } from "../reference/all";
import { INPUTS, type OnnxExample } from "../reference/onnx-example";
import { expectClose } from "../shared/expect-close";
import { built } from "../shared/built";
import { launchBrowser } from "../shared/launch";
import { serve, type Site } from "../shared/serve";
import { tinyModel } from "../shared/tiny-model";

/** What a user writes, and what the test calls. */
const MAIN = `
import { Session } from "colorize-canvas/engine";
globalThis.run = async (address, inputs) => {
  const session = await Session.load(address, { precision: "f32" });
  try {
    return await session.run(inputs);
  } finally {
    session.dispose();
  }
};
`;
const ELEMENT = `import "colorize-canvas/element";`;
const PAGE = `<!doctype html><html lang="en"><title>engine</title><script type="module" src="main.js"></script>`;

/** Outputs have the names of their ops, "Split:1" where one has more. */
function modelOf(examples: readonly OnnxExample[], opset: number): Uint8Array {
  const initializers: InitializerSpec[] = [];
  const outputs: ValueSpec[] = [];
  const nodes = examples.map(({ op, inputs, attributes, outputs: count, dtype }): NodeSpec => {
    const operands = inputs.map((input, i) => {
      if (typeof input === "string") return input;
      initializers.push({ ...input, name: `${op}.${i}` });
      return `${op}.${i}`;
    });
    const names = Array.from({ length: count }, (_, i) => (i === 0 ? op : `${op}:${i}`));
    outputs.push(...names.map((name) => ({ name, dtype })));
    return { op, inputs: operands, outputs: names, attributes, name: op };
  });
  const inputs = Object.entries(INPUTS)
    .filter(([name]) => nodes.some((node) => node.inputs.includes(name)))
    .map(([name, { shape }]) => ({ name, shape }));
  return buildModel({ opset, inputs, outputs, nodes, initializers });
}

/** A model for each opset that examples ask for: by path, with the inputs and what onnxruntime makes of them. */
interface Model {
  readonly bytes: Uint8Array;
  readonly inputs: Readonly<Record<string, Tensor>>;
  readonly expected: Readonly<Record<string, ort.Tensor>>;
}

async function modelsOf(): Promise<Map<string, Model>> {
  const models = new Map<string, Model>();
  for (const opset of new Set(ONNX_EXAMPLES.map((example) => example.opset))) {
    const bytes = modelOf(
      ONNX_EXAMPLES.filter((example) => example.opset === opset),
      opset,
    );
    const session = await ort.InferenceSession.create(bytes, { logSeverityLevel: 3, intraOpNumThreads: 1 });
    const inputs = Object.fromEntries(Object.entries(INPUTS).filter(([name]) => session.inputNames.includes(name)));
    const feeds = Object.entries(inputs).map(([name, { shape, data }]) => [name, new ort.Tensor(data, shape)] as const);
    const expected = await session.run(Object.fromEntries(feeds));
    await session.release();
    models.set(`/opset-${opset}.onnx`, { bytes, inputs, expected });
  }
  return models;
}

let folder: string;
/** What copy-models said. */
let copied: string;
let site: Site;
let browser: Browser;
let models: Map<string, Model>;

beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), "colorize-bundlers-"));
  const installed = join(folder, "node_modules", "colorize-canvas");
  cpSync(await built("dist"), join(installed, "dist"), { recursive: true });
  cpSync("package.json", join(installed, "package.json"));
  symlinkSync(resolve("models"), join(installed, "models"));
  writeFileSync(join(folder, "element.js"), ELEMENT);
  const cli = ["copy-models", join(folder, "public"), "--model", "natural", "--workers"];
  copied = execFileSync(process.execPath, [join(installed, "dist", "cli.js"), ...cli], { encoding: "utf8" });
  const main = join(folder, "main.js");
  writeFileSync(main, MAIN);
  const shared = { target: "es2022", outDir: "vite", modulePreload: false } as const;
  await vite({
    ...{ root: folder, configFile: false, logLevel: "error", base: "./" },
    build: {
      ...shared,
      rolldownOptions: { input: main, output: { entryFileNames: "main.js" }, preserveEntrySignatures: false },
    },
  });
  await esbuild({
    ...{ entryPoints: [main, join(folder, "element.js")], outdir: join(folder, "esbuild"), logLevel: "error" },
    ...{ bundle: true, minify: true, splitting: true, format: "esm", target: "es2022" },
  });
  models = await modelsOf();
  const files = [...models].map(([path, { bytes }]) => [path, bytes] as const);
  site = await serve(
    {
      ...{ "/vite/": PAGE, "/esbuild/": PAGE, "/element": PAGE.replace("main.js", "/esbuild/element.js") },
      ...Object.fromEntries([
        ...files,
        ...Object.entries(tinyModel()).map(([name, bytes]) => [`/tiny/${name}`, bytes]),
      ]),
    },
    {
      ...{ "/vite/": join(folder, "vite"), "/esbuild/": join(folder, "esbuild") },
      ...{ "/models/": join(folder, "public", "models"), "/samples/": "samples" },
    },
  );
  browser = await launchBrowser();
}, 300_000);

afterAll(async () => {
  await browser?.close();
  site?.close();
  rmSync(folder, { recursive: true, force: true });
});

it("has an example of every op that the engine imports", () => {
  expect(ONNX_EXAMPLES.map(({ op }) => op).sort()).toEqual(Object.keys(ENGINE.importers).sort());
});

it.each(["vite", "esbuild"])("a page bundled by %s computes every op as onnxruntime does", async (bundler) => {
  const page = await browser.newPage();
  const complaints: string[] = [];
  page.on("pageerror", (error) => complaints.push(String(error)));
  await page.goto(`${site.address}/${bundler}/`);
  for (const [path, { inputs, expected }] of models) {
    const lists = Object.entries(inputs).map(([name, { shape, data }]) => ({ name, shape, data: [...data] }));
    const outputs = await page.evaluate(
      async (address, lists) => {
        const tensors = lists.map(({ name, shape, data }) => [name, { shape, data: new Float32Array(data) }] as const);
        const { run } = globalThis as unknown as { run: Run };
        const results = Object.entries(await run(address, Object.fromEntries(tensors)));
        return results.map(([name, { shape, data }]) => ({ name, shape, data: [...data] }));
      },
      path,
      lists,
    );
    expect(outputs.map(({ name }) => name).sort()).toEqual(Object.keys(expected).sort());
    for (const { name, shape, data } of outputs) {
      const wanted = expected[name]!;
      expect(shape, name).toEqual(wanted.dims);
      const numbers = Array.from(wanted.data as ArrayLike<number | bigint>, Number);
      // Both in f32; WGSL lets exp(), log() and pow() be off by some units in the last place.
      expectClose(data, numbers, { range: 1e-5, abs: 1e-6 }, name);
    }
  }
  expect(complaints).toEqual([]);
  await page.close();
});

type Run = (address: string, inputs: Record<string, Tensor>) => ReturnType<Entry.Session["run"]>;

describe("workers, which esbuild does not find", () => {
  const colour = async (workers: string): Promise<{ warnings: string[]; workers: string[]; state: string }> => {
    const page = await browser.newPage();
    const warnings: string[] = [];
    page.on("console", (message) => void (message.type() === "warn" && warnings.push(message.text())));
    await page.goto(`${site.address}/element`);
    const state = await page.evaluate(async (address) => {
      await customElements.whenDefined("colorize-canvas");
      const element = Object.assign(document.createElement("colorize-canvas"), {
        model: "/tiny/",
        src: "/samples/cat.jpg",
      });
      if (address) element.setAttribute("workers", address);
      document.body.append(element);
      await element.colorize();
      return element.state;
    }, workers);
    const found = page.workers().map((worker) => new URL(worker.url()).pathname);
    await page.close();
    return { warnings, workers: found, state };
  };

  it("are copied beside the models, and found where the page names their folder", async () => {
    expect(copied).toContain(`workers="/models/workers/"`);
    for (const folder of ["/models/workers/", "models/workers"])
      expect(await colour(folder)).toEqual({
        warnings: [],
        workers: ["/models/workers/colorize-worker.js"],
        state: "ready",
      });
  });

  it.each(["", "/nowhere/"])("are missed with a warning that says what to do: %j", async (folder) => {
    const { warnings, workers, state } = await colour(folder);
    expect({ workers, state }).toEqual({ workers: [], state: "ready" });
    expect(warnings).toEqual([
      expect.stringMatching(/did not start.*copy-models FOLDER --workers.*workers="\/models\/workers\/"/),
    ]);
  });
});
