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
  const manifest = seededManifest({
    embedder: await file("embedder.onnx", inceptionResNetV2()),
    colorizer: await file("colorizer.onnx", tableNetwork()),
  });
  files.set("model.json", new TextEncoder().encode(JSON.stringify(manifest)));
  return files;
}

/** The shipped manifest with other files: the networks of test/shared/networks.ts have the shipped ones' inputs and outputs. */
export function seededManifest(
  files: Readonly<Record<"embedder" | "colorizer", unknown>>,
): Readonly<Record<string, unknown>> {
  const { format, name, version, license, embedder, colorizer } = shipped;
  return { format, name: `${name}, seeded weights`, version, license, files, embedder, colorizer };
}

const hex = (digest: ArrayBuffer): string =>
  [...new Uint8Array(digest)].map((byte) => byte.toString(16).padStart(2, "0")).join("");
