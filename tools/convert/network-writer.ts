/** Builds the ONNX file of one NCHW network. Weights are stored as int8 with a scale per output channel, as f16 or as f32. */
import { buildModel, node, type AttributeSpec, type InitializerSpec, type NodeSpec } from "../onnx-writer";

/** Storage type of a weight. The network computes in f32. */
export type Precision = "int8" | "f16" | "f32";

/** The output of a converted layer. */
export interface Value {
  /** Name of the ONNX value. */
  readonly name: string;
  /** spatial: [1, C, H, W]. vector: [1, C]. tiled: a vector [1, C] to repeat over H x W; its size is known where it is concatenated. */
  readonly kind: "spatial" | "vector" | "tiled";
  readonly channels: number;
  /** H x W of a tiled value, as its RepeatVector layer states it. */
  readonly positions?: number;
}

export interface Conv {
  /** [OC, C, KH, KW]. */
  readonly weight: Float32Array;
  readonly shape: readonly [number, number, number, number];
  readonly bias: Float32Array;
  readonly attributes: Readonly<Record<string, AttributeSpec>>;
}

export class NetworkWriter {
  readonly #nodes: NodeSpec[] = [];
  readonly #initializers: InitializerSpec[] = [];
  /** Names in use. Those of inputs and outputs are reserved. */
  readonly #names = new Set(["image", "luminance", "embedding", "ab"]);
  readonly #inputs: { name: string; shape: (number | string)[] }[] = [];
  readonly #precision: Precision;

  constructor(precision: Precision) {
    this.#precision = precision;
  }

  input(name: string, shape: (number | string)[]): string {
    this.#inputs.push({ name, shape });
    return name;
  }

  /** Adds a node with one output; returns the output's name, which is also the node's. */
  add(
    op: string,
    inputs: readonly string[],
    name: string,
    attributes: Readonly<Record<string, AttributeSpec>> = {},
  ): string {
    const output = this.#unique(name);
    this.#nodes.push(node(op, inputs, [output], attributes, output));
    return output;
  }

  constant(
    name: string,
    shape: readonly number[],
    data: ArrayLike<number>,
    dtype: InitializerSpec["dtype"] = "f32",
  ): string {
    const unique = this.#unique(name);
    this.#initializers.push({ name: unique, shape, data, dtype });
    return unique;
  }

  /** Stores `data` [outputs, ...] with `precision`; returns the name of its f32 value. */
  weight(name: string, shape: readonly number[], data: Float32Array, precision = this.#precision): string {
    if (precision === "f32") return this.constant(name, shape, data);
    if (precision === "f16")
      return this.add("Cast", [this.constant(`${name}_f16`, shape, data, "f16")], name, { to: 1 });
    const { values, scales } = quantise(data, shape[0] ?? 1);
    const parts = [
      this.constant(`${name}_int8`, shape, values, "i8"),
      this.constant(`${name}_scale`, [scales.length], scales),
      this.constant(`${name}_zero`, [scales.length], new Int8Array(scales.length), "i8"),
    ];
    return this.add("DequantizeLinear", parts, name, { axis: 0 });
  }

  conv(x: string, name: string, conv: Conv, precision?: Precision): string {
    const inputs = [
      x,
      this.weight(`${name}_weight`, conv.shape, conv.weight, precision),
      this.constant(`${name}_bias`, [conv.bias.length], conv.bias),
    ];
    return this.add("Conv", inputs, name, { kernel_shape: conv.shape.slice(2), ...conv.attributes });
  }

  /** Repeats tiled parts over the positions of the spatial part, then concatenates all along the channels. */
  tileConcat(parts: readonly Value[], name: string): string {
    const like = parts.find((part) => part.kind === "spatial")!;
    const from = this.constant(`${name}_from`, [1], [2], "i64");
    const to = this.constant(`${name}_to`, [1], [4], "i64");
    const spatial = this.add("Slice", [this.add("Shape", [like.name], `${name}_shape`), from, to], `${name}_spatial`);
    const whole = parts.map((part) => {
      if (part.kind === "spatial") return part.name;
      const head = this.constant(`${name}_head`, [2], [1, part.channels], "i64");
      const target = this.add("Concat", [head, spatial], `${name}_target`, { axis: 0 });
      const axes = this.constant(`${name}_axes`, [2], [2, 3], "i64");
      return this.add("Expand", [this.add("Unsqueeze", [part.name, axes], `${name}_pixel`), target], `${name}_tiled`);
    });
    return this.add("Concat", whole, name, { axis: 1 });
  }

  /** Returns the bytes of the ONNX file. `outputs` names the model's outputs and the values that they return. */
  finish(
    outputs: readonly { value: string; name: string; shape: (number | string)[] }[],
    metadata: Record<string, string>,
  ): Uint8Array {
    for (const { value, name } of outputs) this.#nodes.push(node("Identity", [value], [name], {}, name));
    return buildModel({
      producer: "colorize-canvas",
      metadata,
      inputs: this.#inputs,
      outputs: outputs.map(({ name, shape }) => ({ name, shape })),
      nodes: this.#nodes,
      initializers: this.#initializers,
    });
  }

  #unique(name: string): string {
    let unique = name;
    for (let i = 2; this.#names.has(unique); i++) unique = `${name}_${i}`;
    this.#names.add(unique);
    return unique;
  }
}

/** Symmetric quantisation with a scale per row: scale = largest magnitude / 127, so some element of each row is 127 or -127. */
export function quantise(data: Float32Array, outputs: number): { values: Int8Array; scales: Float32Array } {
  const values = new Int8Array(data.length);
  const scales = new Float32Array(outputs);
  const size = data.length / outputs;
  for (let row = 0; row < outputs; row++) {
    let largest = 0;
    for (let i = row * size; i < (row + 1) * size; i++) largest = Math.max(largest, Math.abs(data[i]!));
    const scale = (scales[row] = largest > 0 ? largest / 127 : 1);
    for (let i = row * size; i < (row + 1) * size; i++)
      values[i] = Math.max(-127, Math.min(127, Math.round(data[i]! / scale)));
  }
  return { values, scales };
}
