/** Collects the nodes of one NCHW network; weights are stored as int8 per output channel, f16 or f32. */
import { buildModel, node, type AttributeSpec, type InitializerSpec, type NodeSpec } from "../onnx-writer";

/** How a weight is stored. Every form computes in f32. */
export type Precision = "int8" | "f16" | "f32";

/** A result on its way through the network. */
export interface Value {
  /** The ONNX value. */
  readonly name: string;
  /** spatial: [1, C, H, W]. vector: [1, C]. tiled: a vector [1, C] that stands for [1, C, any H, any W]. */
  readonly kind: "spatial" | "vector" | "tiled";
  readonly channels: number;
  /** Of a tiled value: the H x W positions it was repeated for. */
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
  /** Taken: the names that the world sees are kept free for inputs and outputs. */
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

  /** One node with one output, which is named after it. */
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

  /** `data` [outputs, ...] as a value of f32. */
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

  /** The vector at every position of `like`, and both joined on the channels: [1, C + vector's, H, W]. */
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

  /** The file. `outputs` maps values to the names that the world sees. */
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

/** Symmetric, one scale for each of the `outputs` rows: scale = largest magnitude / 127, at least one row element is +/-127. */
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
