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
import { tinyModel } from "../tiny-model";

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
  await expect(load).rejects.toThrow(/model: expected inception-table or natural, received "naturl"/);
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

test("takes a folder, a model.json or a file: URL", async () => {
  const device = await testDevice();
  const json = join(folder, "model.json");
  for (const model of [folder, json, pathToFileURL(folder), pathToFileURL(json), pathToFileURL(json).href])
    (await loadNodeColorizer({ device, model })).dispose();
  await expect(loadNodeColorizer({ device, model: join(folder, "none") })).rejects.toThrow(ManifestError);
});
