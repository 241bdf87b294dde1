/**
 * The converters' representation of a Keras model, for HDF5, tfjs shards and tables: layers in order, and a function that
 * reads their weights. Tensors are channels-last, as in Keras.
 */
import { ModelError, UnsupportedError } from "../../src/base/errors";

export interface KerasTensor {
  /** Name of the variable: "kernel", "bias", "gamma", "beta", "moving_mean", "moving_variance". */
  readonly name: string;
  readonly shape: readonly number[];
  readonly data: Float32Array;
}

export interface KerasLayer {
  readonly className: string;
  readonly name: string;
  readonly config: Readonly<Record<string, unknown>>;
  /** Names of the layers whose outputs it reads, in order. */
  readonly inputs: readonly string[];
  /** The layer of the outermost model that stores its weights: its own name, or that of the nested model it is from. */
  readonly group: string;
}

export interface KerasTopology {
  /** Topological order. */
  readonly layers: readonly KerasLayer[];
  readonly outputs: readonly string[];
}

/** Reads the weights of one layer. Throws ModelError when the file lacks them. */
export type KerasWeights = (layer: KerasLayer) => readonly KerasTensor[];

type Json = Readonly<Record<string, unknown>>;

/**
 * Parses `model_config` (Keras 2 and 3) or `modelTopology.model_config` (tfjs) of a Sequential or functional model, with nested
 * models expanded. Throws ModelError for an inconsistent model and UnsupportedError for layers that are called twice.
 */
export function parseTopology(json: unknown, where: string): KerasTopology {
  const { className, config } = layerParts(json, where);
  const { layers, outputs } = expand(className, config, undefined, where);
  return { layers: sorted(layers, where), outputs };
}

interface Expanded {
  layers: KerasLayer[];
  outputs: string[];
}

/** `feeds`: the values that a nested model's inputs receive; undefined for the outermost model. */
function expand(className: string, config: Json, feeds: readonly string[] | undefined, where: string): Expanded {
  if (className === "Sequential") return expandSequential(config, feeds, where);
  if (className === "Functional" || className === "Model") return expandFunctional(config, feeds, where);
  throw new ModelError({
    where,
    expected: "a Sequential or functional Keras model",
    received: className,
    hint: "Subclassed models store no topology: convert from a functional model.",
  });
}

function expandSequential(config: Json, feeds: readonly string[] | undefined, where: string): Expanded {
  const layers: KerasLayer[] = [];
  const list = list_(Array.isArray(config) ? config : config["layers"], `${where}, layers`);
  let previous: readonly string[] | undefined = feeds;
  for (const json of list) {
    const { className, config: inner, name } = layerParts(json, where);
    if (className === "InputLayer" && previous !== undefined) continue;
    if (previous === undefined && className !== "InputLayer") {
      // The first layer states the input's shape; the list has no input layer.
      const shape = inner["batch_input_shape"] ?? inner["batch_shape"];
      layers.push({
        className: "InputLayer",
        name: `${name}_input`,
        config: { batch_shape: shape },
        inputs: [],
        group: "",
      });
      previous = [`${name}_input`];
    }
    previous = append(layers, className, name, inner, previous ?? [], where);
  }
  return { layers, outputs: [...(previous ?? [])] };
}

function expandFunctional(config: Json, feeds: readonly string[] | undefined, where: string): Expanded {
  const layers: KerasLayer[] = [];
  const results = new Map<string, readonly string[]>();
  const inputNames = references(config["input_layers"]);
  if (feeds) inputNames.forEach((name, i) => results.set(name, [feeds[i] ?? ""]));
  const waiting = list_(config["layers"], `${where}, layers`).map((json) => {
    const parts = layerParts(json, where);
    return { ...parts, inputs: inboundLayers(parts.inbound, parts.name, where) };
  });
  while (waiting.length > 0) {
    const next = waiting.findIndex(({ inputs }) => inputs.every((input) => results.has(input)));
    if (next < 0)
      throw new ModelError({
        where,
        expected: "layers without a cycle",
        received: waiting.map((l) => l.name).join(", "),
      });
    const [layer] = waiting.splice(next, 1);
    if (results.has(layer!.name)) continue;
    const inputs = layer!.inputs.flatMap((input) => results.get(input)!);
    results.set(layer!.name, append(layers, layer!.className, layer!.name, layer!.config, inputs, where));
  }
  return { layers, outputs: references(config["output_layers"]).flatMap((name) => results.get(name) ?? []) };
}

/** Adds a layer, or the layers of a nested model; returns the names of its outputs. */
function append(
  layers: KerasLayer[],
  className: string,
  name: string,
  config: Json,
  inputs: readonly string[],
  where: string,
): readonly string[] {
  if (className === "Sequential" || className === "Functional" || className === "Model") {
    const nested = expand(className, config, inputs, `${where}, ${name}`);
    layers.push(...nested.layers.map((layer) => ({ ...layer, group: name })));
    return nested.outputs;
  }
  if (layers.some((layer) => layer.name === name))
    throw new UnsupportedError(where, [{ node: name, op: className, reason: "two layers of this name" }]);
  layers.push({ className, name, config, inputs, group: name });
  return [name];
}

function layerParts(
  json: unknown,
  where: string,
): { className: string; name: string; config: Json; inbound: readonly unknown[] } {
  const layer = (json ?? {}) as Json;
  const className = layer["class_name"];
  const config = layer["config"] as Json | undefined;
  if (typeof className !== "string" || typeof config !== "object" || config === null)
    throw new ModelError({
      where,
      expected: "a layer with class_name and config",
      received: JSON.stringify(json)?.slice(0, 100) ?? "nothing",
    });
  const name = layer["name"] ?? config["name"] ?? className;
  return { className, name: String(name), config, inbound: (layer["inbound_nodes"] as unknown[] | undefined) ?? [] };
}

/**
 * The layers that a functional layer is called on. Keras 2: [[["conv", 0, 0, {}], ...]]; Keras 3:
 * [{ args: [{ class_name: "__keras_tensor__", config: { keras_history: ["conv", 0, 0] } }] }].
 */
function inboundLayers(inbound: readonly unknown[], name: string, where: string): string[] {
  if (inbound.length > 1)
    throw new UnsupportedError(where, [{ node: name, op: "layer", reason: "called more than once (shared weights)" }]);
  const found: string[] = [];
  const visit = (value: unknown): void => {
    if (Array.isArray(value)) {
      if (typeof value[0] === "string" && typeof value[1] === "number") found.push(value[0]);
      else value.forEach(visit);
    } else if (typeof value === "object" && value !== null) {
      const history = ((value as Json)["config"] as Json | undefined)?.["keras_history"];
      if (Array.isArray(history)) found.push(String(history[0]));
      else Object.values(value).forEach(visit);
    }
  };
  visit(inbound);
  return found;
}

/** [["image", 0, 0]], ["image", 0, 0] or { x: ["image", 0, 0] } -> layer names. */
function references(json: unknown): string[] {
  return inboundLayers([json], "", "");
}

/** Checks that every layer comes after its inputs. */
function sorted(layers: readonly KerasLayer[], where: string): readonly KerasLayer[] {
  const known = new Set<string>();
  for (const layer of layers) {
    const missing = layer.inputs.find((input) => !known.has(input));
    if (missing !== undefined)
      throw new ModelError({ where, expected: `layer "${missing}" before "${layer.name}"`, received: "none" });
    known.add(layer.name);
  }
  return layers;
}

function list_(json: unknown, where: string): readonly unknown[] {
  if (Array.isArray(json)) return json;
  throw new ModelError({ where, expected: "a list", received: typeof json });
}
