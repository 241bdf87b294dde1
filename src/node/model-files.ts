/** Reads model folders from disk, with the same checks as downloads. */
import { createHash } from "node:crypto";
import { readFileSync } from "node:fs";
import { readFile } from "node:fs/promises";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { ManifestError, messageOf } from "../base/errors";
import { besideModel } from "../base/paths";
import { loadModel, type LoadedModel, type LoadModelOptions, type ModelReader } from "../weights/model/files";
import { containedPath } from "./contained-path";

/**
 * Reads a model from its folder or its model.json (a path or a file: URL). Checks sizes and SHA-256. Throws ManifestError.
 */
export async function readModelFiles(
  folder: string | URL,
  options: Omit<LoadModelOptions, "read"> = {},
): Promise<LoadedModel> {
  const path = folder instanceof URL ? fileURLToPath(folder) : folder;
  const json = path.endsWith(".json");
  // loadModel() parses the location as a URL; here it is used in messages only.
  const location = path.replaceAll("\\", "/").replace(/[?#]/g, encodeURIComponent);
  return loadModel(location, {
    ...options,
    read: folderReader(json ? dirname(path) : path),
  });
}

/**
 * What tells a model on disk from others, however it is written: SHA-256 of its manifest, which has the hashes of its weights, or of
 * the bare ONNX file at this path. Throws the error of the file system.
 */
export function modelHash(path: string): string {
  const file = /\.(json|onnx)$/i.test(path) ? path : join(path, "model.json");
  return createHash("sha256").update(readFileSync(file)).digest("hex");
}

/** A reader of files inside `folder`, and of those in the folder of a model beside it. It refuses links that leave either folder. */
export function folderReader(folder: string): ModelReader {
  return async (path, _expected, onProgress, signal) => {
    signal.throwIfAborted();
    const beside = besideModel(path);
    try {
      const inside = beside
        ? containedPath(join(folder, "..", beside.model), beside.file)
        : containedPath(folder, path);
      const bytes = await readFile(inside, { signal });
      onProgress(bytes.byteLength, bytes.byteLength);
      return new Uint8Array(bytes.buffer, bytes.byteOffset, bytes.byteLength);
    } catch (cause) {
      signal.throwIfAborted();
      if (cause instanceof ManifestError) throw cause;
      throw new ManifestError({
        where: join(folder, path),
        expected: "a file",
        received: messageOf(cause),
        hint: beside
          ? `This model uses a file of the model ${beside.model}: put the folders of both side by side.`
          : "Check the model's folder: model.json and the files it names lie side by side.",
        cause,
      });
    }
  };
}
