import { expect, test } from "vitest";
import { ManifestError } from "../../../src/base/errors";
import { parseManifest } from "../../../src/weights/model/manifest";

const hash = "ab".repeat(32);

/** A fresh, sound model.json of format 1. */
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
  expect(manifest.colorizer.output).toEqual({ kind: "ab", name: "ab", scale: 128 });
  expect(manifest.training).toEqual({ samples: 3 });
});

test("format 1 is read in the terms of format 2", () => {
  const { embedder, colorizer } = parseManifest(sound(), "model.json");
  expect(embedder!.input).toEqual({ kind: "lightness", name: "image", channels: 3, scale: 0.02, offset: -1 });
  expect(colorizer.inputs).toEqual([
    { kind: "lightness", name: "luminance", channels: 1, scale: 0.02, offset: -1 },
    { kind: "embedding", name: "embedding" },
  ]);
  expect(colorizer.size).toEqual({ pixels: 256, multiple: 8, shape: "free" });
});

test("saturation, training and metrics may be left out", () => {
  const json = sound();
  delete json["colorizer"]!["saturation"];
  delete json["training"];
  delete json["metrics"];
  const manifest = parseManifest(json, "model.json");
  expect([manifest.colorizer.saturation, manifest.training, manifest.metrics]).toEqual([1, {}, {}]);
  expect(manifest.colorizer.knee).toBe(0);
});

/** A fresh, sound model.json of format 2 with one network. */
function natural(): Record<string, unknown> {
  return {
    format: 2,
    name: "natural",
    version: "1.0.0",
    license: "MIT",
    files: { network: { path: "network.onnx", sha256: hash, bytes: 10 } },
    colorizer: {
      file: "network",
      inputs: [
        { name: "l", kind: "lightness", scale: 0.02, offset: -1 },
        { name: "grey", kind: "grey", range: [0, 255] },
        { name: "hints", kind: "constant", channels: 2 },
      ],
      output: {
        name: "scores",
        kind: "cells",
        cells: [
          [0, 0],
          [10, -10],
        ],
        temperature: 0.4,
      },
      size: { pixels: 256, multiple: 32 },
    },
  };
}

/** Sets `path` (dots) in a sound manifest. */
function changed(path: string, value: unknown, json: Record<string, unknown> = sound()): unknown {
  const keys = path.split(".");
  const last = keys.pop()!;
  let object: Record<string, unknown> = json;
  for (const key of keys) object = object[key] as Record<string, unknown>;
  object[last] = value;
  return JSON.parse(JSON.stringify(json)) as unknown;
}

test.each<[string, unknown, string]>([
  ["format", 3, "1 or 2"],
  ["format", undefined, "1 or 2"],
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
  ["embedder.range.0", "0", "a number"],
  ["colorizer.multiple", 0, "a whole number from 1"],
  ["colorizer.size", 250, 'a multiple of 8 (see "multiple")'],
  ["colorizer.chromaScale", 0, "a number above 0"],
  ["colorizer.luminanceOffset", NaN, "-1000 to 1000"],
  ["colorizer.saturation", -1, "0 to 10"],
])("%s = %j is refused by its path", (path, value, expected) => expectRefused(changed(path, value), path, expected));

test.each<[string, unknown, string]>([
  ["name", "", "a string that is not empty"],
  ["files", {}, "1 to 64 files"],
  ["files.network.path", "../a", "a path inside the model's folder"],
  ["comment", "x", "no such key"],
  ["colorizer.file", "other", "one of the files: network"],
  ["colorizer.inputs", [], "a list of 1 to 8 inputs"],
  ["colorizer.inputs.0.kind", "luma", "lightness, grey, constant, hintChroma, hintMask or embedding"],
  ["colorizer.inputs.0.kind", undefined, "lightness, grey, constant, hintChroma, hintMask or embedding"],
  ["colorizer.inputs.0.scale", undefined, "a number above 0"],
  ["colorizer.inputs.0.range", [0, 1], "no such key"],
  ["colorizer.inputs.1.range", [3, 3], "two different numbers"],
  ["colorizer.inputs.2.channels", 0, "a whole number from 1 to 4"],
  ["colorizer.output.kind", "lab", "ab, rgb or cells"],
  ["colorizer.output.cells", [[0, 0]], "a list of 2 to 1024 pairs"],
  ["colorizer.output.cells.1", [0], "two numbers from -128 to 128"],
  ["colorizer.output.cells.1.0", 200, "a number from -128 to 128"],
  ["colorizer.output.temperature", 0, "a number from 0.05 to 10"],
  ["colorizer.output.temprature", 1, "no such key"],
  ["colorizer.size.pixels", 250, 'a multiple of 32 (see "multiple")'],
  ["colorizer.size.shape", "round", "free"],
  ["colorizer.saturation", 11, "a number from 0 to 10"],
  ["colorizer.knee", -1, "a number of a*b* units from 0 to 50"],
  ["colorizer.knee", 51, "the chroma that gets half of the saturation"],
  ["embedder", 3, "the network that makes the embedding"],
])("format 2: %s = %j is refused by its path", (path, value, expected) =>
  expectRefused(changed(path, value, natural()), path, expected),
);

test("format 2: one network, with defaults filled in", () => {
  const { embedder, colorizer } = parseManifest(natural(), "model.json");
  expect(embedder).toBeUndefined();
  expect(colorizer.inputs).toEqual([
    { kind: "lightness", name: "l", channels: 1, scale: 0.02, offset: -1 },
    { kind: "grey", name: "grey", channels: 3, range: [0, 255] },
    { kind: "constant", name: "hints", channels: 2, value: 0 },
  ]);
  expect(colorizer.size).toEqual({ pixels: 256, multiple: 32, shape: "free" });
  expect([colorizer.saturation, colorizer.knee]).toEqual([1, 0]);
  expect(parseManifest(changed("colorizer.knee", 8, natural()), "model.json").colorizer.knee).toBe(8);
});

test.each<[string, unknown, string]>([
  ["two inputs of one name", [light("a"), light("a")], "inputs of different names"],
  ["no photograph", [{ name: "a", kind: "constant", channels: 1 }], "an input of kind lightness or grey"],
  ["an embedding of no embedder", [light("a"), { name: "b", kind: "embedding" }], "since there is no embedder"],
])("format 2: %s is refused", (_, inputs, expected) =>
  expectRefused(changed("colorizer.inputs", inputs, natural()), "colorizer.inputs", expected),
);

function light(name: string): unknown {
  return { name, kind: "lightness", scale: 1, offset: 0 };
}

function expectRefused(json: unknown, path: string, expected: string): void {
  let error: unknown;
  try {
    parseManifest(json, "m/model.json");
  } catch (caught) {
    error = caught;
  }
  expect(error).toBeInstanceOf(ManifestError);
  expect((error as ManifestError).where).toBe(`m/model.json at $.${path}`);
  expect((error as ManifestError).expected).toContain(expected);
  expect((error as ManifestError).hint).toBeTruthy();
}

test.each([[null], [[]], ["{}"], [3], [undefined]])("%j is no manifest", (json) => {
  expect(() => parseManifest(json, "model.json")).toThrow("model.json at $: expected an object");
});
