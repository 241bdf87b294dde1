/** Reads tfjs layers models: model.json with the topology, and shards with the weights. */
import { readFileSync } from "node:fs";
import { dirname } from "node:path";
import { ModelError } from "../../src/base/errors";
import { containedPath } from "../../src/node/contained-path";
import { floatFromHalf } from "../../src/weights/numbers/half";
import { variable } from "./hdf5";
import { parseTopology, type KerasTensor, type KerasTopology, type KerasWeights } from "./keras-model";

interface WeightEntry {
  readonly name: string;
  readonly shape: readonly number[];
  readonly dtype: string;
  readonly quantization?: { readonly dtype: string; readonly scale?: number; readonly min?: number };
}

interface WeightGroup {
  readonly paths: readonly string[];
  readonly weights: readonly WeightEntry[];
}

const BYTES: Readonly<Record<string, number>> = { float32: 4, float16: 2, uint16: 2, uint8: 1 };

/** Reads model.json and its shards, which must be in the same folder. Throws ModelError. */
export function readTfjsModel(path: string): { topology: KerasTopology; weights: KerasWeights } {
  const json = JSON.parse(readFileSync(path, "utf8")) as {
    modelTopology?: { model_config?: unknown };
    weightsManifest?: readonly WeightGroup[];
  };
  const config = json.modelTopology?.model_config;
  if (config === undefined || json.weightsManifest === undefined)
    throw new ModelError({
      where: path,
      expected: "a tfjs layers model (modelTopology.model_config and weightsManifest)",
      received: "something else",
      hint: "tfjs graph models have no layers: convert the Keras model instead.",
    });
  const tensors = json.weightsManifest.flatMap((group) => readGroup(group, path));
  return {
    topology: parseTopology(config, path),
    weights: ({ name }) =>
      tensors
        .filter((tensor) => tensor.name.split("/").at(-2) === name)
        .map((tensor) => ({ ...tensor, name: variable(tensor.name) })),
  };
}

function readGroup(group: WeightGroup, path: string): KerasTensor[] {
  const shards = group.paths.map((shard) => readFileSync(containedPath(dirname(path), shard)));
  const bytes = Buffer.concat(shards);
  let offset = 0;
  return group.weights.map((entry) => {
    const where = `${path}, weight "${entry.name}"`;
    const stored = entry.quantization?.dtype ?? entry.dtype;
    const size = BYTES[stored];
    if (size === undefined || entry.dtype !== "float32")
      throw new ModelError({ where, expected: "float32, or quantised to float16, uint16 or uint8", received: stored });
    const count = entry.shape.reduce((product, n) => product * n, 1);
    const end = offset + count * size;
    if (end > bytes.length)
      throw new ModelError({
        where,
        expected: `${end} bytes in the shards`,
        received: `${bytes.length}`,
        hint: "A shard is missing or cut off.",
      });
    const slice = Uint8Array.from(bytes.subarray(offset, end));
    offset = end;
    return { name: entry.name, shape: entry.shape, data: decode(slice.buffer, stored, entry) };
  });
}

function decode(buffer: ArrayBuffer, stored: string, { quantization }: WeightEntry): Float32Array {
  if (stored === "float32") return new Float32Array(buffer);
  if (stored === "float16") return floatFromHalf(new Uint16Array(buffer));
  const { scale = 1, min = 0 } = quantization ?? {};
  const steps = stored === "uint8" ? new Uint8Array(buffer) : new Uint16Array(buffer);
  return Float32Array.from(steps, (step) => step * scale + min);
}
