/**
 * Networks of the shape of ECCV16 (Zhang, Isola, Efros 2016, figure 2) and SIGGRAPH17 (Zhang et al. 2017, figure 2), with seeded weights, in
 * the form in which torch.onnx writes the authors' definitions: batch norms after the ReLUs (so that no exporter folds them), dilated and
 * transposed convolutions, strides as slices with steps, the normalisation of L* and ab inside.
 */
import { scaled, SeededBuilder, type NetworkOptions } from "./builder";

/** Convolutions of size 3 with ReLUs, then a batch norm. */
function block(
  b: SeededBuilder,
  x: string,
  channels: readonly number[],
  { dilation = 1, lastStride = 1 }: { dilation?: number; lastStride?: number } = {},
): string {
  let y = x;
  for (let i = 1; i < channels.length; i++) {
    const stride = i === channels.length - 1 ? lastStride : 1;
    y = b.relu(b.conv(y, channels[i - 1]!, channels[i]!, 3, { dilation, stride }));
  }
  return b.batchNorm(y, channels.at(-1)!);
}

/** (L* - 50) / 100. */
function normalizedL(b: SeededBuilder, l: string): string {
  return b.add("Div", [b.add("Sub", [l, b.scalar(50)]), b.scalar(100)]);
}

/** `data_l` [1,1,H,W], L* from 0 to 100 -> `color_ab` [1,2,H,W]; H and W multiples of 8. */
export function eccv16(options: NetworkOptions = {}): Uint8Array {
  const b = new SeededBuilder(options);
  const of = (channels: number): number => scaled(channels, options.width);
  const [c64, c128, c256, c512, bins] = [of(64), of(128), of(256), of(512), of(313)];
  const { pixels = "H", pixels: width = "W" } = options;
  const l = b.input("data_l", [1, 1, pixels, width]);
  let x = block(b, normalizedL(b, l), [1, c64, c64], { lastStride: 2 });
  x = block(b, x, [c64, c128, c128], { lastStride: 2 });
  x = block(b, x, [c128, c256, c256, c256], { lastStride: 2 });
  x = block(b, x, [c256, c512, c512, c512]);
  x = block(b, x, [c512, c512, c512, c512], { dilation: 2 });
  x = block(b, x, [c512, c512, c512, c512], { dilation: 2 });
  x = block(b, x, [c512, c512, c512, c512]);
  x = b.relu(b.convTranspose(x, c512, c256));
  x = b.relu(b.conv(x, c256, c256, 3));
  x = b.relu(b.conv(x, c256, c256, 3));
  x = b.add("Softmax", [b.conv(x, c256, bins, 1, { gain: 2 })], { axis: 1 });
  // The bins' colours, over 110.
  x = b.add("Conv", [x, b.random([2, bins, 1, 1], -1, 1)], { kernel_shape: [1, 1] });
  x = b.add("Mul", [b.resize(x, 4, "linear"), b.scalar(110)]);
  return b.build(x, "color_ab", [1, 2, pixels, width]);
}

/**
 * `data_l` [1,1,H,W], L* from 0 to 100, `user_ab` [1,2,H,W] and `user_map` [1,1,H,W], the hints -> `color_ab` [1,2,H,W]; H and W multiples
 * of 8.
 */
export function siggraph17(options: NetworkOptions = {}): Uint8Array {
  const b = new SeededBuilder(options);
  const of = (channels: number): number => scaled(channels, options.width);
  const [c64, c128, c256, c512] = [of(64), of(128), of(256), of(512)];
  const { pixels = "H", pixels: width = "W" } = options;
  const l = normalizedL(b, b.input("data_l", [1, 1, pixels, width]));
  const ab = b.add("Div", [b.input("user_ab", [1, 2, pixels, width]), b.scalar(110)]);
  const map = b.input("user_map", [1, 1, pixels, width]);
  /** x[:, :, ::2, ::2], for which torch.onnx writes one Slice an axis, to INT64_MAX. */
  const halved = (x: string): string => {
    const slice = (from: string, axis: number): string =>
      b.add("Slice", [from, b.int64([0]), b.int64([2 ** 63]), b.int64([axis]), b.int64([2])]);
    return slice(slice(x, 2), 3);
  };
  const conv1 = block(b, b.add("Concat", [l, ab, map], { axis: 1 }), [4, c64, c64]);
  const conv2 = block(b, halved(conv1), [c64, c128, c128]);
  const conv3 = block(b, halved(conv2), [c128, c256, c256, c256]);
  let x = block(b, halved(conv3), [c256, c512, c512, c512]);
  x = block(b, x, [c512, c512, c512, c512], { dilation: 2 });
  x = block(b, x, [c512, c512, c512, c512], { dilation: 2 });
  x = block(b, x, [c512, c512, c512, c512]);
  /** Doubles the size and adds the encoder's features. */
  const up = (from: string, channels: number, to: number, shortcut: string, shortcutChannels: number): string =>
    b.relu(b.add("Add", [b.convTranspose(from, channels, to), b.conv(shortcut, shortcutChannels, to, 3)]));
  x = block(b, up(x, c512, c256, conv3, c256), [c256, c256, c256]);
  x = block(b, up(x, c256, c128, conv2, c128), [c128, c128]);
  x = b.conv(up(x, c128, c128, conv1, c64), c128, c128, 3);
  x = b.add("LeakyRelu", [x], { alpha: 0.2 });
  x = b.add("Tanh", [b.conv(x, c128, 2, 1, { gain: 0.1 })]);
  x = b.add("Mul", [x, b.scalar(110)]);
  return b.build(x, "color_ab", [1, 2, pixels, width]);
}
