/**
 * Winograd's minimal filtering (Lavin and Gray 2015): input transform, one matrix product for each transformed pixel of a
 * tile, output transform. The products are a grouped 1x1 convolution over an image of tiles.
 */
import { KernelError } from "../../base/errors";
import type { ConvAlgorithm, ConvStep } from "./algorithm";
import type { ConvPacking, KernelPlan } from "../kernel";
import { convDirect } from "./direct";
import type { Conv2dParams, ConvStepParams } from "./params";
import { subgroup, subgroupPlan } from "./subgroup";
import { convWinogradInput, convWinogradOutput } from "./winograd-transforms";

/** Sides of the supported output tiles by size of the kernel. */
const OUTPUTS: Readonly<Record<number, readonly number[]>> = { 3: [4, 2], 4: [2] };

/** Limits on the transformed elements of a band: this many are always allowed, and otherwise this share of src and dst together. */
const SMALL = 2 ** 18;
const SHARE = 0.2;

const up4 = (n: number): number => Math.ceil(n / 4) * 4;

function tilesOf(params: Conv2dParams): readonly number[] {
  const { kernel, strides, dilations, groups, inChannels, outChannels, pool, residual, outHeight, outWidth } = params;
  const outputs = OUTPUTS[kernel[0]] ?? [];
  if ([...strides, ...dilations, groups].some((n) => n !== 1) || kernel[0] !== kernel[1]) return [];
  // Channels are padded to 4.
  if (inChannels < 4 || outChannels < 2 || (pool && (residual || outHeight % 2 || outWidth % 2))) return [];
  // The transform for 4 outputs can make values 36 times as large, and the largest f16 is 65,504.
  return params.elem === "f16" ? outputs.filter((n) => n < 4) : outputs;
}

/** The algorithm of the products, by the suffix of a variant's name. */
const PRODUCTS: Readonly<Record<string, (params: ConvStepParams) => { kernel: string; plan: KernelPlan }>> = {
  "": (params) => ({ kernel: "convDirect", plan: convDirect.plan(params) }),
  "-wide": (params) => ({ kernel: "convDirect", plan: convDirect.plan({ ...params, pixels: 8 }) }),
  "-subgroup": (params) => ({ kernel: "convSubgroup", plan: subgroupPlan(params, SUBGROUP) }),
};
const SUBGROUP = "8x32";

/**
 * Variants: output pixels along each side of a tile, "4" or "2". With "-wide" the products compute 8 tiles per invocation
 * instead of 4; with "-subgroup" they use the algorithm of subgroup.ts.
 */
export const winograd: ConvAlgorithm = {
  name: "winograd",
  variants(params, device) {
    const plain: Conv2dParams = { ...params, inChannels: 4, upsample: undefined, pool: undefined, srcSlice: undefined };
    const forms = Object.keys(PRODUCTS).filter(
      (form) => form !== "-subgroup" || subgroup.variants(plain, device).includes(SUBGROUP),
    );
    return tilesOf(params).flatMap((outputs) => forms.map((form) => `${outputs}${form}`));
  },
  plan(params, variant) {
    const outputs = parseInt(variant);
    const product = PRODUCTS[variant.slice(1)];
    const { batch, inHeight, inWidth, inChannels, outHeight, outWidth, outChannels, kernel, elem } = params;
    if (!product || !tilesOf(params).includes(outputs))
      throw new KernelError("winograd", `one of the tiles ${tilesOf(params).join(", ") || "(none)"}`, variant);
    const points = outputs + kernel[0] - 1;
    const groups = points * points;
    const columns = up4(outChannels);
    const tiles = batch * Math.ceil(outHeight / outputs) * Math.ceil(outWidth / outputs);
    // Works in bands of tiles, so that the transformed images need little memory compared with the images.
    const stored = (outHeight * outWidth * outChannels) / (params.pool ? 4 : 1);
    const whole = batch * (inHeight * inWidth * inChannels + stored);
    const width = groups * (up4(inChannels) + columns);
    const bands = Math.ceil(tiles / Math.max(1, Math.floor(Math.max(SMALL, SHARE * whole) / width)));
    const band = Math.ceil(tiles / bands);
    const steps: ConvStep[] = [];
    for (let first = 0; first < tiles; first += band) {
      const count = Math.min(band, tiles - first);
      const part = { ...params, outputs, first, count };
      const { kernel: productKernel, plan: productPlan } = product({
        ...{ batch: 1, inHeight: 1, inWidth: count, inChannels: groups * up4(inChannels) },
        ...{ outHeight: 1, outWidth: count, outChannels: groups * columns, kernel: [1, 1], strides: [1, 1] },
        ...{ padTop: 0, padLeft: 0, dilations: [1, 1], groups, activation: { fn: "identity" }, residual: false },
        ...{ bias: false, elem, dstElem: "f32" },
      });
      const layout = productPlan.packing!["weights"] as ConvPacking;
      steps.push(
        { kernel: "convWinogradInput", plan: convWinogradInput.plan(part), operands: { src: "src", dst: "#input" } },
        {
          kernel: productKernel,
          plan: {
            ...productPlan,
            packing: {
              weights: {
                ...{ layout: "winograd", outputs, kernel: kernel[0], points, inChannels, outChannels, columns },
                product: { ...layout, groups: 1, inChannels, outChannels: columns },
              },
            },
          },
          operands: { src: "#input", weights: "weights", dst: "#products" },
        },
        {
          kernel: "convWinogradOutput",
          plan: convWinogradOutput.plan(part),
          operands: {
            ...{ src: "#products", bias: "bias", dst: "dst" },
            ...(params.residual && { residual: "residual" }),
          } as ConvStep["operands"],
        },
      );
    }
    return {
      steps,
      temporaries: {
        "#input": band * groups * up4(inChannels),
        "#products": band * groups * columns * (elem === "f16" ? 2 : 1),
      },
    };
  },
};
