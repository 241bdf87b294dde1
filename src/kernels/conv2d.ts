/** Two-dimensional convolution of NHWC images with bias, residual and activation in the epilogue. */
import wgsl from "../../shaders/conv2d.wgsl?raw";
import { KernelError } from "../errors";
import { activationConstants, activationLib, type ActivationParams } from "./activation";
import { elemBytes, MAX_WORKGROUPS, type Elem, type Kernel } from "./kernel";

/** [along height, along width]. */
type Pair = readonly [number, number];

/**
 * The shape of a window sliding over NHWC images. Pads at the bottom and right need not be given: the
 * output size decides how far the window goes, and everything outside the image counts as zero.
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

/** How the work is cut. */
export interface Conv2dVariant {
  /** Output pixels of one invocation, each with 8 output channels. */
  readonly tile: 4 | 8;
}

export interface Conv2dParams extends WindowParams {
  readonly activation: ActivationParams;
  /** Whether a tensor of the output's shape is added before the activation. */
  readonly residual: boolean;
  readonly elem: Elem;
  /** Default: a tile of 4 pixels. */
  readonly variant?: Conv2dVariant;
}

/** Output channels of one invocation. */
const BLOCK = 8;
/** Input channels of one step of the inner loop. */
const STEP = 4;
/** Invocations of a workgroup. */
const INVOCATIONS = 64;

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
function touchesEdges(p: WindowParams): boolean {
  const last = (out: number, stride: number, pad: number, kernel: number, dilation: number): number =>
    (out - 1) * stride - pad + (kernel - 1) * dilation;
  return (
    p.padTop > 0 ||
    p.padLeft > 0 ||
    last(p.outHeight, p.strides[0], p.padTop, p.kernel[0], p.dilations[0]) >= p.inHeight ||
    last(p.outWidth, p.strides[1], p.padLeft, p.kernel[1], p.dilations[1]) >= p.inWidth
  );
}

/** Constants that conv2d and its relatives share: sizes, strides, pads, dilations. */
export function windowConstants(p: WindowParams): Record<string, number | boolean> {
  return {
    IN_H: p.inHeight,
    IN_W: p.inWidth,
    IN_C: p.inChannels,
    OUT_H: p.outHeight,
    OUT_W: p.outWidth,
    OUT_C: p.outChannels,
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

/** src [N,H,W,C], weights [KH,KW,C/groups,OC], bias [OC], residual [N,OH,OW,OC] -> dst [N,OH,OW,OC]. */
export const conv2d: Kernel<Conv2dParams> = {
  name: "conv2d",
  wgsl,
  libs: [activationLib],
  bindings: { src: "read", weights: "read", bias: "read", residual: "read", dst: "write" },
  plan(params) {
    checkWindow("conv2d", params);
    const { inChannels, outChannels, groups, elem, residual } = params;
    const taps = params.kernel[0] * params.kernel[1];
    const pixels = params.batch * params.outHeight * params.outWidth;
    const groupIn = inChannels / groups;
    const groupOut = outChannels / groups;
    const groupBlocks = Math.ceil(groupOut / BLOCK);
    const blocks = groups * groupBlocks;
    const tile = params.variant?.tile ?? 4;
    const tiles = Math.ceil(pixels / tile);
    // A workgroup covers few pixels when there are few, and then more output channels.
    let groupX = INVOCATIONS;
    while (groupX > 8 && tiles <= groupX / 2) groupX /= 2;
    const groupY = INVOCATIONS / groupX;
    const along = Math.ceil(tiles / groupX);
    const wraps = Math.ceil(along / MAX_WORKGROUPS);
    const inputs = params.batch * params.inHeight * params.inWidth * inChannels;
    const outputs = pixels * outChannels * (residual ? 2 : 1);
    return {
      constants: {
        ...windowConstants(params),
        ...activationConstants(params.activation),
        elem,
        GROUP_IN_C: groupIn,
        IN_C4: Math.ceil(inChannels / STEP),
        GROUP_IN_C4: Math.ceil(groupIn / STEP),
        GROUP_OUT_C: groupOut,
        GROUPS: groups,
        BLOCKS: blocks,
        GROUP_BLOCKS: groupBlocks,
        PIXELS: pixels,
        TILE: tile,
        TAPS: taps,
        CHECK_EDGES: touchesEdges(params),
        GROUP_X: groupX,
        GROUP_Y: groupY,
      },
      flags: {
        VECTOR_IN: groupIn % STEP === 0,
        VECTOR_OUT: groupOut % 4 === 0,
        RESIDUAL: residual,
        WIDE: tile === 8,
      },
      grid: [Math.ceil(along / wraps), Math.ceil(blocks / groupY), wraps],
      flops: 2 * pixels * taps * groupIn * outChannels,
      bytes: elemBytes(elem) * (inputs + outputs + taps * groupIn * outChannels + outChannels),
      packing: {
        weights: { layout: "conv2d", taps, inChannels: groupIn, outChannels, groups, block: BLOCK, inBlock: STEP },
        bias: { layout: "pad", length: Math.ceil(outChannels / BLOCK) * BLOCK },
      },
      unbound: residual ? [] : ["residual"],
    };
  },
};
