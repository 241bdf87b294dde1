/** The files of this package's models that a web site needs: model.json, the files that it names, and licence texts. */
import { readdirSync } from "node:fs";
import { readFile } from "node:fs/promises";
import { createRequire } from "node:module";
import { dirname, join, posix } from "node:path";
import { fileURLToPath } from "node:url";
import { InputError, messageOf } from "../base/errors";
import { SHIPPED_MODELS } from "../colorizer/shipped-models";
import { readModelFiles } from "./model-files";
import { modelLocation } from "./shipped-models";

/** The models that a site gets when it names none. */
export const DEFAULT_MODELS: readonly string[] = [SHIPPED_MODELS[0]];

/** Throws InputError for a name that is not one of this package's models. `where` is the option. */
export function checkModelNames(names: readonly string[], where: string): void {
  for (const name of names)
    if (!(SHIPPED_MODELS as readonly string[]).includes(name))
      throw new InputError({
        where,
        expected: `a model of this package: ${SHIPPED_MODELS.join(", ")}`,
        received: JSON.stringify(name),
      });
}

/** The folder of onnxruntime-web's files, beside those of the models. */
export const ONNXRUNTIME = "onnxruntime-web";

/** What a page without WebGPU loads of onnxruntime-web: the module and its WebAssembly. */
const ONNXRUNTIME_FILES = ["ort.wasm.bundle.min.mjs", "ort-wasm-simd-threaded.wasm"];

/** The files that pages load for `fallback`, by their path below models/. Throws InputError where onnxruntime-web is not installed. */
export async function onnxruntimeFiles(): Promise<Map<string, Uint8Array>> {
  let folder: string;
  try {
    folder = dirname(createRequire(import.meta.url).resolve(`${ONNXRUNTIME}/wasm`));
  } catch (cause) {
    throw new InputError({
      where: "fallback",
      expected: "the package onnxruntime-web",
      received: "none that is installed",
      hint: "Run `npm install onnxruntime-web`.",
      cause,
    });
  }
  const files = ONNXRUNTIME_FILES.map(
    async (file) => [`${ONNXRUNTIME}/${file}`, await readFile(join(folder, file))] as const,
  );
  return new Map(await Promise.all(files));
}

/** The folder of this package's workers, beside those of the models. */
export const WORKERS = "workers";

/** Workers that pages start by themselves. They start others, and import files, from their own folder. */
const WORKER_FILES = ["colorize-worker.js", "wasm-worker.js", "draw-worker.js"];

/** This package's workers with the files that they need, by their path below models/. Throws InputError where the package was not built. */
export async function workerFiles(): Promise<Map<string, Uint8Array>> {
  const folder = dirname(fileURLToPath(import.meta.url)); // dist
  const files = new Map<string, Uint8Array>();
  const read = async (name: string): Promise<void> => {
    const path = `${WORKERS}/${name}`;
    if (files.has(path)) return;
    const bytes = await readFile(join(folder, name));
    files.set(path, bytes);
    for (const [, other] of bytes.toString().matchAll(/["'`]\.\/([\w-]+\.js)["'`]/g)) await read(other!);
  };
  try {
    for (const name of WORKER_FILES) await read(name);
  } catch (cause) {
    throw new InputError({
      where: "--workers",
      expected: `${WORKER_FILES.join(" and ")} in ${folder}, with the files that they import`,
      received: messageOf(cause),
      hint: "Install the package again; in a checkout, run `npm run build` and then dist/cli.js.",
      cause,
    });
  }
  return files;
}

/** A licence or notice, which accompanies every copy. Cards and their pictures are for people who choose a model. */
const LICENCE = /licen[cs]e|notice/i;

/**
 * A model's files by their path below models/ (NAME/FILE, also of a model beside it), checked against the manifest's sizes and SHA-256; model.json is the last.
 * Throws ManifestError.
 */
export async function webModelFiles(name: string): Promise<Map<string, Uint8Array>> {
  const folder = String(modelLocation(name));
  const { manifest, files } = await readModelFiles(folder);
  const read = new Map(Object.entries(manifest.files).map(([key, { path }]) => [posix.join(name, path), files[key]!]));
  for (const path of [...licencesIn(folder), "model.json"])
    read.set(`${name}/${path}`, await readFile(join(folder, path)));
  return read;
}

function licencesIn(folder: string): string[] {
  return readdirSync(folder).filter((file) => LICENCE.test(file));
}
