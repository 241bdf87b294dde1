/** One handler per Keras layer class: channels-last Keras in, NCHW ONNX out. */
import { ModelError } from "../../src/base/errors";
import type { AttributeSpec } from "../onnx-writer";
import { affine, residualScale, scaleRows, type Folds } from "./fold";
import type { KerasLayer, KerasTensor, KerasWeights } from "./keras-model";
import type { NetworkWriter, Precision, Value } from "./network-writer";

interface LayerContext {
  readonly writer: NetworkWriter;
  readonly weights: KerasWeights;
  readonly folds: Folds;
  /** Precision of this layer's weights. */
  readonly precision: Precision;
}

/** Writes a layer's nodes; returns undefined for an unsupported layer or setting. */
type LayerHandler = (layer: KerasLayer, inputs: readonly Value[], context: LayerContext) => Value | undefined;

const same: LayerHandler = (_, [x]) => x;

export const LAYERS: Readonly<Record<string, LayerHandler>> = {
  Conv2D: conv,
  Dense: dense,
  BatchNormalization: batchNorm,
  Activation: (layer, [x], { writer }) => activate(writer, x!, layer.config["activation"], layer.name),
  ReLU: (layer, [x], { writer }) =>
    layer.config["max_value"] == null && !layer.config["negative_slope"] && !layer.config["threshold"]
      ? activate(writer, x!, "relu", layer.name)
      : undefined,
  LeakyReLU: (layer, [x], { writer }) => {
    const alpha = Number(layer.config["negative_slope"] ?? layer.config["alpha"] ?? 0.3);
    return { ...x!, name: writer.add("LeakyRelu", [x!.name], layer.name, { alpha: { float: alpha } }) };
  },
  MaxPooling2D: pool,
  AveragePooling2D: pool,
  GlobalAveragePooling2D: (layer, [x], { writer }) => {
    const pooled = writer.add("GlobalAveragePool", [x!.name], `${layer.name}_pool`);
    const flat = writer.add("Flatten", [pooled], layer.name, { axis: 1 });
    return layer.config["keepdims"] ? { ...x!, name: pooled } : { name: flat, kind: "vector", channels: x!.channels };
  },
  UpSampling2D: upsample,
  ZeroPadding2D: (layer, [x], { writer }) => {
    const [[top, bottom], [left, right]] = layer.config["padding"] as [[number, number], [number, number]];
    const pads = writer.constant(`${layer.name}_pads`, [8], [0, 0, top, left, 0, 0, bottom, right], "i64");
    return { ...x!, name: writer.add("Pad", [x!.name, pads], layer.name, { mode: "constant" }) };
  },
  Concatenate: (layer, inputs, { writer }) => {
    const last = [-1, inputs.some((x) => x.kind === "vector") ? 1 : 3];
    if (!last.includes(Number(layer.config["axis"] ?? -1))) return undefined;
    return concat(layer, inputs, writer);
  },
  // Concatenates [feature map, embedding] along the channels (Baldassarre et al. 2017).
  FusionLayer: (layer, inputs, { writer }) => concat(layer, inputs.map(tiled), writer),
  Add: (layer, inputs, { writer }) => {
    const sum = inputs.slice(1).reduce((name, x) => writer.add("Add", [name, x.name], layer.name), inputs[0]!.name);
    return { ...inputs[0]!, name: sum };
  },
  CustomScaleLayer: residual,
  Lambda: residual,
  RepeatVector: (layer, [x]) =>
    x!.kind === "vector" ? { ...x!, kind: "tiled", positions: Number(layer.config["n"]) } : undefined,
  Reshape: (layer, [x]) => {
    const [height, width, channels] = layer.config["target_shape"] as number[];
    const fits = x!.kind === "tiled" && channels === x!.channels && height! * width! === x!.positions;
    return fits ? x : undefined;
  },
  Dropout: same,
  SpatialDropout2D: same,
  GaussianNoise: same,
};

function conv(layer: KerasLayer, [x]: readonly Value[], context: LayerContext): Value | undefined {
  const { writer, weights, folds, precision } = context;
  const { config } = layer;
  if (config["data_format"] === "channels_first" || Number(config["groups"] ?? 1) !== 1) return undefined;
  const tensors = weights(layer);
  const { data, shape } = tensor(tensors, "kernel", layer);
  const [kh, kw, channels, outputs] = shape as [number, number, number, number];
  if (channels !== x!.channels) throw mismatch(layer, `a kernel for ${x!.channels} channels`, `[${shape.join(", ")}]`);
  const weight = new Float32Array(data.length);
  // HWIO -> OIHW
  for (let tap = 0; tap < kh * kw; tap++)
    for (let c = 0; c < channels; c++)
      for (let o = 0; o < outputs; o++)
        weight[(o * channels + c) * kh * kw + tap] = data[(tap * channels + c) * outputs + o]!;
  const bias = tensors.find(({ name }) => name === "bias")?.data.slice() ?? new Float32Array(outputs);
  const norm = folds.normOf.get(layer.name);
  if (norm) {
    const { scale, shift } = affine(normTensors(norm, outputs, weights), outputs, epsilon(norm));
    scaleRows(weight, bias, scale, shift);
  }
  const factor = folds.scaleOf.get(layer.name);
  if (factor !== undefined) scaleRows(weight, bias, Array<number>(outputs).fill(factor), new Float32Array(outputs));
  const attributes = {
    strides: pair(config["strides"]),
    dilations: pair(config["dilation_rate"]),
    ...padding(config, [kh, kw]),
  };
  const name = writer.conv(
    x!.name,
    layer.name,
    { weight, shape: [outputs, channels, kh, kw], bias, attributes },
    precision,
  );
  return ownActivation(writer, layer, { name, kind: "spatial", channels: outputs });
}

function dense(layer: KerasLayer, [x]: readonly Value[], context: LayerContext): Value | undefined {
  const { writer, weights, precision } = context;
  if (x!.kind !== "vector") return undefined;
  const tensors = weights(layer);
  const { data, shape } = tensor(tensors, "kernel", layer);
  const [inputs, units] = shape as [number, number];
  if (inputs !== x!.channels) throw mismatch(layer, `a kernel for ${x!.channels} inputs`, `[${shape.join(", ")}]`);
  const weight = new Float32Array(data.length);
  for (let i = 0; i < inputs; i++) for (let o = 0; o < units; o++) weight[o * inputs + i] = data[i * units + o]!;
  const bias = tensors.find(({ name }) => name === "bias")?.data ?? new Float32Array(units);
  const parts = [
    x!.name,
    writer.weight(`${layer.name}_weight`, [units, inputs], weight, precision),
    writer.constant(`${layer.name}_bias`, [units], bias),
  ];
  const name = writer.add("Gemm", parts, layer.name, { transB: 1 });
  return ownActivation(writer, layer, { name, kind: "vector", channels: units });
}

function batchNorm(layer: KerasLayer, [x]: readonly Value[], context: LayerContext): Value | undefined {
  const { writer, weights, folds } = context;
  if (folds.folded.has(layer.name)) return x;
  if (x!.kind !== "spatial") return undefined;
  const { scale, shift } = affine(normTensors(layer, x!.channels, weights), x!.channels, epsilon(layer));
  const row = [1, x!.channels, 1, 1];
  const scaled = writer.add(
    "Mul",
    [x!.name, writer.constant(`${layer.name}_scale`, row, scale)],
    `${layer.name}_scaled`,
  );
  return { ...x!, name: writer.add("Add", [scaled, writer.constant(`${layer.name}_shift`, row, shift)], layer.name) };
}

function residual(layer: KerasLayer, inputs: readonly Value[], { writer, folds }: LayerContext): Value | undefined {
  const scale = residualScale(layer);
  if (scale === undefined) return undefined;
  const [x, update] = inputs as [Value, Value];
  const scaled = folds.scaleOf.has(layer.inputs[1]!)
    ? update.name
    : writer.add("Mul", [update.name, writer.constant(`${layer.name}_scale`, [], [scale])], `${layer.name}_scaled`);
  return { ...x, name: writer.add("Add", [x.name, scaled], layer.name) };
}

function pool(layer: KerasLayer, [x]: readonly Value[], { writer }: LayerContext): Value {
  const { config } = layer;
  const kernel = pair(config["pool_size"] ?? 2);
  const strides = config["strides"] == null ? kernel : pair(config["strides"]);
  const average = layer.className === "AveragePooling2D";
  const attributes = {
    kernel_shape: kernel,
    strides,
    ...padding({ ...config, strides }, kernel),
    ...(average ? { count_include_pad: 0 } : {}),
  };
  return { ...x!, name: writer.add(average ? "AveragePool" : "MaxPool", [x!.name], layer.name, attributes) };
}

function upsample(layer: KerasLayer, [x]: readonly Value[], { writer }: LayerContext): Value | undefined {
  const scales = writer.constant(`${layer.name}_scales`, [4], [1, 1, ...pair(layer.config["size"] ?? 2)]);
  const mode = layer.config["interpolation"] ?? "nearest";
  if (mode !== "nearest" && mode !== "bilinear") return undefined;
  const attributes: Record<string, AttributeSpec> =
    mode === "nearest"
      ? { mode, coordinate_transformation_mode: "asymmetric", nearest_mode: "floor" }
      : { mode: "linear", coordinate_transformation_mode: "half_pixel" };
  return { ...x!, name: writer.add("Resize", [x!.name, "", scales], layer.name, attributes) };
}

function concat(layer: KerasLayer, inputs: readonly Value[], writer: NetworkWriter): Value | undefined {
  const channels = inputs.reduce((sum, x) => sum + x.channels, 0);
  const kinds = new Set(inputs.map((x) => x.kind));
  if (kinds.size === 1 && !kinds.has("tiled"))
    return {
      ...inputs[0]!,
      channels,
      name: writer.add(
        "Concat",
        inputs.map((x) => x.name),
        layer.name,
        { axis: 1 },
      ),
    };
  if (kinds.has("vector") || !kinds.has("spatial")) return undefined;
  return { kind: "spatial", channels, name: writer.tileConcat(inputs, layer.name) };
}

function tiled(value: Value): Value {
  return value.kind === "vector" ? { ...value, kind: "tiled" } : value;
}

const ACTIVATIONS: Readonly<Record<string, string>> = { relu: "Relu", tanh: "Tanh", sigmoid: "Sigmoid", elu: "Elu" };

/** Adds the activation that a layer with weights has as an attribute. */
function ownActivation(writer: NetworkWriter, layer: KerasLayer, x: Value): Value | undefined {
  return activate(writer, x, layer.config["activation"], `${layer.name}_activation`);
}

function activate(writer: NetworkWriter, x: Value, activation: unknown, name: string): Value | undefined {
  if (activation == null || activation === "linear") return x;
  if (activation === "softmax" && x.kind === "vector")
    return { ...x, name: writer.add("Softmax", [x.name], name, { axis: 1 }) };
  const op = ACTIVATIONS[String(activation)];
  return op === undefined ? undefined : { ...x, name: writer.add(op, [x.name], name) };
}

/** Keras "same" pads an odd pixel at the end, like SAME_UPPER. At stride 1 the pads do not depend on the input's size. */
function padding(config: KerasLayer["config"], [kh, kw]: readonly number[]): Record<string, AttributeSpec> {
  const padded = config["padding"] ?? "valid";
  if (padded === "valid") return { pads: [0, 0, 0, 0] };
  const [sy, sx] = pair(config["strides"]);
  const [dy, dx] = pair(config["dilation_rate"]);
  if (sy !== 1 || sx !== 1) return { auto_pad: "SAME_UPPER" };
  const y = (kh! - 1) * dy!;
  const x = (kw! - 1) * dx!;
  return { pads: [y >> 1, x >> 1, y - (y >> 1), x - (x >> 1)] };
}

function pair(value: unknown): number[] {
  return Array.isArray(value) ? value.map(Number) : [Number(value ?? 1), Number(value ?? 1)];
}

function epsilon(norm: KerasLayer): number {
  return Number(norm.config["epsilon"] ?? 1e-3);
}

function normTensors(norm: KerasLayer, channels: number, weights: KerasWeights): readonly KerasTensor[] {
  const tensors = weights(norm);
  for (const name of ["moving_mean", "moving_variance"])
    if (tensor(tensors, name, norm).data.length !== channels)
      throw mismatch(norm, `${channels} channels`, `${tensor(tensors, name, norm).data.length}`);
  return tensors;
}

function tensor(tensors: readonly KerasTensor[], name: string, layer: KerasLayer): KerasTensor {
  const found = tensors.find((candidate) => candidate.name === name);
  if (!found) throw mismatch(layer, `a weight "${name}"`, tensors.map((t) => t.name).join(", ") || "none");
  return found;
}

function mismatch(layer: KerasLayer, expected: string, received: string): ModelError {
  return new ModelError({
    where: `layer "${layer.name}" (${layer.className})`,
    expected,
    received,
    hint: "The weights belong to another network, or the file is incomplete.",
  });
}
