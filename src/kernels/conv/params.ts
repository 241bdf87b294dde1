/** Parameters of a convolution for every algorithm, and the sizes that follow from them. */
import type { Pair } from "../../base/pair";
import { KernelError } from "../../base/errors";
import type { ActivationParams } from "../activation";
import { elemBytes, type Elem } from "../kernel";
import { checkWindow, type ChannelSlice, type WindowParams } from "../window";

export interface Conv2dParams extends WindowParams {
  readonly activation: ActivationParams;
  /** Whether a tensor of the output's shape is added before the activation. */
  readonly residual: boolean;
  readonly elem: Elem;
  /** The input's channels in a wider src [N,H,W,channels]: inChannels from `first` on. Default: all of src. */
  readonly srcSlice?: ChannelSlice;
  /** The output's channels in a wider dst [N,OH,OW,channels]: outChannels from `first` on. Default: all of dst. */
  readonly slice?: ChannelSlice;
  /** Integer factors of nearest-neighbour upsampling before the convolution; inHeight and inWidth are the sizes before it. Default: [1, 1]. */
  readonly upsample?: Pair;
  /** Whether 2x2 max pooling follows: dst is [N,OH/2,OW/2,OC]. The activation must be non-decreasing. */
  readonly pool?: boolean;
  /** Whether the model stores the weights as 8-bit integers with a scale per output channel. */
  readonly int8?: boolean;
}

/** A convolution as a step of an algorithm. */
export interface ConvStepParams extends Conv2dParams {
  /** Whether the bias is added; default: true. Otherwise its binding is left out. */
  readonly bias?: boolean;
  /** Storage type of dst; default: `elem`. */
  readonly dstElem?: Elem;
}

/** Whether the convolution has neither upsampling before it nor pooling after it. */
export function isPlain({ upsample: [y, x] = [1, 1], pool = false }: Conv2dParams): boolean {
  return y === 1 && x === 1 && !pool;
}

/** Sizes derived from a convolution's parameters. */
interface ConvSizes {
  /** Taps of the kernel's window: height x width. */
  readonly taps: number;
  /** Output pixels of all images, before pooling. */
  readonly pixels: number;
  /** Pixels of dst, after pooling. */
  readonly dstPixels: number;
  /** Channels per group. */
  readonly groupIn: number;
  readonly groupOut: number;
  /** The slices of channels in src and in dst. */
  readonly from: ChannelSlice;
  readonly to: ChannelSlice;
  /** 2 x multiply-accumulates, including taps outside the image. */
  readonly flops: number;
  /** Bytes read and written, each tensor once. `weightBytes`: bytes per weight; default: those of `elem`. */
  bytes(weightBytes?: number): number;
}

/** Throws KernelError unless `count` channels from `first` on lie inside `channels`. */
function checkSlice(count: number, { first, channels }: ChannelSlice): void {
  if (first < 0 || first + count > channels)
    throw new KernelError("convolution", `${count} channels inside ${channels}`, `from ${first} on`);
}

/** Throws KernelError for invalid parameters. */
export function convSizes(params: Conv2dParams): ConvSizes {
  checkWindow("convolution", params);
  const { batch, inHeight, inWidth, inChannels, outHeight, outWidth, outChannels, groups } = params;
  const { kernel, pool = false, residual, elem } = params;
  const from = params.srcSlice ?? { first: 0, channels: inChannels };
  const to = params.slice ?? { first: 0, channels: outChannels };
  checkSlice(inChannels, from);
  checkSlice(outChannels, to);
  if (pool && (residual || outHeight % 2 !== 0 || outWidth % 2 !== 0))
    throw new KernelError("convolution", "even sizes and no residual before pooling", `${outHeight}x${outWidth}`);
  const taps = kernel[0] * kernel[1];
  const pixels = batch * outHeight * outWidth;
  const dstPixels = pixels / (pool ? 4 : 1);
  const groupIn = inChannels / groups;
  const weights = taps * groupIn * outChannels;
  const values = batch * inHeight * inWidth * inChannels + dstPixels * outChannels * (residual ? 2 : 1) + outChannels;
  return {
    ...{ taps, pixels, dstPixels, groupIn, groupOut: outChannels / groups, from, to },
    flops: 2 * pixels * weights,
    bytes: (weightBytes = elemBytes(elem)) => elemBytes(elem) * values + weightBytes * weights,
  };
}
