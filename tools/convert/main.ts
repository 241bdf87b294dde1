/** npm run convert -- <weights.h5 | model.h5 | model.json> --out <file.onnx> */
import { existsSync, readFileSync } from "node:fs";
import { basename, dirname, join, resolve } from "node:path";
import { fileURLToPath } from "node:url";
import { Command, Option } from "commander";
import { InputError, messageOf } from "../../src/base/errors";
import { placeFile } from "../../src/node/place-file";
import { runTool } from "../command";
import { fileEntry } from "../model-files";
import { openKerasFile } from "./hdf5";
import { inceptionResNetV2 } from "./inception-resnet-v2";
import { parseTopology } from "./keras-model";
import type { Precision } from "./network-writer";
import { readTfjsModel } from "./tfjs";
import { kerasToOnnx, type ConvertOptions } from "./to-onnx";

/**
 * Converts a Keras HDF5 file (a whole model, or the published weights of Inception-ResNet-v2) or a tfjs layers model.
 * Throws EngineErrors.
 */
export async function convert(path: string, options: Omit<ConvertOptions, "label">): Promise<Uint8Array> {
  const label = basename(path);
  if (path.endsWith(".json")) {
    const { topology, weights } = readTfjsModel(path);
    return kerasToOnnx(topology, weights, { label, ...options });
  }
  const file = await openKerasFile(path);
  try {
    const topology =
      file.config === undefined ? inceptionResNetV2(file.layerNames, label) : parseTopology(file.config, label);
    return kerasToOnnx(topology, file.weights, { label, ...options });
  } finally {
    file.close();
  }
}

/**
 * Replaces `path`, and size and SHA-256 in a model.json of the same folder that names it; returns that file's path. Throws InputError where
 * model.json is no JSON, before anything is written, and ImageError where a file cannot be written.
 */
export async function writeModel(path: string, bytes: Uint8Array): Promise<{ manifest: string | undefined }> {
  const manifest = join(dirname(path), "model.json");
  const json = existsSync(manifest) ? readManifest(manifest) : {};
  const entry = Object.values(json.files ?? {}).find((file) => file["path"] === basename(path));
  await placeFile(path, bytes, { overwrite: true });
  if (!entry) return { manifest: undefined };
  Object.assign(entry, fileEntry(basename(path), bytes));
  await placeFile(manifest, Buffer.from(`${JSON.stringify(json, null, 2)}\n`), { overwrite: true });
  return { manifest };
}

function readManifest(path: string): { files?: Record<string, Record<string, unknown>> } {
  try {
    return JSON.parse(readFileSync(path, "utf8"));
  } catch (cause) {
    throw new InputError({
      where: path,
      expected: "the manifest of a model, as JSON",
      received: messageOf(cause),
      hint: "Mend it, or choose another folder with --out.",
      cause,
    });
  }
}

async function main(): Promise<void> {
  const precisions = ["int8", "f16", "f32"];
  const program = new Command("convert")
    .description("Keras HDF5 and tfjs layers models of embedding and colorizing networks -> ONNX")
    .argument("<model>", "a .h5 file, or the model.json of a tfjs layers model")
    .requiredOption(
      "--out <file>",
      "the .onnx file to write; its size and SHA-256 in a model.json beside it are updated",
    )
    .addOption(new Option("--precision <type>", "storage type of weights").choices(precisions).default("int8"))
    .addOption(
      new Option("--ends <type>", "storage type of a colorizer's first and last convolution")
        .choices(precisions)
        .default("f32"),
    )
    .option("--features", "remove the classifier at the end; its input becomes the output")
    .option("--overwrite", "replace an existing file")
    .parse();
  const options = program.opts<{
    out: string;
    precision: Precision;
    ends: Precision;
    features?: boolean;
    overwrite?: boolean;
  }>();
  if (existsSync(options.out) && !options.overwrite)
    throw new InputError({ where: "--out", expected: "a new file", received: options.out, hint: "Pass --overwrite." });
  const bytes = await convert(program.args[0]!, options);
  const { manifest } = await writeModel(options.out, bytes);
  console.log(`${options.out}: ${(bytes.length / 1e6).toFixed(2)} MB`);
  if (manifest !== undefined) console.log(`${manifest}: size and SHA-256 updated`);
}

if (process.argv[1] && resolve(process.argv[1]) === fileURLToPath(import.meta.url)) await runTool(main);
