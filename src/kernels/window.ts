/** The sliding window that convolutions share. */
import type { Pair } from "../base/pair";
import { KernelError } from "../base/errors";

/**
 * A window sliding over NHWC images. It has no bottom and right pads: the output size determines how far the window
 * moves, and pixels outside the image are zero.
 */
export interface WindowParams {
  readonly batch: number;
  readonly inHeight: number;
  readonly inWidth: number;
  readonly inChannels: number;
  readonly outHeight: number;
  readonly outWidth: number;
  readonly outChannels: number;
  readonly kernel: Pair;
  readonly strides: Pair;
  /** Pixels, never negative. */
  readonly padTop: number;
  readonly padLeft: number;
  readonly dilations: Pair;
  readonly groups: number;
}

/** Sizes of an op that changes the height and width of NHWC pictures and keeps their channels. */
export interface PictureSizes {
  readonly batch: number;
  readonly inHeight: number;
  readonly inWidth: number;
  readonly channels: number;
  readonly outHeight: number;
  readonly outWidth: number;
}

/** A range of channels of a wider tensor, starting at `first`. */
export interface ChannelSlice {
  readonly first: number;
  /** Number of channels of the wider tensor. */
  readonly channels: number;
}

/** Throws KernelError unless all sizes are positive integers and groups divide the channels. */
export function checkWindow(kernel: string, params: WindowParams): void {
  const { batch, inHeight, inWidth, inChannels, outHeight, outWidth, outChannels, groups } = params;
  const sizes = { batch, inHeight, inWidth, inChannels, outHeight, outWidth, outChannels, groups };
  const pairs = { kernel: params.kernel, strides: params.strides, dilations: params.dilations };
  for (const [name, size] of [
    ...Object.entries(sizes),
    ...Object.entries(pairs).flatMap(([n, p]) => p.map((v) => [n, v] as const)),
  ])
    if (!Number.isInteger(size) || size < 1)
      throw new KernelError(kernel, `${name} to be a positive integer`, `${size}`);
  for (const pad of [params.padTop, params.padLeft])
    if (!Number.isInteger(pad) || pad < 0) throw new KernelError(kernel, "padTop and padLeft of 0 or more", `${pad}`);
  if (inChannels % groups !== 0 || outChannels % groups !== 0)
    throw new KernelError(kernel, `channels divisible by ${groups} groups`, `${inChannels} -> ${outChannels}`);
}

/** Whether some tap of some output pixel lies outside the image. */
export function touchesEdges(p: WindowParams): boolean {
  const last = (out: number, stride: number, pad: number, kernel: number, dilation: number): number =>
    (out - 1) * stride - pad + (kernel - 1) * dilation;
  return (
    p.padTop > 0 ||
    p.padLeft > 0 ||
    last(p.outHeight, p.strides[0], p.padTop, p.kernel[0], p.dilations[0]) >= p.inHeight ||
    last(p.outWidth, p.strides[1], p.padLeft, p.kernel[1], p.dilations[1]) >= p.inWidth
  );
}

/** The sizes of lib/window.wgsl. */
export function windowSizes(p: Omit<WindowParams, "batch" | "inChannels" | "outChannels" | "groups">) {
  return {
    IN_H: p.inHeight,
    IN_W: p.inWidth,
    OUT_H: p.outHeight,
    OUT_W: p.outWidth,
    KERNEL_H: p.kernel[0],
    KERNEL_W: p.kernel[1],
    STRIDE_Y: p.strides[0],
    STRIDE_X: p.strides[1],
    PAD_TOP: p.padTop,
    PAD_LEFT: p.padLeft,
    DILATION_Y: p.dilations[0],
    DILATION_X: p.dilations[1],
  };
}
