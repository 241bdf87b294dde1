/** Two-dimensional convolution of NHWC images with bias, residual and activation in the epilogue. */
import mainWgsl from "../../../shaders/conv/direct.wgsl?raw";
import epilogueLib from "../../../shaders/lib/conv-epilogue.wgsl?raw";
import macLib from "../../../shaders/lib/conv-mac.wgsl?raw";
import weightsLib from "../../../shaders/lib/conv-weights.wgsl?raw";
import { KernelError } from "../../errors";
import { activationConstants, activationLib, type ActivationParams } from "../activation";
import { elemBytes, MAX_WORKGROUPS, type Elem, type Kernel } from "../kernel";
import { checkWindow, touchesEdges, WINDOW_CONSTANTS, windowConstants, type WindowParams } from "../window";

/** How the work is cut. */
export interface Conv2dVariant {
  /**
   * Output pixels of one invocation, each with 8 output channels. 4 is right nearly everywhere; 8 is a third faster
   * on SwiftShader for 1x1 kernels, but compiles for many seconds there when the kernel is larger.
   */
  readonly tile: 4 | 8;
  /** Whether weights are read as integers of 8 bits (`int8` of the parameters); default: as `elem`. */
  readonly int8?: boolean;
}

/** Output pixels that lie apart in dst, as one phase of a convolution over an upsampled picture makes them. */
export interface ConvPhase {
  /** Output pixel (y, x) goes to (y * factor + offset) along both axes. */
  readonly factor: readonly [number, number];
  readonly offset: readonly [number, number];
  /** [height, width] of dst and residual. */
  readonly size: readonly [number, number];
  /** For each tap of the kernel, those of the given weights that are summed into it. */
  readonly sums: readonly (readonly number[])[];
}

export interface Conv2dParams extends WindowParams {
  readonly activation: ActivationParams;
  /** Whether a tensor of the output's shape is added before the activation. */
  readonly residual: boolean;
  readonly elem: Elem;
  /** Where the input is when it is a part of a wider src [N,H,W,channels]: inChannels from `first` on. Default: all of src. */
  readonly srcSlice?: { readonly first: number; readonly channels: number };
  /** Where the result goes when it is a part of a wider dst [N,OH,OW,channels]; default: all of dst. */
  readonly slice?: { readonly first: number; readonly channels: number };
  /** Whole factors by which nearest-neighbour upsampling enlarges src first; the in sizes are those before it. Default: [1, 1]. */
  readonly upsample?: readonly [number, number];
  /** Whether dst keeps only the largest of each 2x2 window, [N,OH/2,OW/2,OC]. The activation must not decrease anywhere. */
  readonly pool?: boolean;
  /** Set by algorithms, for one of their steps. */
  readonly phase?: ConvPhase;
  /** Whether the weights are a constant of 8-bit integers times a scale per output channel, so that they can be kept so. */
  readonly int8?: boolean;
  /** Whether the bias is added; default: true. Without it nothing is bound there. */
  readonly bias?: boolean;
  /** Default: a tile of 4 pixels. */
  readonly variant?: Conv2dVariant;
}

/** Output channels of one invocation. */
const BLOCK = 8;
/** Input channels of one step of the inner loop. */
const STEP = 4;
/** Invocations of a workgroup. */
const INVOCATIONS = 64;
/** Layers that differ only in these share a pipeline. */
const RUNTIME = [
  ...WINDOW_CONSTANTS,
  "SRC_FIRST",
  "DST_C",
  "DST_FIRST",
  "GROUP_IN_C",
  "IN_C4",
  "GROUP_IN_C4",
  "GROUP_OUT_C",
  "BLOCKS",
  "GROUP_BLOCKS",
  "COUNT",
  "PIXELS",
  "TAPS",
];
const PHASE = ["FACTOR_Y", "FACTOR_X", "OFFSET_Y", "OFFSET_X", "DST_H", "DST_W"];

/** Throws KernelError unless `count` channels from `first` on lie inside `channels`. */
function checkSlice(count: number, { first, channels }: { first: number; channels: number }): void {
  if (first < 0 || first + count > channels)
    throw new KernelError("conv2d", `${count} channels inside ${channels}`, `from ${first} on`);
}

/** The shader with lib/conv-mac.wgsl and lib/conv-weights.wgsl, or what is given in their places. */
export const conv2dWgsl = ({ mac = macLib, weights = weightsLib } = {}): string => [mainWgsl, mac, weights].join("\n");

/** src [N,H,W,C] or C of its channels, weights [KH,KW,C/groups,OC], bias [OC], residual [N,OH,OW,OC] -> dst [N,OH,OW,OC], or OC of its channels. */
export const conv2d: Kernel<Conv2dParams> = {
  name: "conv2d",
  // Kernels that end otherwise read weights in the same way.
  wgsl: conv2dWgsl(),
  libs: [epilogueLib, activationLib],
  bindings: { src: "read", weights: "read", bias: "read", residual: "read", dst: "write" },
  plan(params) {
    checkWindow("conv2d", params);
    const { inChannels, outChannels, groups, elem, residual, bias = true } = params;
    const from = params.srcSlice ?? { first: 0, channels: inChannels };
    const to = params.slice ?? { first: 0, channels: outChannels };
    checkSlice(inChannels, from);
    checkSlice(outChannels, to);
    const taps = params.kernel[0] * params.kernel[1];
    const pixels = params.batch * params.outHeight * params.outWidth;
    const groupIn = inChannels / groups;
    const groupOut = outChannels / groups;
    const groupBlocks = Math.ceil(groupOut / BLOCK);
    const blocks = groups * groupBlocks;
    const { tile, int8 = false } = params.variant ?? { tile: 4 };
    if (int8 && (!params.int8 || params.phase))
      throw new KernelError("conv2d", "8-bit weights as they are", params.phase ? "sums of them" : "others");
    const { phase, pool = false } = params;
    if (pool && (residual || phase || params.outHeight % 2 || params.outWidth % 2))
      throw new KernelError(
        "conv2d",
        "even sizes and no residual before pooling",
        `${params.outHeight}x${params.outWidth}`,
      );
    const stored = phase ? params.batch * phase.size[0] * phase.size[1] : pixels / (pool ? 4 : 1);
    const tiles = Math.ceil(pixels / tile);
    // A workgroup covers few pixels when there are few, and then more output channels.
    let groupX = INVOCATIONS;
    while (groupX > 8 && tiles <= groupX / 2) groupX /= 2;
    const groupY = INVOCATIONS / groupX;
    const along = Math.ceil(tiles / groupX);
    const wraps = Math.ceil(along / MAX_WORKGROUPS);
    const inputs = params.batch * params.inHeight * params.inWidth * inChannels;
    const outputs = (pixels / (pool ? 4 : 1)) * outChannels * (residual ? 2 : 1);
    return {
      constants: {
        ...windowConstants(params),
        ...activationConstants(params.activation),
        elem,
        IN_C: from.channels,
        SRC_FIRST: from.first,
        DST_C: to.channels,
        DST_FIRST: to.first,
        GROUP_IN_C: groupIn,
        IN_C4: Math.ceil(from.channels / STEP),
        GROUP_IN_C4: Math.ceil(groupIn / STEP),
        GROUP_OUT_C: groupOut,
        GROUPED: groups > 1,
        BLOCKS: blocks,
        GROUP_BLOCKS: groupBlocks,
        COUNT: pixels,
        PIXELS: stored,
        POOLED: pool ? 4 : 1,
        PHASE: phase !== undefined,
        ...(phase &&
          Object.fromEntries(PHASE.map((name, i) => [name, [phase.factor, phase.offset, phase.size].flat()[i]!]))),
        TILE: tile,
        TAPS: taps,
        CHECK_EDGES: touchesEdges(params),
        GROUP_X: groupX,
        GROUP_Y: groupY,
      },
      runtime: phase ? [...RUNTIME, ...PHASE] : RUNTIME,
      flags: {
        VECTOR_IN: [groupIn, from.first, from.channels].every((n) => n % STEP === 0),
        VECTOR_OUT: [groupOut, to.first, to.channels].every((n) => n % 4 === 0),
        BIAS: bias,
        RESIDUAL: residual,
        WIDE: tile === 8,
        INT8: int8,
      },
      grid: [Math.ceil(along / wraps), Math.ceil(blocks / groupY), wraps],
      flops: 2 * pixels * taps * groupIn * outChannels,
      bytes:
        elemBytes(elem) * (inputs + outputs + outChannels) +
        (int8 ? 1 : elemBytes(elem)) * taps * groupIn * outChannels,
      packing: {
        weights: {
          ...{ layout: "conv2d", taps, inChannels: groupIn, outChannels, groups, block: BLOCK, inBlock: STEP },
          ...(phase && { sums: phase.sums }),
          ...(int8 && { int8 }),
        },
        bias: { layout: "pad", length: Math.ceil(outChannels / BLOCK) * BLOCK },
      },
      unbound: [...(bias ? [] : ["bias"]), ...(residual ? [] : ["residual"])],
    };
  },
};
