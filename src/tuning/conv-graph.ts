/** A graph of one convolution, to test and to time convolution algorithms. */
import type { Conv2dParams } from "../kernels/conv/params";
import { quantized } from "../graph/constants/int8";
import type { Activation, Constant, Graph } from "../graph/ir";

/** Values of the constant operands, row-major: weights [KH,KW,C/groups,OC] and bias [OC]. */
export interface ConvConstants {
  readonly weights: Float32Array;
  readonly bias: Float32Array;
}

/** Inputs: src and, with `residual`, residual; output: dst. `params.int8` rounds weights to 8-bit integers. Slices of `params` are ignored. */
export function convGraph(params: Conv2dParams, { weights, bias }: ConvConstants): Graph {
  const { batch, inHeight, inWidth, inChannels, outHeight, outWidth, outChannels, kernel, groups } = params;
  const { strides, dilations, activation, residual, padTop, padLeft, upsample = [1, 1], pool = false } = params;
  const kept = pool ? 2 : 1;
  const shape = [batch, outHeight / kept, outWidth / kept, outChannels];
  const after = (out: number, size: number, i: 0 | 1, before: number): number =>
    Math.max(0, (out - 1) * strides[i] + (kernel[i] - 1) * dilations[i] + 1 - before - size);
  const pads = [
    padTop,
    padLeft,
    after(outHeight, inHeight * upsample[0], 0, padTop),
    after(outWidth, inWidth * upsample[1], 1, padLeft),
  ] as const;
  const around = { ...(params.upsample && { upsample }), ...(pool && { pool }) };
  const size = [...kernel, inChannels / groups, outChannels];
  return {
    label: "convolution",
    inputs: [
      { name: "src", shape: [batch, inHeight, inWidth, inChannels] },
      ...(residual ? [{ name: "residual", shape }] : []),
    ],
    outputs: [{ name: "dst", value: "dst" }],
    constants: new Map<string, Constant>([
      ["weights", params.int8 ? quantized(size, weights) : { shape: size, data: weights }],
      ["bias", { shape: [outChannels], data: bias }],
    ]),
    nodes: [
      {
        op: "conv",
        output: "dst",
        inputs: ["src", "weights", "bias", ...(residual ? ["residual"] : [])],
        attributes: { strides, pads, dilations, groups, activation: activation as Activation, ...around },
        shape,
        origin: [],
      },
    ],
  };
}
