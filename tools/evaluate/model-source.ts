/** What `--model` can name: a model folder, its model.json, a URL, or one ONNX file. */
import { createHash } from "node:crypto";
import { readFile } from "node:fs/promises";
import { existsSync } from "node:fs";
import { basename, dirname, join } from "node:path";
import { InputError } from "../../src/errors";
import { externalDataIn } from "../../src/node/external-data";
import { folderReader } from "../../src/node/model-files";
import { readModel } from "../../src/weights/decode";
import type { ModelReader } from "../../src/weights/model-files";

export type ModelSource =
  /** A model with a manifest; `read` where it is not as it lies on disk. */
  | { readonly kind: "folder"; readonly location: string; readonly read?: ModelReader }
  /** A network that takes luminance alone. */
  | { readonly kind: "network"; readonly path: string; readonly bytes: Uint8Array };

/** A manifest's parts that are read here; the engine checks the rest. */
interface Manifest {
  readonly files: Record<string, unknown>;
  readonly colorizer: { readonly file: string };
}

/**
 * An ONNX file with one input stands alone. One with two takes an embedding: the model.json beside it says of which
 * embedder, and the file takes the place of the colorizer named there. Throws InputError, ModelError.
 */
export async function modelSource(path: string): Promise<ModelSource> {
  if (!path.endsWith(".onnx") || /^https?:/i.test(path)) return { kind: "folder", location: path };
  const bytes = await readFile(path).catch((cause: unknown) => {
    const received = cause instanceof Error ? cause.message : String(cause);
    throw new InputError({ where: "--model", expected: "an ONNX file", received, hint: "Check the path.", cause });
  });
  const { inputs } = await readModel(bytes, { label: basename(path), externalData: externalDataIn(dirname(path)) });
  if (inputs.length === 1) return { kind: "network", path, bytes };
  const folder = dirname(path);
  if (inputs.length === 2 && existsSync(join(folder, "model.json")))
    return { kind: "folder", location: folder, read: replacingColorizer(folder, path, bytes) };
  throw new InputError({
    where: `--model ${path}`,
    expected: "a network that takes L alone, or L and an embedding with a model.json beside it",
    received: `inputs ${inputs.map(({ name }) => name).join(", ")}`,
    hint: "Put it into the folder of the model whose embedder it was trained with.",
  });
}

function replacingColorizer(folder: string, path: string, bytes: Uint8Array): ModelReader {
  const onDisk = folderReader(folder);
  return async (name, expected, onProgress, signal) => {
    if (name === basename(path)) return bytes;
    const file = await onDisk(name, expected, onProgress, signal);
    if (name !== "model.json") return file;
    const manifest = JSON.parse(new TextDecoder().decode(file)) as Manifest;
    const sha256 = createHash("sha256").update(bytes).digest("hex");
    manifest.files[manifest.colorizer.file] = { path: basename(path), bytes: bytes.length, sha256 };
    return new TextEncoder().encode(JSON.stringify(manifest));
  };
}
