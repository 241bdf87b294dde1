/** Vite plugin: of onnx-proto, a page needs to read one message, for which src/weights/wire-model.ts is enough. */
import { fileURLToPath } from "node:url";
import type { Plugin } from "vite";

export function onnxProtoDecoders(): Plugin {
  return {
    name: "onnx-proto-decoders",
    apply: "build",
    enforce: "pre",
    resolveId(id) {
      return id === "onnx-proto" ? fileURLToPath(new URL("../src/weights/wire-model.ts", import.meta.url)) : null;
    },
  };
}
