/**
 * Networks of the shape of DDColor (Kang et al. 2023, figure 3) with ConvNeXt-T or ConvNeXt-L (Liu et al. 2022, section 3) as encoder, with seeded
 * weights, in the form in which torch.onnx writes the authors' definition: layer norms and GELU written out, position encodings by CumSum, attention by
 * transposes and products, spectral norms unfolded, an Einsum at the end.
 */
import { scaled, SeededBuilder, type NetworkOptions } from "./builder";

const QUERIES = 100;
const HEADS = 8;
const LAYERS = 9;

/** Channels and numbers of blocks of ConvNeXt's four stages. */
const ENCODERS = {
  tiny: { channels: [96, 192, 384, 768], blocks: [3, 3, 9, 3] },
  large: { channels: [192, 384, 768, 1536], blocks: [3, 3, 27, 3] },
} as const;

/** ImageNet's mean and standard deviation. */
const MEAN = [0.485, 0.456, 0.406];
const DEVIATION = [0.229, 0.224, 0.225];

/** A block of ConvNeXt: depthwise 7x7, layer norm and two linear layers over channels last. */
function convNextBlock(b: SeededBuilder, x: string, channels: number): string {
  let y = b.conv(x, channels, channels, 7, { group: channels });
  y = b.layerNorm(b.add("Transpose", [y], { perm: [0, 2, 3, 1] }), channels, -1);
  y = b.linear(b.gelu(b.linear(y, channels, 4 * channels)), 4 * channels, channels);
  y = b.add("Mul", [b.random([channels], 0.1, 0.3), y]);
  return b.add("Add", [x, b.add("Transpose", [y], { perm: [0, 3, 1, 2] })]);
}

/** The features of the encoder at 1/4, 1/8, 1/16 and 1/32 of the size, each with its layer norm. */
function encoder(b: SeededBuilder, image: string, dims: readonly number[], depths: readonly number[]): string[] {
  let x = image;
  return depths.map((blocks, stage) => {
    const dim = dims[stage]!;
    if (stage === 0) x = b.layerNorm(b.conv(x, 3, dim, 4, { stride: 4, pad: 0 }), dim, 1);
    else x = b.conv(b.layerNorm(x, dims[stage - 1]!, 1), dims[stage - 1]!, dim, 2, { stride: 2, pad: 0 });
    for (let i = 0; i < blocks; i++) x = convNextBlock(b, x, dim);
    return b.layerNorm(x, dim, 1);
  });
}

/** The sine encoding of positions (Carion et al. 2020), normalised: [1, hidden, h, w], from the sizes at run time. */
function positions(b: SeededBuilder, x: string, hidden: number): string {
  const shape = b.add("Concat", [b.int64([1]), b.sizeOf(x, 2), b.sizeOf(x, 3)], { axis: 0 });
  const ones = b.add("Expand", [b.floats([1, 1, 1], [1]), shape]);
  const half = hidden >> 1;
  const periods = b.floats(
    [half],
    Array.from({ length: half }, (_, i) => 10000 ** ((2 * Math.floor(i / 2)) / half)),
  );
  const encoded = [1, 2].map((axis) => {
    const counted = b.add("CumSum", [ones, b.int64([axis], [])]);
    const last = b.add("Slice", [counted, b.int64([-1]), b.int64([2 ** 63]), b.int64([axis])]);
    const scaledTo = b.add("Div", [counted, b.add("Add", [last, b.scalar(1e-6)])]);
    const angle = b.add("Mul", [scaledTo, b.scalar(2 * Math.PI)]);
    const phase = b.add("Div", [b.add("Unsqueeze", [angle, b.int64([-1])]), periods]);
    const every = (start: number, op: string): string => {
      const picked = b.add("Slice", [phase, b.int64([start]), b.int64([2 ** 63]), b.int64([3]), b.int64([2])]);
      return b.add("Unsqueeze", [b.add(op, [picked]), b.int64([4])]);
    };
    const pairs = b.add("Concat", [every(0, "Sin"), every(1, "Cos")], { axis: 4 });
    return b.add("Reshape", [pairs, b.int64([0, 0, 0, -1])]);
  });
  return b.add("Transpose", [b.add("Concat", encoded, { axis: 3 })], { perm: [0, 3, 1, 2] });
}

/** torch.nn.MultiheadAttention for [tokens, 1, hidden]; `keys` and `values` may be other tokens than the queries. */
function attention(b: SeededBuilder, queries: string, keys: string, values: string, hidden: number): string {
  const width = hidden / HEADS;
  const heads = (x: string): string => {
    const split = b.add("Reshape", [b.linear(x, hidden, hidden), b.int64([-1, HEADS, width])]);
    return b.add("Transpose", [split], { perm: [1, 0, 2] });
  };
  const scaledQueries = b.add("Mul", [heads(queries), b.scalar(1 / Math.sqrt(width))]);
  const scores = b.add("MatMul", [scaledQueries, b.add("Transpose", [heads(keys)], { perm: [0, 2, 1] })]);
  const mixed = b.add("MatMul", [b.add("Softmax", [scores], { axis: -1 }), heads(values)]);
  const joined = b.add("Reshape", [b.add("Transpose", [mixed], { perm: [1, 0, 2] }), b.int64([-1, hidden])]);
  const out = b.add("Gemm", [joined, b.weights([hidden, hidden], hidden, 0.6), b.random([hidden], -0.05, 0.05)], {
    transB: 1,
  });
  return b.add("Reshape", [out, b.int64([-1, 1, hidden])]);
}

/** The colour queries after all layers of the decoder: [1, QUERIES, hidden]. */
function colourQueries(b: SeededBuilder, scales: readonly (readonly [string, number])[], hidden: number): string {
  const tokens = (x: string): string =>
    b.add("Transpose", [b.add("Reshape", [x, b.int64([1, hidden, -1])])], { perm: [2, 0, 1] });
  const memory = scales.map(([feature, channels]) => {
    // Where the channels fit, the authors project nothing.
    const projected = channels === hidden ? feature : b.conv(feature, channels, hidden, 1, { gain: 0.6 });
    const level = b.add("Add", [projected, b.random([1, hidden, 1, 1], -0.5, 0.5)]);
    return { values: tokens(level), places: tokens(positions(b, feature, hidden)) };
  });
  const places = b.random([QUERIES, 1, hidden], -1, 1);
  let x = b.random([QUERIES, 1, hidden], -1, 1);
  const at = (tokensOf: string, place: string): string => b.add("Add", [tokensOf, place]);
  for (let i = 0; i < LAYERS; i++) {
    const { values, places: keyPlaces } = memory[i % memory.length]!;
    const crossed = attention(b, at(x, places), at(values, keyPlaces), values, hidden);
    x = b.layerNorm(b.add("Add", [x, crossed]), hidden, -1);
    const own = at(x, places);
    x = b.layerNorm(b.add("Add", [x, attention(b, own, own, x, hidden)]), hidden, -1);
    const inner = b.relu(b.linear(x, hidden, 8 * hidden, 1));
    x = b.layerNorm(b.add("Add", [x, b.linear(inner, 8 * hidden, hidden)]), hidden, -1);
  }
  x = b.add("Transpose", [b.layerNorm(x, hidden, -1)], { perm: [1, 0, 2] });
  return b.linear(b.relu(b.linear(b.relu(b.linear(x, hidden, hidden, 1)), hidden, hidden, 1)), hidden, hidden);
}

/** `input` [1,3,S,S], RGB from 0 to 1 -> `output` [1,2,S,S], a*b*; S, a multiple of 32, is 512 unless `pixels` says otherwise. */
export function ddcolor(options: NetworkOptions = {}, size: keyof typeof ENCODERS = "tiny"): Uint8Array {
  const b = new SeededBuilder(options);
  const of = (channels: number): number => scaled(channels, options.width);
  const { pixels = 512 } = options;
  const rgb = b.input("input", [1, 3, pixels, pixels]);
  const image = b.add("Div", [b.add("Sub", [rgb, b.floats([1, 3, 1, 1], MEAN)]), b.floats([1, 3, 1, 1], DEVIATION)]);
  const { channels: published, blocks } = ENCODERS[size];
  const dims = published.map(of);
  const features = encoder(b, image, dims, blocks);
  const hidden = of(256);
  // The pixel decoder.
  let x = features[3]!;
  let channels = dims[3]!;
  const scales = [of(512), of(512), hidden].map((to, i): readonly [string, number] => {
    const skip = 2 - i;
    const up = b.pixelShuffle(x, channels, to);
    const joined = b.add("Concat", [up, b.batchNorm(features[skip]!, dims[skip]!)], { axis: 1 });
    x = b.batchNorm(b.relu(b.spectralConv(b.relu(joined), to + dims[skip]!, to, 3, { bias: false })), to);
    channels = to;
    return [x, to];
  });
  const pixelFeatures = b.pixelShuffle(x, hidden, hidden, { scale: 4 });
  const queries = colourQueries(b, scales, hidden);
  const maps = b.add("Einsum", [queries, pixelFeatures], { equation: "bqc,bchw->bqhw" });
  const joined = b.add("Concat", [maps, image], { axis: 1 });
  return b.build(b.spectralConv(joined, QUERIES + 3, 2, 1, { gain: 0.5 }), "output", [1, 2, pixels, pixels]);
}
