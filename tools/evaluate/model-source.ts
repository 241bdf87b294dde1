/** Resolves `--model`: a model folder, its model.json, a URL, or one ONNX file. */
import { readFile } from "node:fs/promises";
import { existsSync } from "node:fs";
import { basename, dirname, join } from "node:path";
import { InputError, messageOf } from "../../src/base/errors";
import { externalDataIn } from "../../src/node/external-data";
import { folderReader } from "../../src/node/model-files";
import { readModel } from "../../src/weights/onnx/decode";
import type { ModelReader } from "../../src/weights/model/files";
import type { OnnxValueInfo } from "../../src/weights/onnx/types";
import { fileEntry, modelFiles } from "../model-files";

export interface ModelSource {
  /** A folder, a model.json or an ONNX file. */
  readonly location: string;
  /** The reader, where the model is not read from disk unchanged. */
  readonly read?: ModelReader;
  /** The resolver of external data, for a lone ONNX file. */
  readonly externalData?: ReturnType<typeof externalDataIn>;
}

/** The scaling of a lone network: input = L* x luminanceScale + luminanceOffset; a*, b* = output x chromaScale. */
export interface Scaling {
  readonly luminanceScale: number;
  readonly luminanceOffset: number;
  readonly chromaScale: number;
  readonly multiple: number;
}

/** Default working size of a lone network. */
const LONE_SIZE = 256;

/** The parts of a manifest that are read here; the engine checks the rest. */
interface Manifest {
  readonly files: Record<string, unknown>;
  readonly colorizer: { readonly file: string };
}

/**
 * An ONNX file with one input is a lone network that maps L* to a*b*, scaled by `scaling`. An ONNX file with two inputs also
 * takes an embedding: the model.json beside it names the embedder, and the file replaces the colorizer named there. Throws
 * InputError or ModelError.
 */
export async function modelSource(path: string, scaling: Scaling): Promise<ModelSource> {
  if (!path.endsWith(".onnx") || /^https?:/i.test(path)) return { location: path };
  const bytes = await readFile(path).catch((cause: unknown) => {
    const received = messageOf(cause);
    throw new InputError({ where: "--model", expected: "an ONNX file", received, hint: "Check the path.", cause });
  });
  const externalData = externalDataIn(dirname(path));
  const { inputs, outputs } = await readModel(bytes, { label: basename(path), externalData });
  if (inputs.length === 1)
    return { location: path, read: loneNetwork(path, bytes, inputs[0]!, outputs[0]!.name, scaling), externalData };
  const folder = dirname(path);
  if (inputs.length === 2 && existsSync(join(folder, "model.json")))
    return { location: folder, read: replacingColorizer(folder, path, bytes) };
  throw new InputError({
    where: `--model ${path}`,
    expected: "a network that takes L alone, or L and an embedding with a model.json beside it",
    received: `inputs ${inputs.map(({ name }) => name).join(", ")}`,
    hint: "Put it into the folder of the model whose embedder it was trained with.",
  });
}

/** A model folder around one network. For a network of fixed size, every photograph is stretched to that size. */
function loneNetwork(
  path: string,
  bytes: Uint8Array,
  { name, shape }: OnnxValueInfo,
  output: string,
  { luminanceScale, luminanceOffset, chromaScale, multiple }: Scaling,
): ModelReader {
  const [, , height, width] = shape ?? [];
  const fixed = typeof height === "number" && typeof width === "number" ? { height, width } : undefined;
  if (fixed && fixed.height !== fixed.width)
    throw new InputError({
      where: `--model ${path}`,
      expected: "a network for any size, or for a square",
      received: `one for ${fixed.width}x${fixed.height}`,
      hint: "Export it with free height and width.",
    });
  const pixels = Math.ceil(LONE_SIZE / multiple) * multiple;
  const size = fixed ? { pixels: fixed.width, multiple: fixed.width, shape: "square" } : { pixels, multiple };
  const files = modelFiles(
    { network: { path: "network.onnx", bytes } },
    {
      name: basename(path, ".onnx"),
      version: "0",
      license: "unknown",
      colorizer: {
        file: "network",
        inputs: [{ name, kind: "lightness", scale: luminanceScale, offset: luminanceOffset }],
        output: { name: output, kind: "ab", scale: chromaScale },
        size,
      },
      training: { file: basename(path) },
    },
  );
  return (file) => Promise.resolve(files[file]!);
}

function replacingColorizer(folder: string, path: string, bytes: Uint8Array): ModelReader {
  const onDisk = folderReader(folder);
  return async (name, expected, onProgress, signal) => {
    if (name === basename(path)) return bytes;
    const file = await onDisk(name, expected, onProgress, signal);
    if (name !== "model.json") return file;
    const manifest = JSON.parse(new TextDecoder().decode(file)) as Manifest;
    manifest.files[manifest.colorizer.file] = fileEntry(basename(path), bytes);
    return new TextEncoder().encode(JSON.stringify(manifest));
  };
}
