/** Writes Keras files for tests, in the layout of h5py: groups by layer, names in attributes of fixed-length strings. */
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import h5wasm from "h5wasm/node";

export interface WrittenTensor {
  /** As Keras calls it: "conv2d_1/kernel:0". */
  readonly name: string;
  readonly shape: readonly number[];
  readonly data: Float32Array;
}

type WrittenLayers = ReadonlyMap<string, readonly WrittenTensor[]>;

/** `config`: the model_config of a whole model; its weights then lie in model_weights. */
export async function writeKerasFile(path: string, layers: WrittenLayers, config?: unknown): Promise<void> {
  await h5wasm.ready;
  const file = new h5wasm.File(path, "w");
  const root = config === undefined ? file : file.create_group("model_weights");
  if (config !== undefined) file.create_attribute("model_config", JSON.stringify(config));
  root.create_attribute("layer_names", [...layers.keys()], null, "S40");
  root.create_attribute("backend", "tensorflow");
  for (const [layer, tensors] of layers) {
    const group = root.create_group(layer);
    if (tensors.length > 0)
      group.create_attribute(
        "weight_names",
        tensors.map(({ name }) => name),
        null,
        "S80",
      );
    for (const { name, shape, data } of tensors) {
      const parts = name.split("/");
      let inner = group;
      for (const part of parts.slice(0, -1)) {
        const next = inner.get(part);
        inner = next instanceof h5wasm.Group ? next : inner.create_group(part);
      }
      inner.create_dataset({ name: parts.at(-1)!, data, shape: [...shape], dtype: "<f4" });
    }
  }
  file.close();
}

/** A tfjs layers model in `folder`, its weights cut into shards of `shardBytes`. Gives the path of model.json. */
export function writeTfjsModel(folder: string, layers: WrittenLayers, config: unknown, shardBytes = 5000): string {
  const tensors = [...layers.values()].flat();
  const bytes = Buffer.concat(tensors.map(({ data }) => Buffer.from(data.buffer, data.byteOffset, data.byteLength)));
  const count = Math.ceil(bytes.length / shardBytes);
  const paths = Array.from({ length: count }, (_, i) => `group1-shard${i + 1}of${count}.bin`);
  paths.forEach((path, i) => writeFileSync(join(folder, path), bytes.subarray(i * shardBytes, (i + 1) * shardBytes)));
  const weights = tensors.map(({ name, shape }) => ({ name: name.replace(/:\d+$/, ""), shape, dtype: "float32" }));
  const path = join(folder, "model.json");
  writeFileSync(
    path,
    JSON.stringify({ modelTopology: { model_config: config }, weightsManifest: [{ paths, weights }] }),
  );
  return path;
}
