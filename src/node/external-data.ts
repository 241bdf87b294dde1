/** Reads ONNX external data from disk: files beside the model that hold its large tensors. */
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { ModelError, messageOf } from "../base/errors";
import type { ExternalData } from "../weights/onnx/types";
import { containedPath } from "./contained-path";

/**
 * A resolver for `Session.load`'s `externalData` that reads inside the model's folder only. It throws ModelError for "..",
 * absolute paths, symbolic links out of the folder and unreadable files. Each file is read once.
 */
export function externalDataIn(folder: string): ExternalData {
  const files = new Map<string, Uint8Array>();
  return (location) => {
    const known = files.get(location);
    if (known) return known;
    try {
      const bytes = readFileSync(containedPath(folder, location));
      const plain = new Uint8Array(bytes.buffer, bytes.byteOffset, bytes.byteLength);
      files.set(location, plain);
      return plain;
    } catch (cause) {
      throw new ModelError({
        where: join(folder, location),
        expected: "an external data file in the model's folder",
        received: messageOf(cause),
        hint: "Keep the data file beside the .onnx file, or save the model as one file.",
        cause,
      });
    }
  };
}
