import { existsSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, expect, it } from "vitest";
import { SHIPPED_MODELS } from "../../src/colorizer/shipped-models";
import { copyModels } from "../../src/node/copy-models";

const [DEFAULT] = SHIPPED_MODELS;
let site: string;
beforeEach(() => {
  site = join(mkdtempSync(join(tmpdir(), "colorize-site-")), "public");
});
afterEach(() => rmSync(join(site, ".."), { recursive: true, force: true }));

async function run(args: readonly string[], signal?: AbortSignal): Promise<{ code: number; out: string; err: string }> {
  const printed = { out: "", err: "" };
  const print = (text: string): unknown => (printed.out += text);
  const code = await copyModels(args, { print, printError: (text) => (printed.err += text), signal });
  return { code, ...printed };
}

const lines = (text: string): string[] => text.trim().split("\n");

it("copies the default model as a site needs it, and says what it did", async () => {
  const { code, out, err } = await run([site]);
  expect({ code, err }).toEqual({ code: 0, err: "" });
  const folder = join(site, "models", DEFAULT);
  expect(readdirSync(join(site, "models"))).toEqual([DEFAULT]);
  const files = readdirSync(folder).sort();
  expect(files).toEqual(["colorizer.onnx", "embedder.onnx", "model.json"]);
  for (const file of files) {
    expect(readFileSync(join(folder, file)).equals(readFileSync(join("models", DEFAULT, file))), file).toBe(true);
    expect(out).toContain(`${join(folder, file)}: `);
  }
  expect(lines(out).at(-2), "the manifest comes last").toMatch(/model\.json: \d+ kB, copied$/);
  expect(lines(out).at(-1)).toMatch(
    /^inception-table \(61\.3 MB\) is complete\. .* model="\/models\/inception-table\/"\.$/,
  );

  // A second run changes nothing but what differs.
  writeFileSync(join(folder, "colorizer.onnx"), "damaged");
  const again = await run([site, "--model", DEFAULT, "--model", DEFAULT]);
  const changes = lines(again.out).slice(0, -1);
  expect(changes.map((line) => line.split(", ").at(-1))).toEqual(["unchanged", "replaced", "unchanged"]);
  const mended = readFileSync(join(folder, "colorizer.onnx"));
  expect(mended.equals(readFileSync(join("models", DEFAULT, "colorizer.onnx")))).toBe(true);
});

it("copies every model with --all, with the licences that accompany it", async () => {
  const { code } = await run([site, "--all"]);
  expect(code).toBe(0);
  expect(readdirSync(join(site, "models")).sort()).toEqual([...SHIPPED_MODELS].sort());
  expect(readdirSync(join(site, "models/natural")).sort()).toEqual([
    "ResNet50-LICENSE.txt",
    "model.json",
    "natural.onnx",
  ]);
});

it("copies onnxruntime-web with --fallback, and no model that was not named", async () => {
  const { code, out } = await run([site, "--fallback"]);
  expect(code).toBe(0);
  expect(readdirSync(join(site, "models"))).toEqual(["onnxruntime-web"]);
  const files = readdirSync(join(site, "models/onnxruntime-web")).sort();
  expect(files).toEqual(["ort-wasm-simd-threaded.wasm", "ort.wasm.bundle.min.mjs"]);
  expect(lines(out).at(-1)).toMatch(/^onnxruntime-web \(14\.\d MB\) .* fallback="\/models\/onnxruntime-web\/"\.$/);
});

it("leaves nothing behind of a file that cannot be written", async () => {
  const folder = join(site, "models", DEFAULT);
  mkdirSync(join(folder, "embedder.onnx"), { recursive: true });
  const { code, err } = await run([site]);
  expect(code).toBe(1);
  expect(err).toMatch(/embedder\.onnx: expected to write the file, received /);
  expect(readdirSync(folder)).toEqual(["embedder.onnx"]);
});

it("stops between two files", async () => {
  expect(await run([site], AbortSignal.abort())).toEqual({ code: 130, out: "", err: "" });
  expect(existsSync(site)).toBe(false);
});

it.each([
  [[], /expected one folder, received none/],
  [["a", "b"], /expected one folder, received a, b/],
  [["a", "--all", "--model", DEFAULT], /expected --all or --model, received both/],
  [
    ["a", "--model", "naturl"],
    /--model: expected a model of this package: inception-table, natural, inception-strided, received "naturl"/,
  ],
  [["a", "--modle"], /--modle/],
])("explains wrong usage: %j", async (args, message) => {
  const { code, err, out } = await run(args);
  expect({ code, out }).toEqual({ code: 2, out: "" });
  expect(err).toMatch(message);
  expect(err).toContain("Usage: colorize-canvas copy-models <folder>");
});
