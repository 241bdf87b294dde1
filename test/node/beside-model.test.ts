/** A model like inception-strided: its embedder lies in the folder of a model beside it, and a background class comes before the scores. */
import { mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, expect, it } from "vitest";
import { Colorizer } from "../../src/colorizer/colorizer";
import { rgbToLab } from "../../src/image/lab";
import { folderReader } from "../../src/node/model-files";
import { modelFiles } from "../../tools/model-files";
import { testDevice } from "../gpu";
import { buildModel, node } from "../../tools/onnx-writer";

/** Scores 1, 2, 3 of a mid-grey picture (L* / 50 = 1). */
const embedder = buildModel({
  inputs: [{ name: "image", shape: [1, 1, "h", "w"] }],
  outputs: [{ name: "embedding", shape: [1, 3] }],
  nodes: [
    node("GlobalAveragePool", ["image"], ["mean"]),
    node("Flatten", ["mean"], ["flat"]),
    node("Gemm", ["flat", "weights"], ["embedding"]),
  ],
  initializers: [{ name: "weights", shape: [1, 3], data: [1, 2, 3] }],
});

/** a* = 10 x the second number of the embedding, b* = 10 x the first, of four. */
const colorizer = buildModel({
  inputs: [
    { name: "luminance", shape: [1, 1, "h", "w"] },
    { name: "embedding", shape: [1, 4] },
  ],
  outputs: [{ name: "ab", shape: [1, 2, "h", "w"] }],
  nodes: [
    node("Gemm", ["embedding", "weights"], ["pair"]),
    node("Reshape", ["pair", "column"], ["colour"]),
    node("Mul", ["luminance", "zero"], ["nothing"]),
    node("Add", ["nothing", "colour"], ["ab"]),
  ],
  initializers: [
    { name: "weights", shape: [4, 2], data: [0, 10, 10, 0, 0, 0, 0, 0].map((value) => value / 128) },
    { name: "column", shape: [4], data: [1, 2, 1, 1], dtype: "i64" },
    { name: "zero", shape: [1], data: [0] },
  ],
});

let root: string;
let folder: string;

beforeEach(() => {
  root = mkdtempSync(join(tmpdir(), "beside-"));
  folder = join(root, "strided");
  mkdirSync(folder);
  mkdirSync(join(root, "table"));
  writeFileSync(join(root, "table/embedder.onnx"), embedder);
  writeFileSync(join(folder, "colorizer.onnx"), colorizer);
  writeManifest({ background: 4 });
});
afterEach(() => rmSync(root, { recursive: true }));

function writeManifest(extra: object, path = "../table/embedder.onnx"): void {
  const files = modelFiles(
    { embedder: { path, bytes: embedder }, colorizer: { path: "colorizer.onnx", bytes: colorizer } },
    {
      name: "strided",
      embedder: {
        file: "embedder",
        input: { name: "image", kind: "lightness", scale: 0.02, offset: 0 },
        output: "embedding",
        size: 16,
        ...extra,
      },
      colorizer: {
        file: "colorizer",
        inputs: [
          { name: "luminance", kind: "lightness", scale: 0.02, offset: -1 },
          { name: "embedding", kind: "embedding" },
        ],
        output: { name: "ab", kind: "ab", scale: 128 },
        size: { pixels: 32, multiple: 8 },
      },
    },
  );
  writeFileSync(join(folder, "model.json"), files["model.json"]!);
}

async function load(precision: "f16" | "f32" = "f32"): Promise<Colorizer> {
  return Colorizer.load({ model: folder, read: folderReader(folder), device: await testDevice(), precision });
}

it("the background's score comes before the embedder's", async () => {
  const model = await load();
  const data = new Uint8ClampedArray(32 * 32 * 4).fill(119); // L* = 50
  for (let i = 3; i < data.length; i += 4) data[i] = 255;
  const result = await model.colorize({ data, width: 32, height: 32 });
  const [, a, b] = rgbToLab([result.data[0]! / 255, result.data[1]! / 255, result.data[2]! / 255]);
  expect(Math.abs(a - 10)).toBeLessThan(1);
  expect(Math.abs(b - 40)).toBeLessThan(1);
  model.dispose();
});

it("without it, the embedding is too short, and the error says so", async () => {
  writeManifest({});
  await expect(load()).rejects.toThrow(/embedding/);
});

it("a missing model beside it is named", async () => {
  rmSync(join(root, "table"), { recursive: true });
  await expect(load()).rejects.toThrow(
    /This model uses a file of the model table: put the folders of both side by side/,
  );
});

it("paths and links that lead elsewhere are refused", async () => {
  for (const path of ["../embedder.onnx", "../../table/embedder.onnx", "../table/../embedder.onnx", "../table//x"]) {
    writeManifest({ background: 4 }, path);
    await expect(load(), path).rejects.toThrow(/expected a path inside the model's folder, or \.\.\/NAME\/FILE/);
  }
  writeManifest({ background: 4 });
  rmSync(join(root, "table/embedder.onnx"));
  writeFileSync(join(root, "secret.onnx"), embedder);
  symlinkSync(join(root, "secret.onnx"), join(root, "table/embedder.onnx"));
  await expect(load()).rejects.toThrow(/a link that leaves it/);
});
