/** Shapes for convolution kernels: awkward ones for tests, real layers for bench/kernels.ts. */
import type { ActivationParams } from "../../src/kernels/activation";
import type { Conv2dParams } from "../../src/kernels/conv/params";
import type { Elem } from "../../src/kernels/kernel";

export interface ConvCase {
  readonly name: string;
  readonly params: Conv2dParams;
  /** The bias is a runtime value: exactly OC elements, not packed. */
  readonly runtimeBias?: boolean;
}

interface Options {
  readonly batch?: number;
  /** [height, width] of the output; default: what SAME padding gives. */
  readonly out?: readonly [number, number];
  readonly strides?: readonly [number, number];
  readonly pads?: readonly [number, number];
  readonly dilations?: readonly [number, number];
  readonly groups?: number;
  readonly activation?: ActivationParams;
  readonly residual?: boolean;
  readonly elem?: Elem;
  readonly runtimeBias?: boolean;
  readonly upsample?: readonly [number, number];
  readonly pool?: boolean;
}

const RELU: ActivationParams = { fn: "relu" };
const IDENTITY: ActivationParams = { fn: "identity" };

/** A case from [height, width, channels], [kernel height, kernel width] and output channels. */
export function convCase(
  name: string,
  [inHeight, inWidth, inChannels]: readonly [number, number, number],
  kernel: readonly [number, number],
  outChannels: number,
  o: Options = {},
): ConvCase {
  const strides = o.strides ?? [1, 1];
  const [timesY, timesX] = o.upsample ?? [1, 1];
  const same = [Math.ceil((inHeight * timesY) / strides[0]), Math.ceil((inWidth * timesX) / strides[1])] as const;
  const [outHeight, outWidth] = o.out ?? same;
  const [padTop, padLeft] = o.pads ?? [Math.floor((kernel[0] - 1) / 2), Math.floor((kernel[1] - 1) / 2)];
  const { batch = 1, dilations = [1, 1], groups = 1, activation = IDENTITY, residual = false, elem = "f32" } = o;
  const params: Conv2dParams = {
    ...{ batch, inHeight, inWidth, inChannels, outHeight, outWidth, outChannels, kernel, strides, padTop, padLeft },
    ...{ dilations, groups, activation, residual, elem },
    ...(o.upsample && { upsample: o.upsample }),
    ...(o.pool && { pool: true }),
  };
  return { name, params, ...(o.runtimeBias ? { runtimeBias: true } : {}) };
}

/** Small and awkward; every one is compared with the CPU reference. */
export const CONV_CASES: readonly ConvCase[] = [
  convCase("1x1x1", [1, 1, 1], [1, 1], 1),
  convCase("1x1 image under a 3x3 window", [1, 1, 4], [3, 3], 4),
  convCase("one pixel past the tile", [1, 9, 8], [1, 1], 8),
  convCase("one pixel short of the tile", [1, 7, 8], [1, 1], 8),
  convCase("one channel past the block", [3, 5, 8], [1, 1], 9),
  convCase("four channels past the block", [3, 5, 8], [1, 1], 12),
  convCase("one channel short of the block", [3, 5, 8], [1, 1], 7),
  convCase("first layer of the colorizer: 1 -> 128", [10, 14, 1], [3, 3], 128, { activation: RELU }),
  convCase("first layer of Inception: 3 -> 32, stride 2, valid", [19, 19, 3], [3, 3], 32, {
    strides: [2, 2],
    pads: [0, 0],
    out: [9, 9],
    activation: RELU,
  }),
  convCase("2 channels, 5x3, strides and dilations that differ, residual, batch 2", [9, 11, 2], [5, 3], 21, {
    ...{ strides: [2, 1], dilations: [1, 2], pads: [3, 1], out: [6, 9], batch: 2, residual: true },
  }),
  convCase("last layer: 32 -> 2, tanh", [7, 9, 32], [3, 3], 2, { activation: { fn: "tanh" } }),
  convCase("head: 24 -> 1001", [1, 3, 24], [1, 1], 1001),
  convCase("fusion: 1257 -> 16", [3, 3, 1257], [1, 1], 16, { activation: RELU }),
  convCase("4x4, odd pixel of padding at the end", [9, 11, 8], [4, 4], 16, { activation: RELU }),
  convCase("2x2, odd pixel of padding at the end", [5, 6, 8], [2, 2], 8),
  convCase("1x7", [5, 17, 12], [1, 7], 12),
  convCase("7x1", [17, 5, 12], [7, 1], 12),
  convCase("stride 2, SAME at the end of an even size", [8, 10, 4], [3, 3], 8, { strides: [2, 2], pads: [0, 0] }),
  convCase("strides and dilations that differ", [13, 17, 4], [3, 2], 8, {
    strides: [2, 3],
    dilations: [2, 3],
    pads: [1, 2],
    out: [6, 6],
  }),
  convCase("pads wider than the window", [3, 3, 4], [2, 2], 8, { pads: [3, 3], out: [8, 8] }),
  convCase("2 groups of 4 channels", [5, 5, 8], [3, 3], 8, { groups: 2 }),
  convCase("2 groups of 3 -> 5 channels", [5, 5, 6], [3, 3], 10, { groups: 2, residual: true }),
  convCase("3 groups of 4 -> 12 channels", [4, 5, 12], [1, 1], 36, { groups: 3 }),
  convCase("depthwise through the general kernel", [5, 5, 6], [3, 3], 6, { groups: 6 }),
  convCase("residual, then relu", [6, 7, 16], [1, 1], 24, { residual: true, activation: RELU }),
  convCase("residual, 5 channels", [3, 7, 16], [1, 1], 5, { residual: true, activation: RELU }),
  convCase("runtime bias", [4, 4, 8], [1, 1], 12, { runtimeBias: true, activation: RELU }),
  convCase("runtime bias, 5 channels", [4, 4, 8], [1, 1], 5, { runtimeBias: true }),
  convCase("batch 2", [5, 3, 8], [3, 3], 8, { batch: 2, residual: true }),
  convCase("3x3, valid, off the tile by one, 5 -> 7 channels", [11, 7, 5], [3, 3], 7, { pads: [0, 0], out: [9, 5] }),
  convCase("3x3, asymmetric pads, batch 2, 6 channels", [6, 5, 8], [3, 3], 6, { batch: 2, pads: [2, 0], out: [7, 6] }),
  convCase("even window, 5 channels, batch 2, residual", [6, 5, 5], [4, 4], 5, { batch: 2, residual: true }),
  convCase("few pixels, many channels", [8, 8, 64], [1, 1], 192, { activation: RELU }),
  convCase("two maps of 3x7 pixels, 512 channels, residual", [3, 7, 512], [1, 1], 36, { batch: 2, residual: true }),
  convCase("short matrix: 3x3, 132 channels, stride 2", [9, 9, 132], [3, 3], 44, { strides: [2, 2], out: [5, 5] }),
  convCase("short matrix, 2 groups of 128 channels", [3, 9, 256], [1, 7], 72, { groups: 2 }),
];

/** The same with upsampling before or pooling after the convolution. */
export const COMPOSED_CASES: readonly ConvCase[] = [
  convCase("doubled, 3x3, relu", [3, 5, 8], [3, 3], 16, { upsample: [2, 2], activation: RELU }),
  convCase("doubled, 4x4, residual, batch 2", [3, 4, 4], [4, 4], 8, { upsample: [2, 2], residual: true, batch: 2 }),
  convCase("doubled, 1x1, 5 -> 3 channels", [2, 3, 5], [1, 1], 3, { upsample: [2, 2] }),
  convCase("doubled, 2x2, valid, odd size", [4, 3, 4], [2, 2], 8, { upsample: [2, 2], pads: [0, 0], out: [7, 5] }),
  convCase("3 by 2, 5x5, wide pads that differ", [2, 3, 4], [5, 5], 8, { upsample: [3, 2], pads: [4, 1], out: [9, 4] }),
  convCase("pooled, 3x3, relu", [6, 10, 8], [3, 3], 16, { pool: true, activation: RELU }),
  convCase("pooled, odd size, stride 2, tanh, batch 2", [9, 13, 4], [4, 3], 7, {
    ...{ pool: true, strides: [2, 2], out: [4, 6], batch: 2, activation: { fn: "tanh" } },
  }),
  convCase("pooled, 1 channel", [4, 6, 1], [3, 3], 8, { pool: true, activation: RELU }),
  convCase("pooled, one window, 2 groups", [2, 2, 8], [1, 1], 8, { pool: true, groups: 2 }),
];

/** Layers of the networks this project ships; too slow for the CPU reference in a test. */
export const CONV_LAYERS: readonly ConvCase[] = [
  convCase("colorizer 3x3 128 at 128x128", [128, 128, 128], [3, 3], 128, { activation: RELU }),
  convCase("colorizer 4x4 256 at 64x64", [64, 64, 128], [4, 4], 256, { activation: RELU }),
  convCase("colorizer 4x4 256 at 32x32", [32, 32, 256], [4, 4], 256, { activation: RELU }),
  convCase("colorizer 1x1 1257 at 32x32", [32, 32, 1257], [1, 1], 256, { activation: RELU }),
  convCase("colorizer 3x3 64 -> 128, doubled to 64x64", [32, 32, 64], [3, 3], 128, {
    upsample: [2, 2],
    activation: RELU,
  }),
  convCase("colorizer 4x4 128 -> 64, doubled to 128x128", [64, 64, 128], [4, 4], 64, {
    upsample: [2, 2],
    activation: RELU,
  }),
  convCase("colorizer 3x3 1 -> 128 at 256x256", [256, 256, 1], [3, 3], 128, { activation: RELU }),
  convCase("colorizer 3x3 32 -> 2 at 128x128", [128, 128, 32], [3, 3], 2, { activation: { fn: "tanh" } }),
  convCase("Inception stem 3x3 stride 2", [299, 299, 3], [3, 3], 32, {
    strides: [2, 2],
    pads: [0, 0],
    out: [149, 149],
    activation: RELU,
  }),
  convCase("block35 1x1 320 -> 32", [35, 35, 320], [1, 1], 32, { activation: RELU }),
  convCase("block35 1x1 128 -> 320 + residual", [35, 35, 128], [1, 1], 320, { activation: RELU, residual: true }),
  convCase("block17 1x1 1088 -> 192", [17, 17, 1088], [1, 1], 192, { activation: RELU }),
  convCase("block17 1x7 128 -> 160", [17, 17, 128], [1, 7], 160, { activation: RELU }),
  convCase("block17 1x1 384 -> 1088 + residual", [17, 17, 384], [1, 1], 1088, { activation: RELU, residual: true }),
  convCase("block8 1x1 2080 -> 192", [8, 8, 2080], [1, 1], 192, { activation: RELU }),
  convCase("block8 1x1 448 -> 2080 + residual", [8, 8, 448], [1, 1], 2080, { activation: RELU, residual: true }),
];
