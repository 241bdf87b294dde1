/** Winograd's transforms of a convolution's input and output; see shaders/lib/winograd.wgsl. */
import inputWgsl from "../../../shaders/conv/winograd-input.wgsl?raw";
import outputWgsl from "../../../shaders/conv/winograd-output.wgsl?raw";
import { activationConstants } from "../activation";
import { lanesFor, unitTypes } from "../checks";
import { elemBytes, linearGrid, type Kernel } from "../kernel";
import type { Conv2dParams } from "./params";

/** A band of a convolution by F(outputs x outputs, kernel x kernel): the tiles first, ..., first + count - 1. */
interface WinogradParams extends Conv2dParams {
  /** Output pixels along each side of a tile. */
  readonly outputs: number;
  readonly first: number;
  readonly count: number;
}

/**
 * Channels per invocation: four where a tile has 16 values. Tiles of 25 or 36 vec4 spill registers on GPUs, and software
 * drivers compile them for seconds.
 */
function lanesOf({ outputs, kernel }: WinogradParams, ...channels: readonly number[]): 1 | 4 {
  return outputs + kernel[0] > 5 ? 1 : lanesFor(...channels);
}

/** The common part of both plans. `channels`: channels to transform, rounded up to a multiple of 4. */
function common(
  { outputs, kernel, outHeight, outWidth, first, count }: WinogradParams,
  lanes: 1 | 4,
  channels: number,
) {
  const padded = Math.ceil(channels / 4) * 4;
  return {
    runtime: {
      UNITS: padded / lanes,
      TILES_Y: Math.ceil(outHeight / outputs),
      TILES_X: Math.ceil(outWidth / outputs),
      FIRST_TILE: first,
    },
    form: { F2K3: outputs === 2 && kernel[0] === 3, F2K4: outputs === 2 && kernel[0] === 4 },
    products: count * (outputs + kernel[0] - 1) ** 2 * padded,
  };
}

/** src [N,H,W,C] -> dst [tiles, points, points, C rounded up to 4], points = outputs + kernel - 1. */
export const convWinogradInput: Kernel<WinogradParams> = {
  name: "conv/winograd-input",
  wgsl: inputWgsl,
  bindings: { src: "read", dst: "write" },
  plan(params) {
    const { inHeight, inWidth, inChannels, padTop, padLeft, elem, count, upsample = [1, 1] } = params;
    const lanes = lanesOf(params, inChannels);
    const { runtime, form, products } = common(params, lanes, inChannels);
    const invocations = count * runtime.UNITS;
    const sizes = { IN_H: inHeight, IN_W: inWidth, IN_UNITS: inChannels / lanes, PAD_TOP: padTop, PAD_LEFT: padLeft };
    return {
      constants: { ...unitTypes(elem, lanes), UP_Y: upsample[0], UP_X: upsample[1] },
      runtime: { ...runtime, ...sizes, COUNT: invocations },
      flags: form,
      grid: linearGrid(invocations),
      // Each transformed value is a short sum along each axis.
      flops: 4 * products,
      bytes: 2 * elemBytes(elem) * products,
    };
  },
};

/** src [tiles, points, points, OC rounded up to 4] in f32, bias [OC], residual [N,OH,OW,OC] -> dst [N,OH,OW,OC], or OC of its channels, or half as high and wide. */
export const convWinogradOutput: Kernel<WinogradParams> = {
  name: "conv/winograd-output",
  wgsl: outputWgsl,
  bindings: { src: "read", bias: "read", residual: "read", dst: "write" },
  plan(params) {
    const { outHeight, outWidth, outChannels, outputs, residual, count, elem, activation, pool } = params;
    const { first, channels } = params.slice ?? { first: 0, channels: outChannels };
    const lanes = lanesOf(params, outChannels, first, channels);
    const { runtime, form, products } = common(params, lanes, outChannels);
    const units = outChannels / lanes;
    const sizes = {
      ...{ OUT_H: outHeight, OUT_W: outWidth, OUT_UNITS: units },
      ...{ DST_UNITS: channels / lanes, DST_FIRST: first / lanes },
    };
    const written = (count * outputs ** 2 * outChannels) / (pool ? 4 : 1);
    return {
      constants: {
        ...unitTypes(elem, lanes),
        ...activationConstants(activation),
        POOL: pool ? 2 : 1,
        product: lanes === 4 ? "vec4<f32>" : "f32",
      },
      runtime: { ...runtime, ...sizes, COUNT: count * units },
      flags: { ...form, VECTOR: lanes === 4, RESIDUAL: residual },
      grid: linearGrid(count * units),
      flops: 4 * products,
      bytes: elemBytes(elem) * (products + written * (residual ? 2 : 1)),
      packing: { bias: { layout: "pad", length: outChannels } },
      unbound: residual ? [] : ["residual"],
    };
  },
};
