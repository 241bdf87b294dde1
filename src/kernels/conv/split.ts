/**
 * Split-K: sums over input channels are computed in parts, because convolutions with few output pixels have too few
 * invocations for a GPU. Each part is a group of a grouped convolution that computes all output channels from its share of
 * the input channels; a second dispatch adds the parts, which are f32.
 */
import wgsl from "../../../shaders/conv/split-sum.wgsl?raw";
import { KernelError } from "../../base/errors";
import { elemBytes, linearGrid, type AnyKernel, type KernelPlan } from "../kernel";
import type { ConvAlgorithm, ConvStep } from "./algorithm";
import { convDirect, directPacking, type DirectParams } from "./direct";
import { biasPacking, CONV_BINDINGS, epilogueConstants, epilogueFlags, epilogueSizes, unboundOf } from "./epilogue";
import { gathersVectors } from "./gather";
import { convSizes, type Conv2dParams } from "./params";

const PARTS = [2, 4, 8];

/** src: f32 [N,OH,OW,parts,OC rounded up to 4], bias, residual -> dst. */
export const convSplitSum: AnyKernel = { name: "conv/split-sum", wgsl, bindings: CONV_BINDINGS };

/** Whether each part has a multiple of four input channels. */
function splits(params: Conv2dParams, parts: number): boolean {
  return params.groups === 1 && gathersVectors(params) && params.inChannels % (4 * parts) === 0;
}

/** src [N,H,W,C], weights in parts -> dst: f32 [N,OH,OW,parts,OC rounded up to 4]. */
function productsPlan(params: Conv2dParams, parts: number): KernelPlan {
  const { slice: _, ...rest } = params;
  const grouped: DirectParams = {
    ...{ ...rest, groups: parts, outChannels: parts * 4 * Math.ceil(params.outChannels / 4) },
    ...{ residual: false, bias: false, activation: { fn: "identity" }, dstElem: "f32" },
  };
  const weights = { ...directPacking(grouped), groups: 1, outChannels: params.outChannels, parts };
  return { ...convDirect.plan(grouped), packing: { weights } };
}

function sumPlan(params: Conv2dParams, parts: number): KernelPlan {
  const { elem, residual, outChannels } = params;
  const width4 = Math.ceil(outChannels / 4);
  const count = convSizes(params).pixels * width4;
  return {
    constants: epilogueConstants(params),
    runtime: { ...epilogueSizes(params), PARTS: parts, WIDTH4: width4, COUNT: count },
    flags: epilogueFlags(params),
    grid: linearGrid(count),
    flops: 4 * count * parts,
    bytes: count * (16 * parts + 4 * elemBytes(elem) * (residual ? 2 : 1)),
    packing: { bias: biasPacking(params) },
    unbound: ["weights", ...unboundOf(params)],
  };
}

/** Variants: number of parts. */
export const split: ConvAlgorithm = {
  name: "split",
  readsSlices: true,
  variants: (params) => PARTS.filter((parts) => splits(params, parts)).map(String),
  plan(params, variant) {
    const parts = Number(variant);
    if (!PARTS.includes(parts) || !splits(params, parts))
      throw new KernelError("split", "2, 4 or 8 parts of input channels in fours", variant);
    const width = 4 * Math.ceil(params.outChannels / 4);
    const length = params.batch * params.outHeight * params.outWidth * parts * width;
    const products: ConvStep = {
      kernel: "convSplit",
      plan: productsPlan(params, parts),
      operands: { src: "src", weights: "weights", dst: "#parts" },
    };
    const sum: ConvStep = {
      kernel: "convSplitSum",
      plan: sumPlan(params, parts),
      operands: { src: "#parts", bias: "bias", dst: "dst", ...(params.residual && { residual: "residual" }) },
    };
    return { steps: [products, sum], temporaries: { "#parts": (4 / elemBytes(params.elem)) * length } };
  },
};
