/** The epilogue of convolutions (bias, residual, activation, pooling): the host side of shaders/lib/conv-epilogue.wgsl. */
import { activationConstants } from "../activation";
import type { Access, Constants, Packing } from "../kernel";
import { convSizes, type ConvStepParams } from "./params";

/** Bindings in the shaders' order. */
export const CONV_BINDINGS = {
  src: "read",
  weights: "read",
  bias: "read",
  residual: "read",
  dst: "write",
} as const satisfies Readonly<Record<string, Access>>;

export function epilogueConstants({ activation, elem, dstElem = elem }: ConvStepParams): Constants {
  return { ...activationConstants(activation), elem, dst_elem: dstElem };
}

/** Run-time sizes. `dstPixels`: number of pixels of dst; default: the convolution's. */
export function epilogueSizes(params: ConvStepParams, dstPixels?: number) {
  const { to, dstPixels: own } = convSizes(params);
  return { OUT_C: params.outChannels, DST_C: to.channels, DST_FIRST: to.first, DST_PIXELS: dstPixels ?? own };
}

/** Flags: which optional operands are bound, and whether output channels are stored as vec4. */
export function epilogueFlags(params: ConvStepParams) {
  const { groupOut, to } = convSizes(params);
  const vector = [groupOut, to.first, to.channels].every((n) => n % 4 === 0);
  return { VECTOR_OUT: vector, BIAS: params.bias ?? true, RESIDUAL: params.residual };
}

/** Packing of the bias, padded to whole blocks of 8 output channels. */
export function biasPacking({ outChannels }: ConvStepParams): Packing {
  return { layout: "pad", length: Math.ceil(outChannels / 8) * 8 };
}

/** Bindings of optional operands that this convolution lacks. */
export function unboundOf({ bias = true, residual }: ConvStepParams): string[] {
  return [...(bias ? [] : ["bias"]), ...(residual ? [] : ["residual"])];
}
