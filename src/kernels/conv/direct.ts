/** Register-tiled implicit matrix product without workgroup memory. Supports every convolution, mostly in one dispatch. */
import wgsl from "../../../shaders/conv/direct.wgsl?raw";
import { KernelError } from "../../base/errors";
import { elemBytes, MAX_WORKGROUPS, type ConvPacking, type Kernel } from "../kernel";
import { touchesEdges, windowSizes } from "../window";
import { wholeStep, type ConvAlgorithm } from "./algorithm";
import { biasPacking, CONV_BINDINGS, epilogueConstants, epilogueFlags, epilogueSizes, unboundOf } from "./epilogue";
import { convSizes, type ConvStepParams } from "./params";
import { phasesOf, type ConvPhase, type PhaseParams } from "./phases";

/** A convolution without upsampling, and the shader's variant. */
export interface DirectParams extends PhaseParams, Pick<ConvStepParams, "bias" | "dstElem"> {
  /**
   * Output pixels per invocation, each with 8 output channels. Default 4, which is the fastest on nearly every driver. On SwiftShader
   * 8 is a third faster for 1x1 kernels, but larger kernels compile for many seconds.
   */
  readonly pixels?: 4 | 8;
  /** How weights are stored: as `elem` (default), as 8-bit integers (needs `int8`), or as f16. */
  readonly weights?: "elem" | "int8" | "half";
  /** Whether products and sums of four of them are computed in f16. Needs `elem` f16. Default: false. */
  readonly halfProducts?: boolean;
}

/** Output channels per invocation. */
const BLOCK = 8;
/** Input channels per step of the inner loop. */
const STEP = 4;
/** Invocations per workgroup. */
const INVOCATIONS = 64;

/** The layout of weights that the shader reads. */
export function directPacking(params: DirectParams): ConvPacking {
  const { taps, groupIn } = convSizes(params);
  const { outChannels, groups, phase, weights } = params;
  return {
    ...{ layout: "conv2d", taps, inChannels: groupIn, outChannels, groups, block: BLOCK, inBlock: STEP },
    ...(phase && { sums: phase.sums }),
    ...(weights === "int8" && { int8: true }),
    ...(weights === "half" && { elem: "f16" }),
  };
}

/** The FACTOR, OFFSET and DST sizes of a phase. */
function phaseSizes({ factor, offset, size }: ConvPhase): Record<string, number> {
  return {
    ...{ FACTOR_Y: factor[0], FACTOR_X: factor[1], OFFSET_Y: offset[0], OFFSET_X: offset[1] },
    ...{ DST_H: size[0], DST_W: size[1] },
  };
}

/** src [N,H,W,C] or C of its channels, weights [KH,KW,C/groups,OC], bias [OC], residual [N,OH,OW,OC] -> dst [N,OH,OW,OC], or OC of its channels. */
export const convDirect: Kernel<DirectParams> = {
  name: "conv/direct",
  wgsl,
  bindings: CONV_BINDINGS,
  plan(params) {
    const sizes = convSizes(params);
    const { groups, elem, phase, pool = false, weights = "elem" } = params;
    const { taps, pixels, groupIn, groupOut, from } = sizes;
    const { pixels: each = 4, halfProducts = false } = params;
    if (weights === "int8" && (!params.int8 || phase))
      throw new KernelError("conv/direct", "8-bit weights as they are", phase ? "sums of them" : "others");
    if (halfProducts && elem !== "f16") throw new KernelError("conv/direct", "src and weights in f16", elem);
    if (pool && phase) throw new KernelError("conv/direct", "no pooling after upsampling by phases", "both");
    const groupBlocks = Math.ceil(groupOut / BLOCK);
    const blocks = groups * groupBlocks;
    const strips = Math.ceil(pixels / each);
    // When the image has few pixels, a workgroup covers fewer pixels and more output channels.
    let workgroupX = INVOCATIONS;
    while (workgroupX > 8 && strips <= workgroupX / 2) workgroupX /= 2;
    const along = Math.ceil(strips / workgroupX);
    const wraps = Math.ceil(along / MAX_WORKGROUPS);
    const weightBytes = { elem: elemBytes(elem), int8: 1, half: 2 }[weights];
    return {
      constants: {
        ...epilogueConstants(params),
        GROUPED: groups > 1,
        POOL: pool ? 2 : 1,
        PHASE: phase !== undefined,
        INVOCATION_PIXELS: each,
        CHECK_EDGES: touchesEdges(params),
        INVOCATIONS,
      },
      // Layers that differ only in these share a pipeline.
      runtime: {
        ...windowSizes(params),
        ...epilogueSizes(params, phase ? params.batch * phase.size[0] * phase.size[1] : sizes.dstPixels),
        PIXELS: pixels,
        WORKGROUP_X: workgroupX,
        IN_C: from.channels,
        SRC_FIRST: from.first,
        GROUP_IN_C: groupIn,
        IN_C4: Math.ceil(from.channels / STEP),
        GROUP_IN_C4: Math.ceil(groupIn / STEP),
        GROUP_OUT_C: groupOut,
        BLOCKS: blocks,
        GROUP_BLOCKS: groupBlocks,
        TAPS: taps,
        ...(phase && phaseSizes(phase)),
      },
      flags: {
        ...epilogueFlags(params),
        VECTOR_IN: [groupIn, from.first, from.channels].every((n) => n % STEP === 0),
        EIGHT_PIXELS: each === 8,
        INT8: weights === "int8",
        HALF_WEIGHTS: weights === "half",
        HALF_PRODUCTS: halfProducts,
      },
      grid: [Math.ceil(along / wraps), Math.ceil((blocks * workgroupX) / INVOCATIONS), wraps],
      flops: sizes.flops,
      bytes: sizes.bytes(weightBytes),
      packing: { weights: directPacking(params), bias: biasPacking(params) },
      unbound: unboundOf(params),
    };
  },
};

/** Output pixels of one invocation by the name of a variant: "4" or "8". Throws KernelError for another name. */
export function pixelsOf(variant: string): 4 | 8 {
  if (variant === "4") return 4;
  if (variant === "8") return 8;
  throw new KernelError("conv/direct", "variant 4 or 8", variant || "none");
}

/** Variants: output pixels of one invocation. */
export const direct: ConvAlgorithm = {
  name: "direct",
  readsSlices: true,
  variants: () => ["4", "8"],
  plan: (params, variant) => ({
    steps: phasesOf(params).map((phase) =>
      wholeStep("convDirect", convDirect.plan({ ...phase, pixels: pixelsOf(variant) }), params),
    ),
  }),
};
