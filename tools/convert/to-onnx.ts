/** Converts a Keras model to an ONNX file that a manifest of this project can name. */
import { ModelError, UnsupportedError, type Unsupported } from "../../src/base/errors";
import { findFolds } from "./fold";
import type { KerasLayer, KerasTopology, KerasWeights } from "./keras-model";
import { LAYERS } from "./layers";
import { NetworkWriter, type Precision, type Value } from "./network-writer";

export interface ConvertOptions {
  /** The name of the model in messages and in the file's metadata. */
  readonly label: string;
  readonly precision: Precision;
  /** Precision of the first and last convolution of a colorizer, which are small. Default f32. */
  readonly ends?: Precision;
  /** Whether to remove the classifier, a Dense layer at the end; its input becomes the output. Default false. */
  readonly features?: boolean;
}

/**
 * Inputs and outputs are named by their shapes. An input with one channel is `luminance`, with three channels `image`; a
 * vector is `embedding`. An output with two channels is `ab`, a vector is `embedding`. Height and width are variable.
 * A softmax at the end is removed: the embedding is the scores before it.
 * Throws UnsupportedError, which lists every unsupported layer.
 */
export function kerasToOnnx(topology: KerasTopology, weights: KerasWeights, options: ConvertOptions): Uint8Array {
  const scores = withoutSoftmax(topology);
  const { layers, outputs } = options.features ? withoutClassifier(scores, options.label) : scores;
  const writer = new NetworkWriter(options.precision);
  const folds = findFolds({ layers, outputs });
  const ends = endsOf(layers);
  const values = new Map<string, Value>();
  const unsupported: Unsupported[] = [];
  for (const layer of layers) {
    if (layer.className === "InputLayer") {
      values.set(layer.name, input(layer, writer, options.label));
      continue;
    }
    const inputs = layer.inputs.map((name) => values.get(name));
    // An unsupported layer has no value; of the layers after it, only unknown ones are reported.
    if (!inputs.every((value) => value !== undefined)) {
      if (!LAYERS[layer.className]) unsupported.push(refusal(layer));
      continue;
    }
    const precision = ends.has(layer.name) ? (options.ends ?? "f32") : options.precision;
    const value = LAYERS[layer.className]?.(layer, inputs, { writer, weights, folds, precision });
    if (value) values.set(layer.name, value);
    else unsupported.push(refusal(layer));
  }
  if (unsupported.length > 0) throw new UnsupportedError(options.label, unsupported);
  return writer.finish(
    outputs.map((name) => output(values.get(name)!, options.label)),
    { source: options.label },
  );
}

function refusal(layer: KerasLayer): Unsupported {
  const known = LAYERS[layer.className] !== undefined;
  return { node: layer.name, op: layer.className, reason: known ? "with this configuration" : "not a known layer" };
}

function input(layer: KerasLayer, writer: NetworkWriter, label: string): Value {
  const shape = layer.config["batch_input_shape"] ?? layer.config["batch_shape"];
  const [, ...dims] = Array.isArray(shape) ? (shape as (number | null)[]) : [];
  const channels = dims.at(-1);
  if (dims.length === 3 && (channels === 1 || channels === 3)) {
    const name = channels === 1 ? "luminance" : "image";
    return { name: writer.input(name, [1, channels, "height", "width"]), kind: "spatial", channels };
  }
  if (dims.length === 1 && typeof channels === "number")
    return { name: writer.input("embedding", [1, channels]), kind: "vector", channels };
  throw new ModelError({
    where: `${label}, input "${layer.name}"`,
    expected: "[batch, height, width, 1 or 3] or [batch, size]",
    received: JSON.stringify(shape) ?? "nothing",
    hint: "Only embedding and colorizing networks in channels-last layout are converted.",
  });
}

function output(value: Value, label: string): { value: string; name: string; shape: (number | string)[] } {
  if (value.kind === "vector") return { value: value.name, name: "embedding", shape: [1, value.channels] };
  if (value.kind === "spatial" && value.channels === 2)
    return { value: value.name, name: "ab", shape: [1, 2, "height", "width"] };
  throw new ModelError({
    where: `${label}, output`,
    expected: "a vector (an embedding), or a picture of two channels (a* and b*)",
    received: `${value.kind} of ${value.channels} channels`,
  });
}

/** The first and last convolution of a colorizer; none in networks with Dense layers. */
function endsOf(layers: readonly KerasLayer[]): ReadonlySet<string> {
  if (layers.some((layer) => layer.className === "Dense")) return new Set();
  const convs = layers.filter((layer) => layer.className === "Conv2D").map((layer) => layer.name);
  return new Set([convs[0], convs.at(-1)].filter((name) => name !== undefined));
}

function withoutSoftmax({ layers, outputs }: KerasTopology): KerasTopology {
  const last = layers.find((layer) => outputs.includes(layer.name) && layer.config["activation"] === "softmax");
  const isLayer = last?.className === "Activation";
  if (isLayer)
    return {
      layers: layers.filter((l) => l !== last),
      outputs: outputs.map((o) => (o === last.name ? last.inputs[0]! : o)),
    };
  return {
    outputs,
    layers: layers.map((l) => (l === last ? { ...l, config: { ...l.config, activation: "linear" } } : l)),
  };
}

function withoutClassifier({ layers, outputs }: KerasTopology, label: string): KerasTopology {
  const last = layers.find(({ name, className }) => outputs.includes(name) && className === "Dense");
  if (last) return { layers: layers.filter((layer) => layer !== last), outputs: [last.inputs[0]!] };
  throw new ModelError({
    where: label,
    expected: "a classifier that ends in a Dense layer",
    received: `outputs ${outputs.join(", ")}`,
    hint: "Leave --features out.",
  });
}
