/**
 * Convolution summed in parts, for short matrices: a GPU has too few invocations there otherwise. Each part takes some of
 * the input channels, as a group of a grouped convolution with all outputs for every group would; sums of parts are f32.
 */
import partLib from "../../../shaders/lib/conv-part.wgsl?raw";
import indexingLib from "../../../shaders/lib/indexing.wgsl?raw";
import wgsl from "../../../shaders/conv/split-sum.wgsl?raw";
import { KernelError } from "../../errors";
import { activationLib } from "../activation";
import type { ConvAlgorithm, ConvStep } from "./algorithm";
import { epilogueLibs, epiloguePlan, gathersVectors } from "./gather";
import { conv2d, type Conv2dParams } from "./conv2d";
import { elemBytes, linearGrid, WORKGROUP_SIZE, type Kernel, type KernelPlan } from "../kernel";

const PARTS = [2, 4, 8];

/** src [N,H,W,C], weights in parts -> dst: f32 [N,OH,OW,parts,OC rounded up to 4]. */
export const convPart: Omit<Kernel<Conv2dParams>, "plan"> = { ...conv2d, libs: [partLib, activationLib] };

/** src: f32 [N,OH,OW,parts,OC rounded up to 4], bias, residual -> dst. */
export const convSum: Omit<Kernel<Conv2dParams>, "plan"> = {
  name: "conv-sum",
  wgsl,
  libs: [indexingLib, ...epilogueLibs],
  bindings: conv2d.bindings,
};

/** Whether each part has whole vec4 of input channels. */
function splits(params: Conv2dParams, parts: number): boolean {
  return params.groups === 1 && gathersVectors(params) && params.inChannels % (4 * parts) === 0;
}

function partPlan(params: Conv2dParams, parts: number): KernelPlan {
  const width = 4 * Math.ceil(params.outChannels / 4);
  const { slice: _, ...rest } = params;
  const grouped = { ...rest, groups: parts, outChannels: parts * width, residual: false };
  const plan = conv2d.plan({ ...grouped, activation: { fn: "identity" }, variant: { tile: 4 } });
  const weights = { ...plan.packing!["weights"]!, groups: 1, outChannels: params.outChannels, parts };
  return {
    ...plan,
    constants: { ...plan.constants, dst_elem: "f32" },
    flags: { ...plan.flags, BIAS: false },
    packing: { weights },
    unbound: ["bias", "residual"],
  };
}

function sumPlan(params: Conv2dParams, parts: number): KernelPlan {
  const base = conv2d.plan(params);
  const { constants, flags, sizes } = epiloguePlan(base);
  const width4 = Math.ceil(params.outChannels / 4);
  const count = params.batch * params.outHeight * params.outWidth * width4;
  return {
    constants: { ...constants, PARTS: parts, WIDTH4: width4, WORKGROUP: WORKGROUP_SIZE },
    runtime: [...sizes, "PARTS", "WIDTH4"],
    flags,
    grid: linearGrid(count),
    flops: 4 * count * parts,
    bytes: count * (16 * parts + 4 * elemBytes(params.elem) * (params.residual ? 2 : 1)),
    packing: { bias: base.packing!["bias"]! },
    unbound: ["weights", ...(base.unbound ?? [])],
  };
}

/** Variants: parts. */
export const splitK: ConvAlgorithm = {
  name: "split-k",
  readsSlices: true,
  variants: (params) => PARTS.filter((parts) => splits(params, parts)).map(String),
  plan(params, variant) {
    const parts = Number(variant);
    if (!PARTS.includes(parts) || !splits(params, parts))
      throw new KernelError("split-k", "2, 4 or 8 parts of input channels in fours", variant);
    const width = 4 * Math.ceil(params.outChannels / 4);
    const length = params.batch * params.outHeight * params.outWidth * parts * width;
    const products: ConvStep = {
      kernel: "convPart",
      plan: partPlan(params, parts),
      operands: { src: "src", weights: "weights", dst: "#parts" },
    };
    const sum: ConvStep = {
      kernel: "convSum",
      plan: sumPlan(params, parts),
      operands: { src: "#parts", bias: "bias", dst: "dst", ...(params.residual && { residual: "residual" }) },
    };
    return { steps: [products, sum], temporaries: { "#parts": (4 / elemBytes(params.elem)) * length } };
  },
};
