import { mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { pathToFileURL } from "node:url";
import { afterEach, beforeEach, expect, test } from "vitest";
import { ManifestError, ModelError } from "../../src/base/errors";
import { externalDataIn } from "../../src/node/external-data";
import { readModelFiles } from "../../src/node/model-files";
import { modelFolder } from "../weights/model/model-folder";

let root: string;
let folder: string;

beforeEach(() => {
  root = mkdtempSync(join(tmpdir(), "model-files-"));
  folder = join(root, "a #1 model?");
  for (const [path, bytes] of Object.entries(modelFolder())) {
    mkdirSync(dirname(join(folder, path)), { recursive: true });
    writeFileSync(join(folder, path), bytes);
  }
  writeFileSync(join(root, "secret.bin"), "secret");
});
afterEach(() => rmSync(root, { recursive: true }));

test("reads a folder, its model.json, or its file: URL", async () => {
  for (const location of [folder, `${folder}/`, join(folder, "model.json"), pathToFileURL(folder)]) {
    const { manifest, files } = await readModelFiles(location);
    expect(manifest.name).toBe("tiny");
    expect(files["embedder"]).toHaveLength(3000);
    expect(files["colorizer"]!.constructor).toBe(Uint8Array);
  }
});

test("a missing folder, a missing file and a changed file are ManifestErrors that name the path", async () => {
  await expect(readModelFiles(join(root, "none"))).rejects.toThrow(ManifestError);
  writeFileSync(join(folder, "embedder.onnx"), "other");
  await expect(readModelFiles(folder)).rejects.toThrow(/embedder\.onnx: expected 3000 bytes, received 5 bytes/);
  writeFileSync(join(folder, "embedder.onnx"), Buffer.alloc(3000));
  await expect(readModelFiles(folder)).rejects.toThrow(/embedder\.onnx: expected SHA-256/);
  rmSync(join(folder, "embedder.onnx"));
  await expect(readModelFiles(folder)).rejects.toThrow(/embedder\.onnx: expected a file, received ENOENT/);
});

test("a link out of the folder is refused, a link inside it is not", async () => {
  rmSync(join(folder, "embedder.onnx"));
  symlinkSync(join(root, "secret.bin"), join(folder, "embedder.onnx"));
  await expect(readModelFiles(folder)).rejects.toThrow(/a link that leaves it/);
  rmSync(join(folder, "embedder.onnx"));
  writeFileSync(join(folder, "real.onnx"), modelFolder()["embedder.onnx"]!);
  symlinkSync("real.onnx", join(folder, "embedder.onnx"));
  expect((await readModelFiles(folder)).files["embedder"]).toHaveLength(3000);
});

test("an aborted signal rejects with its reason", async () => {
  await expect(readModelFiles(folder, { signal: AbortSignal.abort(new Error("enough")) })).rejects.toThrow("enough");
});

test("external data stays in the model's folder", () => {
  const read = externalDataIn(folder);
  expect(read("embedder.onnx")).toHaveLength(3000);
  expect(read("embedder.onnx")).toBe(read("embedder.onnx"));
  expect(read("sub/colorizer.onnx").constructor).toBe(Uint8Array);
  symlinkSync(root, join(folder, "out"));
  for (const location of [
    "../secret.bin",
    join(root, "secret.bin"),
    "out/secret.bin",
    "sub/../../secret.bin",
    "none",
    "",
  ])
    expect(() => read(location), location).toThrow(ModelError);
});
