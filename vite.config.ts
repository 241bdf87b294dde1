/** Builds the package: ES modules for browsers and Node. The demo page has its own configuration in demo/. */
import { builtinModules } from "node:module";
import { defineConfig, type Plugin } from "vite";
import { jsonSchemaKeywords } from "./tools/vite-json-schema.ts";
import { onnxProtoDecoders } from "./tools/vite-onnx-proto.ts";
import { wgsl } from "./tools/vite-wgsl.ts";

/** Packages that only the Node side uses; they are optional peers, resolved where the package is installed. */
const NODE_PACKAGES = ["@sparticuz/chromium", "cli-progress", "commander", "sharp", "tar", "webgpu"];

/** The folders of the engine, without the photographs' part: what `colorize-canvas/engine` needs. */
const ENGINE = /src\/(base|gpu|graph|kernels|session|weights)\/|shaders\/|node_modules\//;
/** The folders that turn photographs into coloured ones. */
const COLORIZER = /src\/(color|colorizer|image)\//;

/** `new URL(new URL("x.js", import.meta.url).href, import.meta.url)`, which Vite writes, hides workers from bundlers. */
const plainWorkers: Plugin = {
  name: "plain-workers",
  generateBundle(_, bundle) {
    const twice = /new URL\(new URL\(`([\w-]+\.js)`,import\.meta\.url\)\.href,``\+import\.meta\.url\)/g;
    let found = 0;
    for (const file of Object.values(bundle))
      if (file.type === "chunk")
        file.code = file.code.replace(twice, (_, name) => (found++, `new URL("./${name}",import.meta.url)`));
    if (found !== 1) this.error(`expected one worker in the package, found ${found}`);
  },
};

export default defineConfig({
  plugins: [wgsl(), onnxProtoDecoders(), jsonSchemaKeywords(), plainWorkers],
  // A worker's address is relative to the file that starts it.
  base: "./",
  worker: { format: "es", rolldownOptions: { output: { entryFileNames: "[name]-[hash].js" } } },
  define: { MODELS_FOLDER: JSON.stringify("../models/") },
  // The folder of static files for the demo is not the library's.
  publicDir: false,
  build: {
    target: "es2022",
    outDir: "dist",
    emptyOutDir: true,
    sourcemap: true,
    // The texts of the licences of what is bundled: @cfworker/json-schema, onnx-proto, protobufjs, wgsl-preprocessor.
    license: { fileName: "third-party-licenses.md" },
    lib: {
      entry: {
        index: "src/index.ts",
        engine: "src/engine.ts",
        element: "src/element.ts",
        node: "src/node.ts",
        cli: "src/node/cli-main.ts",
        vite: "src/vite.ts",
      },
      formats: ["es"],
    },
    rolldownOptions: {
      treeshake: { propertyReadSideEffects: false },
      external: [...NODE_PACKAGES, ...builtinModules, /^node:/],
      // Chunks lie beside the entries, whose folder MODELS_FOLDER is relative to.
      output: {
        chunkFileNames: "[name]-[hash].js",
        minify: true,
        // Whoever bundles the package knows by itself that `new Map()` has no effects.
        comments: { annotation: false },
        // One file of the engine and one of the colorizer: many small ones compress worse.
        codeSplitting: {
          groups: [
            { name: "engine", test: ENGINE, minShareCount: 2 },
            { name: "colorizer", test: COLORIZER, minShareCount: 2 },
          ],
        },
      },
    },
  },
});
