/** Builds the package: ES modules for browsers and Node. The demo page has its own configuration in demo/. */
import { builtinModules } from "node:module";
import { dirname, join } from "node:path";
import { defineConfig, type Plugin } from "vite";
import { onnxProtoDecoders } from "./tools/vite-onnx-proto.ts";
import { wgsl } from "./tools/vite-wgsl.ts";

/** Packages that only the Node side uses; they are optional peers, resolved where the package is installed. */
const NODE_PACKAGES = ["@sparticuz/chromium", "cli-progress", "commander", "sharp", "tar", "webgpu"];

/** The folders of the engine, without the photographs' part: what `colorize-canvas/engine` needs. */
const ENGINE = /src\/(base|gpu|graph|kernels|session|weights)\/|shaders\/|node_modules\//;
/**
 * What a page runs whose photographs are coloured in the worker, and workers, too. What starts a worker must not be among it: Vite refuses to
 * bundle workers that reach one another.
 */
const PAGE =
  /src\/(base\/(abortable|errors|option-checks|package-part|start-worker)|colorizer\/(result|shipped-models)|image\/source|worker\/errors)/;
/** The folders that turn photographs into coloured ones. */
const COLORIZER = /src\/(color|colorizer|image)\//;

/**
 * Makes workers files of the package that share its other files, as `new Worker(new URL("./NAME-worker.js", import.meta.url))`, which
 * bundlers recognise. Vite itself would write an address that they do not, and bundle the engine a second time.
 */
const sharedWorkers: Plugin = {
  name: "shared-workers",
  enforce: "pre",
  transform(code, id) {
    const own = /new URL\("\.\/([\w-]+)-worker\.ts", import\.meta\.url\)/g;
    if (!own.test(code)) return undefined;
    const named = code.replace(own, (_, name: string) => {
      this.emitFile({ type: "chunk", id: join(dirname(id), `${name}-worker.ts`), fileName: `${name}-worker.js` });
      return `new URL(__${name}_worker__, import.meta.url)`;
    });
    return { code: named, map: null };
  },
  generateBundle(_, bundle) {
    for (const file of Object.values(bundle))
      if (file.type === "chunk") file.code = file.code.replace(/\b__(\w+)_worker__/g, '"./$1-worker.js"');
  },
};

/** Bundlers leave an import() of an address to the browser where these comments say so; minifying removes comments. */
const runTimeImports: Plugin = {
  name: "run-time-imports",
  generateBundle(_, bundle) {
    for (const file of Object.values(bundle))
      if (file.type === "chunk")
        file.code = file.code.replace(
          /\bimport\((?=[\w$]+\))/g,
          "import(/* webpackIgnore: true */ /* @vite-ignore */ ",
        );
  },
};

export default defineConfig({
  plugins: [wgsl(), onnxProtoDecoders(), sharedWorkers, runTimeImports],
  // A worker's address is relative to the file that starts it.
  base: "./",
  define: {
    MODELS_FOLDER: JSON.stringify("../models/"),
    ONNXRUNTIME_FOLDER: JSON.stringify("../../onnxruntime-web/dist/"),
  },
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
        // One file of the engine, one of the colorizer and one of what pages run beside the worker: many small ones compress worse.
        codeSplitting: {
          groups: [
            { name: "page", test: PAGE, minShareCount: 2 },
            { name: "engine", test: ENGINE, minShareCount: 2 },
            { name: "colorizer", test: COLORIZER, minShareCount: 2 },
          ],
        },
      },
    },
  },
});
