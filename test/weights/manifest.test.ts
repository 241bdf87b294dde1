import { expect, test } from "vitest";
import { ManifestError } from "../../src/errors";
import { parseManifest } from "../../src/weights/manifest";

const hash = "ab".repeat(32);

/** A fresh, sound model.json. */
function sound(): Record<string, Record<string, unknown>> & { files: Record<string, Record<string, unknown>> } {
  return {
    format: 1,
    name: "inception-table",
    version: "0.1.0",
    license: "CC0-1.0",
    files: {
      embedder: { path: "embedder.onnx", sha256: hash.toUpperCase(), bytes: 10 },
      colorizer: { path: "parts/colorizer.onnx", sha256: hash, bytes: 20 },
    },
    embedder: { file: "embedder", input: "image", output: "embedding", size: 299, channels: 3, range: [-1, 1] },
    colorizer: {
      file: "colorizer",
      luminance: "luminance",
      embedding: "embedding",
      output: "ab",
      size: 256,
      multiple: 8,
      luminanceScale: 0.02,
      luminanceOffset: -1,
      chromaScale: 128,
      saturation: 1.0,
    },
    training: { samples: 3 },
    metrics: {},
  } as never;
}

test("a sound manifest keeps its values; hashes become lower case", () => {
  const manifest = parseManifest(JSON.parse(JSON.stringify(sound())), "model.json");
  expect(manifest.files["embedder"]).toEqual({ path: "embedder.onnx", sha256: hash, bytes: 10 });
  expect(manifest.embedder.range).toEqual([-1, 1]);
  expect(manifest.colorizer.chromaScale).toBe(128);
  expect(manifest.training).toEqual({ samples: 3 });
});

test("saturation, training and metrics may be left out", () => {
  const json = sound();
  delete json["colorizer"]!["saturation"];
  delete json["training"];
  delete json["metrics"];
  const manifest = parseManifest(json, "model.json");
  expect([manifest.colorizer.saturation, manifest.training, manifest.metrics]).toEqual([1, {}, {}]);
});

/** Sets `path` (dots) in a sound manifest. */
function changed(path: string, value: unknown): unknown {
  const json = sound();
  const keys = path.split(".");
  const last = keys.pop()!;
  let object: Record<string, unknown> = json;
  for (const key of keys) object = object[key] as Record<string, unknown>;
  object[last] = value;
  return json;
}

test.each<[string, unknown, string]>([
  ["format", 2, "1"],
  ["name", "", "a string that is not empty"],
  ["license", undefined, "a string that is not empty"],
  ["files", [], "an object"],
  ["files.embedder", null, "an object"],
  ["files.embedder.sha256", "ab", "64 hexadecimal digits"],
  ["files.embedder.bytes", 0, "a whole number from 1"],
  ["files.embedder.bytes", 1.5, "a whole number"],
  ["files.embedder.path", 7, "a string"],
  ["files.embedder.path", "../embedder.onnx", "a path inside the model's folder"],
  ["files.embedder.path", "a/../../b", "a path inside the model's folder"],
  ["files.embedder.path", "%2e%2e/b", "a path inside the model's folder"],
  ["files.embedder.path", "/etc/passwd", "a path inside the model's folder"],
  ["files.embedder.path", "//host/b", "a path inside the model's folder"],
  ["files.embedder.path", "https://host/b", "a path inside the model's folder"],
  ["files.embedder.path", "C:b", "a path inside the model's folder"],
  ["files.embedder.path", "a\\b", "a path inside the model's folder"],
  ["files.embedder.path", "a\u0000b", "a path inside the model's folder"],
  ["files.embedder.path", "a//b", "a path inside the model's folder"],
  ["files.embedder.path", "./b", "a path inside the model's folder"],
  ["files.embedder.path", "b?x", "a path inside the model's folder"],
  ["embedder.file", "other", "one of the files: embedder, colorizer"],
  ["embedder.file", "__proto__", "one of the files: embedder, colorizer"],
  ["embedder.size", 4, "a whole number from 8"],
  ["embedder.range", [-1], "two different numbers"],
  ["embedder.range", [1, 1], "two different numbers"],
  ["embedder.range", ["0", 1], "two different numbers"],
  ["colorizer.multiple", 0, "a whole number from 1"],
  ["colorizer.size", 250, 'a multiple of 8 (see "multiple")'],
  ["colorizer.chromaScale", 0, "a number above 0"],
  ["colorizer.luminanceOffset", NaN, "-1000 to 1000"],
  ["colorizer.saturation", -1, "0 to 10"],
])("%s = %j is refused by its path", (path, value, expected) => {
  let error: unknown;
  try {
    parseManifest(changed(path, value), "m/model.json");
  } catch (caught) {
    error = caught;
  }
  expect(error).toBeInstanceOf(ManifestError);
  expect((error as ManifestError).where).toBe(`m/model.json at $.${path}`);
  expect((error as ManifestError).expected).toContain(expected);
  expect((error as ManifestError).hint).toBeTruthy();
});

test.each([[null], [[]], ["{}"], [3], [undefined]])("%j is no manifest", (json) => {
  expect(() => parseManifest(json, "model.json")).toThrow("model.json at $: expected an object");
});
