/** Plans of the convolutions that gather vec4 of src: the host side of shaders/lib/conv-gather.wgsl. */
import { MAX_WORKGROUPS, type Constants, type ConvPacking, type KernelPlan } from "../kernel";
import { windowSizes } from "../window";
import { biasPacking, epilogueConstants, epilogueFlags, epilogueSizes, unboundOf } from "./epilogue";
import { convSizes, isPlain, type Conv2dParams, type ConvStepParams } from "./params";

/** Whether a convolution reads whole vec4 of src and neither upsamples nor pools. */
export function gathersVectors(p: Conv2dParams): boolean {
  const { first, channels } = p.srcSlice ?? { first: 0, channels: p.inChannels };
  return isPlain(p) && [p.inChannels / p.groups, first, channels].every((n) => n % 4 === 0);
}

/** The parts of the plan that differ between these shaders. */
interface GatherForm {
  /** Output pixels and output channels per workgroup; a workgroup works on one group of channels. */
  readonly pixels: number;
  readonly channels: number;
  /** Output channels per block of the packed weights. */
  readonly block: number;
  readonly halfProducts?: boolean;
  /** The shader's own constants, run-time sizes and flags. */
  readonly constants: Constants;
  readonly runtime?: Readonly<Record<string, number>>;
  readonly flags?: Readonly<Record<string, boolean>>;
}

/** The plan of a convolution whose shader includes lib/conv-gather.wgsl. */
export function gatherPlan(params: ConvStepParams, form: GatherForm): KernelPlan {
  const { outChannels, groups } = params;
  const { taps, pixels, groupIn, groupOut, from, flops, bytes } = convSizes(params);
  const tiles = Math.ceil(groupOut / form.channels);
  const along = Math.ceil(pixels / form.pixels);
  const wraps = Math.ceil(along / MAX_WORKGROUPS);
  const weights: ConvPacking = {
    ...{ layout: "conv2d", taps, inChannels: groupIn, outChannels, groups, block: form.block, inBlock: 4 },
  };
  return {
    constants: { ...epilogueConstants(params), ...form.constants },
    runtime: {
      ...windowSizes(params),
      ...epilogueSizes(params),
      PIXELS: pixels,
      IN_C4: from.channels / 4,
      SRC_FIRST4: from.first / 4,
      GROUP_IN_C4: groupIn / 4,
      GROUP_OUT_C: groupOut,
      GROUP_TILES: tiles,
      TAPS: taps,
      ...form.runtime,
    },
    flags: { ...epilogueFlags(params), HALF_PRODUCTS: form.halfProducts ?? false, ...form.flags },
    grid: [Math.ceil(along / wraps), groups * tiles, wraps],
    flops,
    bytes: bytes(),
    packing: { weights, bias: biasPacking(params) },
    unbound: unboundOf(params),
  };
}
