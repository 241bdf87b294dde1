/** A tiny model folder with random bytes as files, which load but do not decode. */
import { modelFiles } from "../../../tools/model-files";
import { randoms } from "../../shared/randoms";

/** New contents by path. */
export function modelFolder(): Record<string, Uint8Array> {
  const files = {
    embedder: { path: "embedder.onnx", bytes: noise(3000, 1) },
    colorizer: { path: "sub/colorizer.onnx", bytes: noise(500, 2) },
  };
  return modelFiles(files, {
    format: 1,
    version: "0.0.1",
    license: "CC0-1.0",
    embedder: { file: "embedder", input: "image", output: "embedding", size: 32, channels: 3, range: [-1, 1] },
    colorizer: {
      file: "colorizer",
      luminance: "luminance",
      embedding: "embedding",
      output: "ab",
      size: 32,
      multiple: 8,
      luminanceScale: 0.02,
      luminanceOffset: -1,
      chromaScale: 128,
      saturation: 1,
    },
  });
}

function noise(count: number, seed: number): Uint8Array {
  return Uint8Array.from(randoms(count, seed, 0, 256));
}
