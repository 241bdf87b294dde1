/** A model folder with the shipped networks' layers and seeded weights, for places where the model does not travel. */
import shipped from "../../models/inception-table/model.json";
import { inceptionResNetV2, tableNetwork } from "../../test/shared/networks";

/** The folder's files by their paths. */
export async function seededModel(): Promise<ReadonlyMap<string, Uint8Array<ArrayBuffer>>> {
  const files = new Map<string, Uint8Array<ArrayBuffer>>();
  const file = async (path: string, made: Uint8Array): Promise<Readonly<Record<string, unknown>>> => {
    const bytes = made as Uint8Array<ArrayBuffer>;
    files.set(path, bytes);
    return { path, bytes: bytes.length, sha256: hex(await crypto.subtle.digest("SHA-256", bytes)) };
  };
  const { format, version, license, embedder, colorizer } = shipped;
  const manifest = {
    format,
    name: `${shipped.name}, seeded weights`,
    version,
    license,
    files: {
      embedder: await file("embedder.onnx", inceptionResNetV2()),
      colorizer: await file("colorizer.onnx", tableNetwork()),
    },
    embedder: { ...embedder, input: "image", output: "embedding" },
    colorizer: { ...colorizer, luminance: "luminance", embedding: "embedding", output: "ab" },
  };
  files.set("model.json", new TextEncoder().encode(JSON.stringify(manifest)));
  return files;
}

const hex = (digest: ArrayBuffer): string =>
  [...new Uint8Array(digest)].map((byte) => byte.toString(16).padStart(2, "0")).join("");
