/**
 * `npm run bench:page -- --out DIR`: builds the page that measures a GPU in any browser with WebGPU, as a folder for any web
 * server. onnxruntime-web's files lie in it as they were published.
 */
import { copyFileSync, existsSync, mkdirSync, readdirSync, writeFileSync } from "node:fs";
import { createRequire } from "node:module";
import { dirname, join, resolve } from "node:path";
import { fileURLToPath } from "node:url";
import { Command } from "commander";
import { build, type Plugin } from "vite";
import { commit, versionsHere } from "../facts";
import { stepAliases, stepPlugins } from "../steps/bundling";

const HERE = fileURLToPath(new URL(".", import.meta.url));
/** A file that only this command writes. */
const MARK = "versions.json";
const ORT_FILES = ["ort.webgpu.min.mjs", "ort-wasm-simd-threaded.asyncify.mjs", "ort-wasm-simd-threaded.asyncify.wasm"];

/** Tests of kernels ask src/node/device.ts for their device. */
const deviceOfPage: Plugin = {
  name: "device-of-page",
  enforce: "pre",
  resolveId: (source, importer) =>
    source.endsWith("/src/node/device") && importer?.includes("/test/") ? join(HERE, "device.ts") : undefined,
};

const plugins = (): Plugin[] => [deviceOfPage, ...stepPlugins()];

export async function buildPage(outDir: string): Promise<void> {
  await build({
    configFile: false,
    root: HERE,
    base: "./",
    logLevel: "warn",
    publicDir: false,
    plugins: plugins(),
    resolve: { alias: stepAliases },
    worker: { format: "es", plugins },
    build: { target: "es2022", outDir, emptyOutDir: true, chunkSizeWarningLimit: 5000 },
  });
  const ort = dirname(createRequire(import.meta.url).resolve("onnxruntime-web"));
  mkdirSync(join(outDir, "ort"));
  for (const name of ORT_FILES) copyFileSync(join(ort, name), join(outDir, "ort", name));
  writeFileSync(join(outDir, MARK), JSON.stringify({ ...versionsHere(), commit: commit() }, null, 2));
}

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  const command = new Command("bench:page")
    .description("Builds the bench as a page, which any browser runs.")
    .requiredOption("--out <folder>", "the folder to make")
    .parse();
  const values = command.opts<{ out: string }>();
  const out = resolve(values.out);
  if (existsSync(out) && readdirSync(out).length > 0 && !existsSync(join(out, MARK)))
    throw new Error(
      `bench:page: ${values.out} has other files: name a new folder, or one that was made by this command`,
    );
  await buildPage(out);
  console.log(
    `${values.out}: serve this folder over https or from localhost, for example by npx vite preview --outDir ${values.out}`,
  );
}
