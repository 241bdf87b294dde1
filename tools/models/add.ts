/** Makes a model folder of a bare ONNX file: one ONNX file and a model.json with hashes, licence and origin. */
import { mkdir, readFile, rename, rm, stat, writeFile } from "node:fs/promises";
import { basename, dirname, join, resolve } from "node:path";
import onnxProto, { type onnx } from "onnx-proto";
import { InputError, ManifestError, messageOf } from "../../src/base/errors";
import { externalDataIn } from "../../src/node/external-data";
import { fetchFile } from "../../src/weights/model/download";
import { parseManifest } from "../../src/weights/model/manifest";
import { manifestFor } from "../../src/weights/model/presets";
import { decodeModel, externalLocations, type ExternalData } from "../../src/weights/onnx/decode";
import type { OnnxTensor } from "../../src/weights/onnx/types";
import { fileEntry } from "../model-files";

export interface AddOptions {
  /** Default: recognised by the file's inputs and outputs. */
  readonly preset?: string;
  /** The folder to write. Default: models/NAME. */
  readonly out?: string;
  /** Default: the file's name without ".onnx". */
  readonly name?: string;
  /** Default: of the weights that the preset's authors publish. */
  readonly license?: string;
  /** Where the file comes from. Default: the URL, or the file's name. */
  readonly origin?: string;
  readonly onProgress?: (loaded: number, total: number | undefined) => void;
}

/**
 * Writes the folder, whole or not at all, and returns its path. `source` is a path or an http(s) URL; tensors in external data files are
 * moved into the ONNX file. Throws DownloadError, InputError for a file that cannot be read or a folder that exists, and as manifestFor().
 */
export async function addModel(source: string, options: AddOptions = {}): Promise<string> {
  const { preset, license, onProgress } = options;
  const url = /^https?:/i.test(source) ? new URL(source) : undefined;
  const fileName = url ? decodeURIComponent(basename(url.pathname)) : basename(source);
  const name = options.name ?? fileName.replace(/\.onnx$/i, "");
  const folder = resolve(options.out ?? join("models", name.replace(/[^\w.-]/g, "_")));
  if (await stat(folder).catch(() => undefined))
    throw new InputError({
      where: "--out",
      expected: "a folder that does not exist yet",
      received: folder,
      hint: "Name another folder, or remove this one.",
    });
  const given = url ? await fetchFile(url, { onProgress }) : await readFile(source).catch((cause) => refuse(source, cause));
  const bytes = await inOneFile(given, source, url);
  const manifest = await manifestFor({ bytes, name: fileName, where: source, preset });
  const path = `${name.replace(/[^\w.-]/g, "_")}.onnx`;
  const { colorizer, version, summary } = manifest;
  const json = {
    format: 2,
    name,
    version,
    license: license ?? manifest["license"],
    summary,
    origin: options.origin ?? url?.href ?? fileName,
    files: { network: fileEntry(path, bytes) },
    colorizer,
  };
  parseManifest(json, `${folder}/model.json`);
  const part = join(dirname(folder), `.${basename(folder)}-${process.pid}.part`);
  try {
    await mkdir(part, { recursive: true });
    await writeFile(join(part, path), bytes);
    await writeFile(join(part, "model.json"), `${JSON.stringify(json, undefined, 2)}\n`);
    await rename(part, folder);
  } finally {
    await rm(part, { recursive: true, force: true });
  }
  return folder;
}

function refuse(source: string, cause: unknown): never {
  throw new InputError({
    where: source,
    expected: "an ONNX file, or an http(s) address of one",
    received: messageOf(cause),
    hint: "Check the path.",
    cause,
  });
}

/** The model with all tensors inside. */
async function inOneFile(bytes: Uint8Array, source: string, url: URL | undefined): Promise<Uint8Array> {
  const locations = await externalLocations(bytes, { label: source });
  if (locations.length === 0) return bytes;
  if (url)
    throw new ManifestError({
      where: source,
      expected: "a model in one file",
      received: `tensors in ${locations.join(", ")}`,
      hint: "Download all of its files into one folder and add the ONNX file from there.",
    });
  return withTensors(bytes, source, externalDataIn(dirname(source)));
}

function withTensors(bytes: Uint8Array, label: string, externalData: ExternalData): Uint8Array {
  const { initializers, nodes } = decodeModel(bytes, { label, externalData });
  const proto = onnxProto.onnx.ModelProto.decode(bytes);
  const fill = (tensor: onnx.ITensorProto, decoded: OnnxTensor): void => {
    if (!tensor.externalData?.length) return;
    tensor.rawData = decoded.bytes;
    tensor.externalData = [];
    tensor.dataLocation = onnxProto.onnx.TensorProto.DataLocation.DEFAULT;
  };
  for (const tensor of proto.graph?.initializer ?? []) fill(tensor, initializers.get(tensor.name ?? "")!);
  for (const [i, { attribute }] of (proto.graph?.node ?? []).entries())
    for (const { name, t } of attribute ?? []) {
      const decoded = nodes[i]!.attributes[name ?? ""];
      if (t && decoded?.type === "tensor") fill(t, decoded.value);
    }
  return Uint8Array.from(onnxProto.onnx.ModelProto.encode(proto).finish());
}
