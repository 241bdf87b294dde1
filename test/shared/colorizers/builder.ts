/** Builds the networks of well-known colorizers with seeded weights: what they have in common. */
import { buildModel, node, type InitializerSpec, type NodeSpec, type ValueSpec } from "../../../tools/onnx-writer";
import { randomSequence } from "../randoms";

export interface NetworkOptions {
  /** Factor on the numbers of channels; default 1, the published width. */
  readonly width?: number;
  readonly seed?: number;
  /** Side of the picture in the file; default: left open, or the published one where it cannot be left open. */
  readonly pixels?: number;
  /** f16: weights and activations in f16, inputs and outputs in f32, as onnxconverter-common writes with keep_io_types. */
  readonly elem?: "f32" | "f16";
}

/** A number of channels at a width; at other widths than 1 a multiple of 8. */
export function scaled(channels: number, width = 1): number {
  return width === 1 ? channels : Math.max(8, Math.round((channels * width) / 8) * 8);
}

export interface ConvOptions {
  readonly stride?: number;
  readonly dilation?: number;
  readonly bias?: boolean;
  readonly group?: number;
  /** Default: keeps the size at stride 1. */
  readonly pad?: number;
  /** Factor on He et al. 2015's standard deviation. */
  readonly gain?: number;
}

type Attributes = Parameters<typeof node>[3];

/** Appends nodes to a model; methods return the name of the node's output. */
export class SeededBuilder {
  readonly nodes: NodeSpec[] = [];
  readonly initializers: InitializerSpec[] = [];
  readonly elem: "f32" | "f16";
  #count = 0;
  readonly #random: () => number;
  readonly #inputs: (ValueSpec & { readonly shape: readonly (number | string)[] })[] = [];

  constructor({ seed = 1, elem = "f32" }: NetworkOptions) {
    this.#random = randomSequence(seed);
    this.elem = elem;
  }

  /** Adds an input of the model; returns the name of its values in the network's number type. */
  input(name: string, shape: readonly (number | string)[]): string {
    this.#inputs.push({ name, shape });
    return this.elem === "f16" ? this.add("Cast", [name], { to: 10 }) : name;
  }

  add(op: string, inputs: readonly string[], attributes: Attributes = {}): string {
    return this.addAll(op, inputs, 1, attributes)[0]!;
  }

  /** A node with several outputs. */
  addAll(op: string, inputs: readonly string[], outputs: number, attributes: Attributes = {}): string[] {
    const name = `/${op}_${++this.#count}`;
    const names = Array.from({ length: outputs }, (_, i) => `${name}_output_${i}`);
    this.nodes.push(node(op, inputs, names, attributes, name));
    return names;
  }

  /** Floats in the network's number type. */
  floats(shape: readonly number[], data: ArrayLike<number>): string {
    return this.#initializer({ shape, data, dtype: this.elem });
  }

  int64(data: readonly number[], shape: readonly number[] = [data.length]): string {
    return this.#initializer({ shape, data, dtype: "i64" });
  }

  /** A number as a constant without dimensions. */
  scalar(value: number): string {
    return this.floats([], [value]);
  }

  #initializer(spec: Omit<InitializerSpec, "name">): string {
    const name = `onnx::${++this.#count}`;
    this.initializers.push({ name, ...spec });
    return name;
  }

  random(shape: readonly number[], low: number, high: number): string {
    return this.floats(shape, this.numbers(shape, low, high));
  }

  /** Uniform numbers in [low, high), of one sequence for the whole network. */
  numbers(shape: readonly number[], low: number, high: number): Float32Array {
    const length = shape.reduce((product, n) => product * n, 1);
    return Float32Array.from({ length }, () => low + this.#random() * (high - low));
  }

  /** Weights whose products keep the variance of what a ReLU gives: uniform, of variance 2 / fan-in. */
  weights(shape: readonly number[], fanIn: number, gain = 1): string {
    const bound = gain * Math.sqrt(6 / fanIn);
    return this.random(shape, -bound, bound);
  }

  conv(x: string, from: number, to: number, size: number, options: ConvOptions = {}): string {
    const { stride = 1, dilation = 1, bias = true, group = 1, gain } = options;
    const pad = options.pad ?? ((size - 1) * dilation) >> 1;
    const inputs = [x, this.weights([to, from / group, size, size], (from / group) * size * size, gain)];
    if (bias) inputs.push(this.random([to], -0.05, 0.05));
    return this.add("Conv", inputs, {
      dilations: [dilation, dilation],
      group,
      kernel_shape: [size, size],
      pads: [pad, pad, pad, pad],
      strides: [stride, stride],
    });
  }

  /** A transposed convolution that doubles the size: kernel 4, stride 2, pad 1. */
  convTranspose(x: string, from: number, to: number): string {
    const weights = this.weights([from, to, 4, 4], from * 4);
    return this.add("ConvTranspose", [x, weights, this.random([to], -0.05, 0.05)], {
      dilations: [1, 1],
      group: 1,
      kernel_shape: [4, 4],
      pads: [1, 1, 1, 1],
      strides: [2, 2],
    });
  }

  /**
   * Weights with spectral norm as exporters leave it (Miyato et al. 2018): W / (u . (W v)) in ops on constants. u is chosen so that the
   * divisor is 1 where the rows of W are not orthogonal to v.
   */
  spectralWeights(shape: readonly number[], gain = 1): string {
    const rows = shape[0]!;
    const columns = shape.slice(1).reduce((product, n) => product * n, 1);
    const bound = gain * Math.sqrt(6 / columns);
    const weights = this.numbers(shape, -bound, bound);
    const v = this.numbers([columns], -1, 1);
    const product = new Float64Array(rows);
    for (let row = 0; row < rows; row++)
      for (let column = 0; column < columns; column++) product[row]! += weights[row * columns + column]! * v[column]!;
    const length = product.reduce((sum, n) => sum + n * n, 0);
    const original = this.floats(shape, weights);
    const flat = this.add("Reshape", [original, this.int64([rows, -1])]);
    const u = this.floats([rows], product.map((n) => n / length) as unknown as ArrayLike<number>);
    const sigma = this.add("MatMul", [u, this.add("MatMul", [flat, this.floats([columns], v)])]);
    return this.add("Div", [original, sigma]);
  }

  /** A convolution whose weights have a spectral norm. */
  spectralConv(x: string, from: number, to: number, size: number, { bias = true, gain }: ConvOptions = {}): string {
    const inputs = [x, this.spectralWeights([to, from, size, size], gain)];
    if (bias) inputs.push(this.random([to], -0.05, 0.05));
    const pad = size >> 1;
    return this.add("Conv", inputs, { kernel_shape: [size, size], pads: [pad, pad, pad, pad], strides: [1, 1] });
  }

  /**
   * Upsampling as in fastai: a 1x1 convolution, a pixel shuffle and, with `blur`, the mean over 2x2 pixels after one row and column were
   * repeated.
   */
  pixelShuffle(x: string, from: number, to: number, { scale = 2, blur = true } = {}): string {
    const wide = to * scale * scale;
    const y = this.relu(this.batchNorm(this.spectralConv(x, from, wide, 1, { bias: false }), wide));
    const shuffled = this.add("DepthToSpace", [y], { blocksize: scale, mode: "CRD" });
    if (!blur) return shuffled;
    const padded = this.add("Pad", [shuffled, this.int64([0, 0, 1, 1, 0, 0, 0, 0])], { mode: "edge" });
    return this.add("AveragePool", [padded], {
      ceil_mode: 0,
      count_include_pad: 1,
      kernel_shape: [2, 2],
      strides: [1, 1],
    });
  }

  /** x W + bias over the last axis, as torch.onnx writes a Linear of three dimensions or more. */
  linear(x: string, from: number, to: number, gain = 0.6): string {
    return this.add("Add", [
      this.random([to], -0.05, 0.05),
      this.add("MatMul", [x, this.weights([from, to], from, gain)]),
    ]);
  }

  /** A layer norm over one axis, written out in ops; scale and shift have `channels` numbers, shaped for that axis. */
  layerNorm(x: string, channels: number, axis: 1 | -1): string {
    const mean = (of: string): string => this.add("ReduceMean", [of], { axes: [axis], keepdims: 1 });
    const centred = this.add("Sub", [x, mean(x)]);
    const variance = mean(this.add("Pow", [centred, this.scalar(2)]));
    const deviation = this.add("Sqrt", [this.add("Add", [variance, this.scalar(1e-6)])]);
    const shape = axis === 1 ? [channels, 1, 1] : [channels];
    const scaled = this.add("Mul", [this.add("Div", [centred, deviation]), this.random(shape, 0.8, 1.2)]);
    return this.add("Add", [scaled, this.random(shape, -0.1, 0.1)]);
  }

  /** The exact GELU, written out in ops. */
  gelu(x: string): string {
    const erf = this.add("Erf", [this.add("Div", [x, this.scalar(Math.SQRT2)])]);
    return this.add("Mul", [this.add("Mul", [x, this.add("Add", [erf, this.scalar(1)])]), this.scalar(0.5)]);
  }

  /** One number of a value's shape at run time, as a vector of one. */
  sizeOf(x: string, axis: number): string {
    const size = this.add("Gather", [this.add("Shape", [x]), this.int64([axis], [])], { axis: 0 });
    return this.add("Unsqueeze", [size, this.int64([0])]);
  }

  relu(x: string): string {
    return this.add("Relu", [x]);
  }

  batchNorm(x: string, channels: number): string {
    const inputs = [
      x,
      this.random([channels], 0.8, 1.2),
      this.random([channels], -0.1, 0.1),
      this.random([channels], 0.2, 0.6),
      this.random([channels], 0.4, 0.8),
    ];
    return this.add("BatchNormalization", inputs, { epsilon: 1e-5, momentum: 0.9, training_mode: 0 });
  }

  /** Bilinear or nearest upsampling by a whole factor, as torch.onnx writes it. */
  resize(x: string, factor: number, mode: "linear" | "nearest"): string {
    const scales = `scales_${++this.#count}`;
    this.initializers.push({ name: scales, shape: [4], data: [1, 1, factor, factor], dtype: "f32" });
    return this.add("Resize", [x, "", scales], {
      coordinate_transformation_mode: mode === "linear" ? "half_pixel" : "asymmetric",
      cubic_coeff_a: -0.75,
      mode,
      nearest_mode: "floor",
    });
  }

  /** The file, whose output `name` has `value`. */
  build(value: string, name: string, shape: readonly (number | string)[], opset = 17): Uint8Array {
    if (this.elem === "f16") this.nodes.push(node("Cast", [value], [name], { to: 1 }));
    else this.nodes.push(node("Identity", [value], [name]));
    return buildModel({
      opset,
      producer: "seeded",
      inputs: this.#inputs,
      outputs: [{ name, shape }],
      nodes: this.nodes,
      initializers: this.initializers,
    });
  }
}
