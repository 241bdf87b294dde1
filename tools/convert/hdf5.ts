/** Reads Keras HDF5 files (layout of h5py) with weights only, or with weights and topology. */
import { closeSync, existsSync, openSync, readSync } from "node:fs";
import h5wasm from "h5wasm/node";
import { ModelError } from "../../src/base/errors";
import type { KerasLayer, KerasTensor } from "./keras-model";

type Group = InstanceType<typeof h5wasm.Group>;

/** An open file. Weights are read on demand, so that a file of 200 MB is never in memory as a whole. */
interface KerasFile {
  /** The parsed model_config; undefined in a file with weights only. */
  readonly config: unknown;
  /** Layers that have weights, in the file's order. */
  readonly layerNames: readonly string[];
  weights(layer: Pick<KerasLayer, "name" | "group">): readonly KerasTensor[];
  close(): void;
}

/** Throws ModelError when `path` is not a Keras HDF5 file. */
export async function openKerasFile(path: string): Promise<KerasFile> {
  if (!existsSync(path))
    throw new ModelError({ where: path, expected: "a Keras HDF5 file", received: "no file", hint: "Check the path." });
  const refuse = (expected: string, received: string): ModelError =>
    new ModelError({
      where: path,
      expected,
      received,
      hint: "Supported: .h5 files of Keras 2 and Keras 3. Unsupported: .keras and .weights.h5.",
    });
  // For other files, the library prints its stack trace.
  if (!hasSignature(path)) throw refuse("an HDF5 file", "something else");
  await h5wasm.ready;
  const file = new h5wasm.File(path, "r");
  const fail = (expected: string, received: string): ModelError => {
    file.close();
    return refuse(expected, received);
  };
  if (file.file_id === undefined || file.file_id <= 0n) throw refuse("a complete HDF5 file", "a damaged one");
  const inner = file.get("model_weights");
  const root: Group = inner instanceof h5wasm.Group ? inner : file;
  const layerNames = texts(root.attrs["layer_names"]?.value ?? joined(root, "layer_names"));
  if (layerNames === undefined) throw fail("the attribute layer_names of Keras weights", "none");
  const config = texts(file.attrs["model_config"]?.value)?.[0];
  return {
    config: config === undefined ? undefined : (JSON.parse(config) as unknown),
    layerNames: layerNames.filter((name) => weightNames(root, name).length > 0),
    weights: (layer) => readLayer(root, layer, path),
    close: () => void file.close(),
  };
}

function hasSignature(path: string): boolean {
  const start = Buffer.alloc(8);
  const handle = openSync(path, "r");
  readSync(handle, start);
  closeSync(handle);
  return start.equals(Buffer.from("\x89HDF\r\n\x1a\n", "latin1"));
}

function readLayer(root: Group, layer: Pick<KerasLayer, "name" | "group">, path: string): readonly KerasTensor[] {
  const all = weightNames(root, layer.group);
  const named = all.filter((name) => name.split("/").at(-2) === layer.name);
  // The group of a nested model holds the weights of all its layers, so these are selected by the layer's name.
  const names = layer.group === layer.name ? all : named;
  return names.map((name) => {
    const dataset = root.get(`${layer.group}/${name}`);
    const where = `${path}, ${layer.group}/${name}`;
    if (!(dataset instanceof h5wasm.Dataset)) throw new ModelError({ where, expected: "a dataset", received: "none" });
    const { value, shape } = dataset;
    if (!(value instanceof Float32Array) && !(value instanceof Float64Array))
      throw new ModelError({ where, expected: "floats", received: String(dataset.dtype) });
    return { name: variable(name), shape: shape ?? [], data: Float32Array.from(value) };
  });
}

/** "conv2d_1/kernel:0" -> "kernel". */
export function variable(name: string): string {
  return name.split("/").at(-1)!.replace(/:\d+$/, "");
}

function weightNames(root: Group, layer: string): string[] {
  const group = root.get(layer);
  if (!(group instanceof h5wasm.Group)) return [];
  return texts(group.attrs["weight_names"]?.value ?? joined(group, "weight_names")) ?? [];
}

/** Attributes beyond HDF5's 64 KB are stored in pieces: layer_names0, layer_names1, ... */
function joined(group: Group, name: string): string[] | undefined {
  const pieces: string[] = [];
  for (let i = 0; ; i++) {
    const piece = texts(group.attrs[`${name}${i}`]?.value);
    if (piece === undefined) return i === 0 ? undefined : pieces;
    pieces.push(...piece);
  }
}

/** A string or a list of strings as a list, without padding NULs; undefined for other values. */
function texts(value: unknown): string[] | undefined {
  const list = Array.isArray(value) ? (value as unknown[]) : [value];
  if (list.length > 0 && !list.every((item) => typeof item === "string")) return undefined;
  return list.map((item) => String(item).replace(/\0+$/, ""));
}
