/** npm run convert -- <weights.h5 | model.h5 | model.json> --out <file.onnx> */
import { createHash } from "node:crypto";
import { existsSync, readFileSync, renameSync, writeFileSync } from "node:fs";
import { basename, dirname, join, resolve } from "node:path";
import { fileURLToPath } from "node:url";
import { Command, Option } from "commander";
import { EngineError, InputError } from "../../src/base/errors";
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

/** Replaces `path` by renaming a complete file, then updates size and SHA-256 in a model.json of the same folder that names it. */
export function writeModel(path: string, bytes: Uint8Array): { manifest: string | undefined } {
  writeFileSync(`${path}.part`, bytes);
  renameSync(`${path}.part`, path);
  const manifest = join(dirname(path), "model.json");
  if (!existsSync(manifest)) return { manifest: undefined };
  const json = JSON.parse(readFileSync(manifest, "utf8")) as { files?: Record<string, Record<string, unknown>> };
  const entry = Object.values(json.files ?? {}).find((file) => file["path"] === basename(path));
  if (!entry) return { manifest: undefined };
  entry["sha256"] = createHash("sha256").update(bytes).digest("hex");
  entry["bytes"] = bytes.length;
  writeFileSync(manifest, `${JSON.stringify(json, null, 2)}\n`);
  return { manifest };
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
  const { manifest } = writeModel(options.out, bytes);
  console.log(`${options.out}: ${(bytes.length / 1e6).toFixed(2)} MB`);
  if (manifest !== undefined) console.log(`${manifest}: size and SHA-256 updated`);
}

if (process.argv[1] && resolve(process.argv[1]) === fileURLToPath(import.meta.url))
  await main().catch((error: unknown) => {
    if (!(error instanceof EngineError)) throw error;
    console.error(error.message);
    process.exitCode = 1;
  });
