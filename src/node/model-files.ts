/** Model folders on disk, with the same checks as over the network. */
import { readFile } from "node:fs/promises";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { ManifestError, messageOf } from "../base/errors";
import { loadModel, type LoadedModel, type LoadModelOptions, type ModelReader } from "../weights/model/files";
import { containedPath } from "./contained-path";

/**
 * Reads a model folder (or the path of its model.json; a file: URL will do). Sizes and SHA-256 are checked.
 * Throws ManifestError.
 */
export async function readModelFiles(
  folder: string | URL,
  options: Omit<LoadModelOptions, "read"> = {},
): Promise<LoadedModel> {
  const path = folder instanceof URL ? fileURLToPath(folder) : folder;
  const json = path.endsWith(".json");
  // loadModel takes its location apart as a URL; here it only names the model in messages.
  const location = path.replaceAll("\\", "/").replace(/[?#]/g, encodeURIComponent);
  return loadModel(location, {
    ...options,
    read: folderReader(json ? dirname(path) : path),
  });
}

/** Reads files below `folder`, never through a link that leaves it. */
export function folderReader(folder: string): ModelReader {
  return async (path, _expected, onProgress, signal) => {
    signal.throwIfAborted();
    try {
      const bytes = await readFile(containedPath(folder, path), { signal });
      onProgress(bytes.byteLength, bytes.byteLength);
      return new Uint8Array(bytes.buffer, bytes.byteOffset, bytes.byteLength);
    } catch (cause) {
      signal.throwIfAborted();
      if (cause instanceof ManifestError) throw cause;
      throw new ManifestError({
        where: join(folder, path),
        expected: "a file",
        received: messageOf(cause),
        hint: "Check the model's folder: model.json and the files it names lie side by side.",
        cause,
      });
    }
  };
}
