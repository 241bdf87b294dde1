/**
 * The project's three networks as ONNX files with seeded weights: Inception-ResNet-v2 (Szegedy et al. 2016, layers as in
 * Keras), the table network and the strided network. Weights are int8 per output channel, as in the shipped files.
 */
import { randoms } from "./randoms";
import { buildModel, node, type AttributeSpec, type InitializerSpec, type NodeSpec } from "../../tools/onnx-writer";

interface ConvOptions {
  readonly stride?: number;
  /** [top, left, bottom, right]; default SAME. */
  readonly pads?: readonly number[];
  /** SAME_UPPER by auto_pad instead of pads. */
  readonly autoPad?: boolean;
  /** bn: a BatchNormalization instead of a bias, as in Keras. */
  readonly norm?: "bn" | "bias";
  readonly activation?: "Relu" | "Tanh" | "none";
}

type Size = number | readonly [number, number];

/** Appends nodes to a model; methods return the name of the node's output. */
class NetworkBuilder {
  readonly nodes: NodeSpec[] = [];
  readonly initializers: InitializerSpec[] = [];
  #count = 0;
  #seed: number;

  constructor(seed: number) {
    this.#seed = seed;
  }

  add(op: string, inputs: readonly string[], attributes: Parameters<typeof node>[3] = {}): string {
    const output = `${op.toLowerCase()}_${++this.#count}`;
    this.nodes.push(node(op, inputs, [output], attributes, output));
    return output;
  }

  constant(
    name: string,
    shape: readonly number[],
    data: ArrayLike<number>,
    dtype: InitializerSpec["dtype"] = "f32",
  ): string {
    this.initializers.push({ name, shape, data, dtype });
    return name;
  }

  /** Uniform int8 weights whose scale gives He et al. 2015's variance, 2 / fan-in. */
  weights(name: string, shape: readonly [number, number, ...number[]]): string {
    const count = shape.reduce((a, b) => a * b, 1);
    const fanIn = count / shape[0];
    const data = new Int8Array(count);
    let state = (this.#seed++ * 2654435761 + 1) >>> 0;
    for (let i = 0; i < count; i++) {
      state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
      data[i] = (state >>> 24) - 128;
    }
    const scale = Math.sqrt(2 / fanIn) / 74; // 74: standard deviation of uniform int8
    const scales = randoms(shape[0], this.#seed++, 0.8 * scale, 1.2 * scale);
    this.constant(`${name}.q`, shape, data, "i8");
    this.constant(`${name}.scale`, [shape[0]], scales);
    this.constant(`${name}.zero`, [shape[0]], new Int8Array(shape[0]), "i8");
    return this.add("DequantizeLinear", [`${name}.q`, `${name}.scale`, `${name}.zero`], { axis: 0 });
  }

  vector(name: string, length: number, low: number, high: number): string {
    return this.constant(name, [length], randoms(length, this.#seed++, low, high));
  }

  conv(x: string, inChannels: number, outChannels: number, size: Size, options: ConvOptions = {}): string {
    const [kh, kw] = typeof size === "number" ? [size, size] : size;
    const { stride = 1, norm = "bias", activation = "Relu" } = options;
    const same = [(kh - 1) >> 1, (kw - 1) >> 1, kh >> 1, kw >> 1]; // the odd pixel of an even kernel at the end
    const name = `conv${this.#count}`;
    const inputs = [x, this.weights(`${name}.weight`, [outChannels, inChannels, kh, kw])];
    if (norm === "bias") inputs.push(this.vector(`${name}.bias`, outChannels, -0.05, 0.05));
    const padding: Record<string, AttributeSpec> = options.autoPad
      ? { auto_pad: "SAME_UPPER" }
      : { pads: options.pads ?? same };
    let y = this.add("Conv", inputs, { kernel_shape: [kh, kw], strides: [stride, stride], ...padding });
    if (norm === "bn") {
      const parts = [
        this.constant(`${name}.gamma`, [outChannels], new Float32Array(outChannels).fill(1)),
        this.vector(`${name}.beta`, outChannels, -0.1, 0.1),
        this.vector(`${name}.mean`, outChannels, -0.1, 0.1),
        this.vector(`${name}.variance`, outChannels, 0.8, 1.2),
      ];
      y = this.add("BatchNormalization", [y, ...parts], { epsilon: { float: 1e-3 } });
    }
    return activation === "none" ? y : this.add(activation, [y]);
  }
}

const VALID = { pads: [0, 0, 0, 0] };

/** `image` [1,3,H,W] in [-1,1] -> `embedding` [1,classes]: class scores before the softmax. */
export function inceptionResNetV2(options: { seed?: number; classes?: number } = {}): Uint8Array {
  const classes = options.classes ?? 1000;
  const b = new NetworkBuilder(options.seed ?? 1);
  const conv = (x: string, from: number, to: number, size: Size, more: ConvOptions = {}): string =>
    b.conv(x, from, to, size, { norm: "bn", ...more });
  const maxPool = (x: string): string => b.add("MaxPool", [x], { kernel_shape: [3, 3], strides: [2, 2] });
  const concat = (...parts: string[]): string => b.add("Concat", parts, { axis: 1 });

  let x = conv("image", 3, 32, 3, { stride: 2, ...VALID });
  x = conv(x, 32, 32, 3, VALID);
  x = maxPool(conv(x, 32, 64, 3));
  x = conv(x, 64, 80, 1);
  x = maxPool(conv(x, 80, 192, 3, VALID));
  const pooled = b.add("AveragePool", [x], { kernel_shape: [3, 3], pads: [1, 1, 1, 1] });
  x = concat(
    conv(x, 192, 96, 1),
    conv(conv(x, 192, 48, 1), 48, 64, 5),
    conv(conv(conv(x, 192, 64, 1), 64, 96, 3), 96, 96, 3),
    conv(pooled, 192, 64, 1),
  );
  const residual = (
    from: string,
    mixed: string,
    width: number,
    channels: number,
    scale: number,
    last = false,
  ): string => {
    const up = b.conv(mixed, width, channels, 1, { activation: "none" });
    const factor = b.constant(`${up}.scale`, [], [scale]);
    const sum = b.add("Add", [from, b.add("Mul", [up, factor])]);
    return last ? sum : b.add("Relu", [sum]);
  };
  for (let i = 0; i < 10; i++) {
    const mixed = concat(
      conv(x, 320, 32, 1),
      conv(conv(x, 320, 32, 1), 32, 32, 3),
      conv(conv(conv(x, 320, 32, 1), 32, 48, 3), 48, 64, 3),
    );
    x = residual(x, mixed, 128, 320, 0.17);
  }
  const half = { stride: 2, ...VALID };
  x = concat(conv(x, 320, 384, 3, half), conv(conv(conv(x, 320, 256, 1), 256, 256, 3), 256, 384, 3, half), maxPool(x));
  for (let i = 0; i < 20; i++) {
    const mixed = concat(conv(x, 1088, 192, 1), conv(conv(conv(x, 1088, 128, 1), 128, 160, [1, 7]), 160, 192, [7, 1]));
    x = residual(x, mixed, 384, 1088, 0.1);
  }
  x = concat(
    conv(conv(x, 1088, 256, 1), 256, 384, 3, half),
    conv(conv(x, 1088, 256, 1), 256, 288, 3, half),
    conv(conv(conv(x, 1088, 256, 1), 256, 288, 3), 288, 320, 3, half),
    maxPool(x),
  );
  for (let i = 0; i < 10; i++) {
    const mixed = concat(conv(x, 2080, 192, 1), conv(conv(conv(x, 2080, 192, 1), 192, 224, [1, 3]), 224, 256, [3, 1]));
    x = residual(x, mixed, 448, 2080, i < 9 ? 0.2 : 1, i === 9);
  }
  x = conv(x, 2080, 1536, 1);
  x = b.add("Flatten", [b.add("GlobalAveragePool", [x])], { axis: 1 });
  const dense = b.weights("dense.weight", [classes, 1536]);
  const bias = b.vector("dense.bias", classes, -0.05, 0.05);
  b.nodes.push(node("Gemm", [x, dense, bias], ["embedding"], { transB: 1 }, "dense"));
  return buildModel({
    producer: "networks",
    inputs: [{ name: "image", shape: [1, 3, "height", "width"] }],
    outputs: [{ name: "embedding", shape: [1, classes] }],
    nodes: b.nodes,
    initializers: b.initializers,
  });
}

/** Repeats the embedding over the feature map and concatenates it after the channels. */
function tileConcat(b: NetworkBuilder, x: string, width: number): string {
  const shape = b.add("Shape", [x]);
  b.constant("from", [1], [2], "i64");
  b.constant("to", [1], [4], "i64");
  b.constant("head", [2], [1, width], "i64");
  b.constant("axes", [2], [2, 3], "i64");
  const target = b.add("Concat", ["head", b.add("Slice", [shape, "from", "to"])], { axis: 0 });
  const pixel = b.add("Unsqueeze", ["embedding", "axes"]);
  return b.add("Concat", [x, b.add("Expand", [pixel, target])], { axis: 1 });
}

function upsample(b: NetworkBuilder, x: string): string {
  if (!b.initializers.some(({ name }) => name === "scales")) b.constant("scales", [4], [1, 1, 2, 2]);
  return b.add("Resize", [x, "", "scales"], {
    mode: "nearest",
    coordinate_transformation_mode: "asymmetric",
    nearest_mode: "floor",
  });
}

function colorizerModel(b: NetworkBuilder, result: string, width: number): Uint8Array {
  b.nodes.push(node("Identity", [result], ["ab"], {}, "output"));
  return buildModel({
    producer: "networks",
    inputs: [
      { name: "luminance", shape: [1, 1, "height", "width"] },
      { name: "embedding", shape: [1, width] },
    ],
    outputs: [{ name: "ab", shape: [1, 2, "height", "width"] }],
    nodes: b.nodes,
    initializers: b.initializers,
  });
}

/** `luminance` [1,1,H,W] and `embedding` [1,1000] -> `ab` [1,2,H,W]; H and W multiples of 8. */
export function tableNetwork(options: { seed?: number } = {}): Uint8Array {
  const b = new NetworkBuilder(options.seed ?? 2);
  const maxPool = (x: string): string => b.add("MaxPool", [x], { kernel_shape: [2, 2], strides: [2, 2] });
  let x = maxPool(b.conv("luminance", 1, 128, 3));
  x = maxPool(b.conv(b.conv(x, 128, 128, 4), 128, 128, 3));
  x = maxPool(b.conv(b.conv(x, 128, 256, 4), 256, 256, 3));
  x = b.conv(b.conv(b.conv(x, 256, 256, 4), 256, 256, 3), 256, 256, 3);
  x = b.conv(tileConcat(b, x, 1000), 1256, 256, 1);
  x = upsample(b, b.conv(b.conv(x, 256, 128, 3), 128, 64, 3));
  x = upsample(b, b.conv(x, 64, 128, 3));
  x = b.conv(b.conv(b.conv(x, 128, 64, 4), 64, 64, 3), 64, 32, 2);
  return colorizerModel(b, upsample(b, b.conv(x, 32, 2, 3, { activation: "Tanh" })), 1000);
}

/** The network of Baldassarre et al. 2017: strided convolutions with SAME_UPPER pads, a 1001-wide embedding. */
export function stridedNetwork(options: { seed?: number } = {}): Uint8Array {
  const b = new NetworkBuilder(options.seed ?? 3);
  const half = { stride: 2, autoPad: true };
  let x = b.conv("luminance", 1, 64, 3, half);
  x = b.conv(b.conv(x, 64, 128, 3), 128, 128, 3, half);
  x = b.conv(b.conv(x, 128, 256, 3), 256, 256, 3, half);
  x = b.conv(b.conv(b.conv(x, 256, 512, 3), 512, 512, 3), 512, 256, 3);
  x = b.conv(tileConcat(b, x, 1001), 1257, 256, 1);
  x = upsample(b, b.conv(x, 256, 128, 3));
  x = upsample(b, b.conv(b.conv(x, 128, 64, 3), 64, 64, 3));
  x = b.conv(b.conv(x, 64, 32, 3), 32, 2, 3, { activation: "Tanh" });
  return colorizerModel(b, upsample(b, x), 1001);
}
