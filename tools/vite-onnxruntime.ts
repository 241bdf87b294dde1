/** Vite plugin: the files of onnxruntime-web, which colour where there is no WebGPU, beside the page. */
import { extname } from "node:path";
import type { Plugin } from "vite";
import { ONNXRUNTIME, onnxruntimeFiles } from "../src/node/web-models";

const TYPES: Readonly<Record<string, string>> = { ".mjs": "text/javascript", ".wasm": "application/wasm" };

/** Serves them at /onnxruntime-web/ and copies them into the build. The page's code gets their megabytes as ONNXRUNTIME_MEGABYTES. */
export function onnxruntime(): Plugin {
  return {
    name: "onnxruntime",
    async config() {
      const bytes = [...(await onnxruntimeFiles()).values()].reduce((sum, { length }) => sum + length, 0);
      return { define: { ONNXRUNTIME_MEGABYTES: String(Math.round(bytes / 1e6)) } };
    },
    configureServer(server) {
      server.middlewares.use(`/${ONNXRUNTIME}/`, (request, response, next) => {
        const path = (request.url ?? "").replace(/[?#].*$/, "");
        onnxruntimeFiles().then((files) => {
          const bytes = files.get(ONNXRUNTIME + path);
          if (!bytes) return next();
          response.setHeader("Content-Type", TYPES[extname(path)]!);
          response.end(bytes);
        }, next);
      });
    },
    async generateBundle() {
      for (const [fileName, source] of await onnxruntimeFiles()) this.emitFile({ type: "asset", fileName, source });
    },
  };
}
