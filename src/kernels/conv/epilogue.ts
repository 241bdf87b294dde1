/** What the convolutions do last: the host side of shaders/lib/conv-epilogue.wgsl. */
import { activationConstants } from "../activation";
import type { Access, Constants, Packing } from "../kernel";
import { convSizes, type ConvStepParams } from "./params";

/** In the order of the shaders. */
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

/** Run-time sizes; `dstPixels` are the pixels of dst where they are not the convolution's own. */
export function epilogueSizes(params: ConvStepParams, dstPixels?: number) {
  const { to, dstPixels: own } = convSizes(params);
  return { OUT_C: params.outChannels, DST_C: to.channels, DST_FIRST: to.first, DST_PIXELS: dstPixels ?? own };
}

/** Which operands there are, and whether output channels are stored in fours. */
export function epilogueFlags(params: ConvStepParams) {
  const { groupOut, to } = convSizes(params);
  const vector = [groupOut, to.first, to.channels].every((n) => n % 4 === 0);
  return { VECTOR_OUT: vector, BIAS: params.bias ?? true, RESIDUAL: params.residual };
}

/** Padded to whole blocks of 8 output channels. */
export function biasPacking({ outChannels }: ConvStepParams): Packing {
  return { layout: "pad", length: Math.ceil(outChannels / 8) * 8 };
}

/** The operands that this convolution does not have. */
export function unboundOf({ bias = true, residual }: ConvStepParams): string[] {
  return [...(bias ? [] : ["bias"]), ...(residual ? [] : ["residual"])];
}
