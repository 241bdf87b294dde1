/**
 * Networks of the shape of DeOldify's generators (fastai's dynamic U-Nets with spectral norm and self-attention), with seeded weights and the
 * normalisation of RGB inside: spectral norms unfolded, pixel shuffles with blur, a softmax over the first of two axes. The artistic model is the
 * deep one on ResNet-34; the stable and the video model are both the wide one on ResNet-101.
 */
import { scaled, SeededBuilder, type NetworkOptions } from "./builder";

/** ImageNet's mean and standard deviation. */
const MEAN = [0.485, 0.456, 0.406];
const DEVIATION = [0.229, 0.224, 0.225];

/** Two convolutions with a shortcut (He et al. 2015). */
function basicBlock(b: SeededBuilder, x: string, from: number, to: number, stride: number): string {
  const first = b.relu(b.batchNorm(b.conv(x, from, to, 3, { stride, bias: false }), to));
  const second = b.batchNorm(b.conv(first, to, to, 3, { bias: false, gain: 0.5 }), to);
  const shortcut =
    stride === 1 && from === to ? x : b.batchNorm(b.conv(x, from, to, 1, { stride, bias: false, gain: 0.5 }), to);
  return b.relu(b.add("Add", [second, shortcut]));
}

/** A bottleneck of 1x1, 3x3 and 1x1 with a shortcut, its stride on the 3x3, as in torchvision. `to` is 4 times the inner channels. */
function bottleneck(b: SeededBuilder, x: string, from: number, to: number, stride: number): string {
  const inner = to >> 2;
  let y = b.relu(b.batchNorm(b.conv(x, from, inner, 1, { bias: false }), inner));
  y = b.relu(b.batchNorm(b.conv(y, inner, inner, 3, { stride, bias: false }), inner));
  // Small, because 33 blocks are added up.
  y = b.batchNorm(b.conv(y, inner, to, 1, { bias: false, gain: 0.15 }), to);
  const shortcut =
    stride === 1 && from === to ? x : b.batchNorm(b.conv(x, from, to, 1, { stride, bias: false, gain: 0.5 }), to);
  return b.relu(b.add("Add", [y, shortcut]));
}

/** ResNet-34 and ResNet-101 (He et al. 2015, table 1): channels of the stem and of the four stages, and their numbers of blocks. */
const GENERATORS = {
  deep: { channels: [64, 64, 128, 256, 512], blocks: [3, 4, 6, 3], block: basicBlock },
  wide: { channels: [64, 256, 512, 1024, 2048], blocks: [3, 4, 23, 3], block: bottleneck },
} as const;

/** A convolution with spectral norm, a ReLU and a batch norm. */
function spectralBlock(b: SeededBuilder, x: string, from: number, to: number): string {
  return b.batchNorm(b.relu(b.spectralConv(x, from, to, 3, { bias: false })), to);
}

/** Self-attention over all pixels (Zhang et al. 2019), as in fastai: softmax over the queries. */
function selfAttention(b: SeededBuilder, x: string, channels: number): string {
  const shape = b.add("Shape", [x]);
  const flat = b.add("Reshape", [x, b.add("Concat", [b.sizeOf(x, 0), b.sizeOf(x, 1), b.int64([-1])], { axis: 0 })]);
  const project = (to: number): string =>
    b.add("Conv", [flat, b.spectralWeights([to, channels, 1], 0.3)], { kernel_shape: [1], pads: [0, 0], strides: [1] });
  const keys = Math.max(1, channels >> 3);
  const scores = b.add("MatMul", [b.add("Transpose", [project(keys)], { perm: [0, 2, 1] }), project(keys)]);
  const beta = b.add("Softmax", [scores], { axis: 1 });
  const mixed = b.add("Mul", [b.random([1], 0.4, 0.6), b.add("MatMul", [project(channels), beta])]);
  return b.add("Reshape", [b.add("Add", [mixed, flat]), shape]);
}

/** `input` [1,3,H,W], RGB from 0 to 255 -> `output` [1,3,H,W], the same; H and W multiples of 32. */
export function deoldify(options: NetworkOptions = {}, generator: keyof typeof GENERATORS = "deep"): Uint8Array {
  const b = new SeededBuilder(options);
  const of = (channels: number): number => scaled(channels, options.width);
  const { pixels = "H", pixels: width = "W" } = options;
  const rgb = b.add("Div", [b.input("input", [1, 3, pixels, width]), b.scalar(255)]);
  const mean = b.floats([1, 3, 1, 1], MEAN);
  const deviation = b.floats([1, 3, 1, 1], DEVIATION);
  const image = b.add("Div", [b.add("Sub", [rgb, mean]), deviation]);

  // The encoder.
  const { channels: published, blocks, block } = GENERATORS[generator];
  const stages = published.map(of);
  const stem = b.relu(b.batchNorm(b.conv(image, 3, stages[0]!, 7, { stride: 2, bias: false }), stages[0]!));
  let x = b.add("MaxPool", [stem], { kernel_shape: [3, 3], pads: [1, 1, 1, 1], strides: [2, 2] });
  let channels = stages[0]!;
  const features = [stem];
  for (const [stage, count] of blocks.entries()) {
    for (let i = 0; i < count; i++) {
      x = block(b, x, channels, stages[stage + 1]!, i === 0 && stage > 0 ? 2 : 1);
      channels = stages[stage + 1]!;
    }
    features.push(x);
  }

  // The decoder.
  x = b.relu(b.batchNorm(x, channels));
  x = spectralBlock(b, spectralBlock(b, x, channels, 2 * channels), 2 * channels, channels);
  for (let i = 0; i < 4; i++) {
    const skip = stages[3 - i]!;
    const last = i === 3;
    // The wide generator's blocks have 512 * nf_factor / 2 channels, nf_factor 2.
    const wide = of(last ? 256 : 512);
    const up = generator === "wide" ? wide : channels >> 1;
    const joined = b.add("Concat", [b.pixelShuffle(x, channels, up), b.batchNorm(features[3 - i]!, skip)], { axis: 1 });
    const from = up + skip;
    // 1.5: the deep generator's nf_factor. The last block has half of the channels.
    const to = generator === "wide" ? wide : Math.floor((last ? from >> 1 : from) * 1.5) & ~1;
    x = spectralBlock(b, b.relu(joined), from, to);
    if (generator === "deep") x = spectralBlock(b, x, to, to);
    if (i === 1) x = selfAttention(b, x, to);
    channels = to;
  }
  x = b.pixelShuffle(x, channels, channels, { blur: false });
  x = b.add("Concat", [x, image], { axis: 1 });
  channels += 3;
  const inner = b.relu(
    b.spectralConv(b.relu(b.spectralConv(x, channels, channels, 3)), channels, channels, 3, { gain: 0.5 }),
  );
  x = b.spectralConv(b.add("Add", [x, inner]), channels, 3, 1, { gain: 0.05 });
  // SigmoidRange(-3, 3), then RGB again.
  x = b.add("Add", [b.add("Mul", [b.add("Sigmoid", [x]), b.scalar(6)]), b.scalar(-3)]);
  x = b.add("Add", [b.add("Mul", [x, deviation]), mean]);
  x = b.add("Mul", [b.add("Clip", [x, b.scalar(0), b.scalar(1)]), b.scalar(255)]);
  return b.build(x, "output", [1, 3, pixels, width]);
}
