import { mkdtemp, rename, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { pathToFileURL } from "node:url";
import { afterAll, beforeAll, expect, test } from "vitest";
import { Colorizer } from "../../src/colorizer/colorizer";
import { ManifestError } from "../../src/base/errors";
import { defaultModelFolder, folderReader, loadNodeColorizer } from "../../src/node";
import { testDevice } from "../gpu";
import { SHIPPED_MODELS } from "../../src/colorizer/shipped-models";
import { buildModel, node } from "../../tools/onnx-writer";
import { tinyModel } from "../shared/tiny-model";

let folder: string;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), "colorize load #1 "));
  for (const [name, bytes] of Object.entries(tinyModel())) await writeFile(join(folder, name), bytes);
});
afterAll(() => rm(folder, { recursive: true, force: true }));

test("loads the shipped model from disk, on a given device", async () => {
  const device = await testDevice();
  const colorizer = await loadNodeColorizer({ device, read: undefined });
  expect(colorizer.device).toBe(device);
  expect(colorizer.manifest.name).toBe("inception-table");
  colorizer.dispose();
});

test.each(SHIPPED_MODELS)("loads %s by its name", async (model) => {
  const colorizer = await loadNodeColorizer({ device: await testDevice(), model });
  expect(colorizer.manifest.name).toBe(model);
  colorizer.dispose();
});

test("says which models there are when a name is misspelt, before it looks for a device", async () => {
  const load = loadNodeColorizer({ model: "naturl", adapter: "none" as "auto" });
  await expect(load).rejects.toThrow(
    /model: expected inception-table, natural or inception-strided, received "naturl"/,
  );
});

test("takes a folder whose path is one word", async () => {
  const before = process.cwd();
  process.chdir(dirname(folder));
  try {
    const word = "colorize_word";
    await rename(folder, word);
    const colorizer = await loadNodeColorizer({ device: await testDevice(), model: word });
    expect(colorizer.manifest.name).toBe("tiny");
    colorizer.dispose();
    await rename(word, folder);
  } finally {
    process.chdir(before);
  }
});

test("defaultModelFolder and folderReader do for Colorizer.load", async () => {
  const model = defaultModelFolder();
  const colorizer = await Colorizer.load({ device: await testDevice(), model, read: folderReader(model) });
  expect(colorizer.manifest.name).toBe("inception-table");
  colorizer.dispose();
});

test("takes a bare ONNX file by its path or URL, and a preset for it", async () => {
  const device = await testDevice();
  const file = join(folder, "plain.onnx");
  const ports = { inputs: [{ name: "l", shape: [1, 1, 32, 32] }], outputs: [{ name: "ab", shape: [1, 2, 32, 32] }] };
  const weights = { name: "weights", shape: [2, 1, 1, 1], data: [0.1, -0.1] };
  const nodes = [node("Conv", ["l", "weights"], ["ab"], { kernel_shape: [1, 1] })];
  await writeFile(file, buildModel({ ...ports, nodes, initializers: [weights] }));
  for (const model of [file, pathToFileURL(file).href]) {
    const colorizer = await loadNodeColorizer({ device, model, preset: "eccv16" });
    expect(colorizer.manifest).toMatchObject({ name: "plain", colorizer: { size: { pixels: 32, multiple: 32 } } });
    const { data } = await colorizer.colorize({
      data: new Uint8ClampedArray(40 * 20 * 4).fill(99),
      width: 40,
      height: 20,
    });
    expect(data[0]! - data[1]!).toBeGreaterThan(3); // a* of 4, b* of -4
    await expect(
      colorizer.colorize({ data: new Uint8ClampedArray(4), width: 1, height: 1 }, { size: 48 }),
    ).rejects.toThrow(/size: expected 32 pixels, the only size of plain, received 48/);
    colorizer.dispose();
  }
  await expect(loadNodeColorizer({ device, model: file })).rejects.toThrow(/plain\.onnx: expected .*--preset/);
  await expect(loadNodeColorizer({ device, model: folder, preset: "eccv16" })).rejects.toThrow(/preset: expected none/);
});

test("takes a folder, a model.json or a file: URL", async () => {
  const device = await testDevice();
  const json = join(folder, "model.json");
  for (const model of [folder, json, pathToFileURL(folder), pathToFileURL(json), pathToFileURL(json).href])
    (await loadNodeColorizer({ device, model })).dispose();
  await expect(loadNodeColorizer({ device, model: join(folder, "none") })).rejects.toThrow(ManifestError);
});
