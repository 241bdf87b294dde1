/** What a convolution is, whichever algorithm computes it, and what follows from that. */
import type { Pair } from "../../base/pair";
import { KernelError } from "../../base/errors";
import type { ActivationParams } from "../activation";
import { elemBytes, type Elem } from "../kernel";
import { checkWindow, type WindowParams } from "../window";

/** Some of the channels of a wider tensor, from `first` on. */
interface ChannelSlice {
  readonly first: number;
  /** Of the wider tensor. */
  readonly channels: number;
}

export interface Conv2dParams extends WindowParams {
  readonly activation: ActivationParams;
  /** Whether a tensor of the output's shape is added before the activation. */
  readonly residual: boolean;
  readonly elem: Elem;
  /** Where the input is when it is a part of a wider src [N,H,W,channels]: inChannels from `first` on. Default: all of src. */
  readonly srcSlice?: ChannelSlice;
  /** Where the result goes when it is a part of a wider dst [N,OH,OW,channels]; default: all of dst. */
  readonly slice?: ChannelSlice;
  /** Whole factors by which nearest-neighbour upsampling enlarges src first; the in sizes are those before it. Default: [1, 1]. */
  readonly upsample?: Pair;
  /** Whether dst keeps only the largest of each 2x2 window, [N,OH/2,OW/2,OC]. The activation must not decrease anywhere. */
  readonly pool?: boolean;
  /** Whether the weights are a constant of 8-bit integers times a scale per output channel, so that they can be kept so. */
  readonly int8?: boolean;
}

/** A convolution as a step of an algorithm. */
export interface ConvStepParams extends Conv2dParams {
  /** Whether the bias is added; default: true. Without it nothing is bound there. */
  readonly bias?: boolean;
  /** How dst is stored; default: `elem`. */
  readonly dstElem?: Elem;
}

/** Whether this is a convolution alone, without upsampling before it or pooling after it. */
export function isPlain({ upsample: [y, x] = [1, 1], pool = false }: Conv2dParams): boolean {
  return y === 1 && x === 1 && !pool;
}

/** Numbers that follow from a convolution's parameters. */
interface ConvSizes {
  /** Of the kernel's window. */
  readonly taps: number;
  /** Output pixels of all images, before pooling. */
  readonly pixels: number;
  /** Pixels of dst: after pooling. */
  readonly dstPixels: number;
  /** Channels of one group. */
  readonly groupIn: number;
  readonly groupOut: number;
  /** Where the channels lie in src and in dst. */
  readonly from: ChannelSlice;
  readonly to: ChannelSlice;
  /** 2 x multiply-accumulates, taps outside the image included. */
  readonly flops: number;
  /** Read and written, each tensor once, with `weightBytes` bytes a weight; default: those of `elem`. */
  bytes(weightBytes?: number): number;
}

/** Throws KernelError unless `count` channels from `first` on lie inside `channels`. */
function checkSlice(count: number, { first, channels }: ChannelSlice): void {
  if (first < 0 || first + count > channels)
    throw new KernelError("convolution", `${count} channels inside ${channels}`, `from ${first} on`);
}

/** Throws KernelError for parameters that are no convolution. */
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
