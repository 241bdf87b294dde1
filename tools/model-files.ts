/** Makes model folders in memory: what a manifest says of a file, and a manifest with its files. */
import { createHash } from "node:crypto";

/** A network's ONNX file, and its path in the model's folder. */
export interface NetworkFile {
  readonly path: string;
  readonly bytes: Uint8Array;
}

/** The entry of a file in a manifest. */
export function fileEntry(path: string, bytes: Uint8Array): { path: string; bytes: number; sha256: string } {
  return { path, bytes: bytes.length, sha256: createHash("sha256").update(bytes).digest("hex") };
}

/** The files of a folder by path: these networks, and a model.json that names them by these keys. `parts`: its other parts. */
export function modelFiles(
  networks: Readonly<Record<string, NetworkFile>>,
  parts: Readonly<Record<string, unknown>>,
): Record<string, Uint8Array> {
  const all = Object.values(networks);
  const entries = Object.entries(networks).map(([key, { path, bytes }]) => [key, fileEntry(path, bytes)]);
  const head = { format: 2, name: "tiny", version: "1", license: "MIT", files: Object.fromEntries(entries) as object };
  return {
    "model.json": new TextEncoder().encode(JSON.stringify({ ...head, ...parts })),
    ...Object.fromEntries(all.map(({ path, bytes }) => [path, bytes])),
  };
}
