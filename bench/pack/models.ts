/** A model folder with the shipped networks' layers and seeded weights, for machines where the model does not travel. */
import { createHash } from "node:crypto";
import { mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import shipped from "../../models/inception-table/model.json";
import { inceptionResNetV2, tableNetwork } from "../../test/shared/networks";

export function writeModels(folder: string): void {
  mkdirSync(folder, { recursive: true });
  const file = (path: string, bytes: Uint8Array): Readonly<Record<string, unknown>> => {
    writeFileSync(join(folder, path), bytes);
    return { path, bytes: bytes.length, sha256: createHash("sha256").update(bytes).digest("hex") };
  };
  const { format, version, license, embedder, colorizer } = shipped;
  const manifest = {
    format,
    name: `${shipped.name}, seeded weights`,
    version,
    license,
    files: {
      embedder: file("embedder.onnx", inceptionResNetV2()),
      colorizer: file("colorizer.onnx", tableNetwork()),
    },
    embedder: { ...embedder, input: "image", output: "embedding" },
    colorizer: { ...colorizer, luminance: "luminance", embedding: "embedding", output: "ab" },
  };
  writeFileSync(join(folder, "model.json"), JSON.stringify(manifest));
}
