/** Convolution as plain loops on the processor, to compare a device's results with. */
import { scalarActivation } from "../graph/constants/scalar";
import type { Activation } from "../graph/ir";
import type { Conv2dParams } from "../kernels/conv/params";

/** Row-major operands: src [N,H,W,C], weights [KH,KW,C/groups,OC], bias [OC], residual as the output before pooling. */
export interface ConvOperands {
  readonly src: Float32Array;
  readonly weights: Float32Array;
  readonly bias: Float32Array;
  readonly residual?: Float32Array;
}

/** The output [N,OH,OW,OC], or [N,OH/2,OW/2,OC] with pooling. Ignores slices. Yields after each row of pixels. */
export function* plainConvolution(params: Conv2dParams, operands: ConvOperands): Generator<undefined, Float32Array> {
  const { batch, outHeight, outWidth, outChannels, residual, pool } = params;
  const activate = scalarActivation(params.activation as Activation);
  const whole = new Float32Array(batch * outHeight * outWidth * outChannels);
  for (let row = 0; row < batch * outHeight; row++) {
    for (let x = 0; x < outWidth; x++)
      for (let channel = 0; channel < outChannels; channel++) {
        const at = (row * outWidth + x) * outChannels + channel;
        const sum = windowSum(params, operands, Math.floor(row / outHeight), [row % outHeight, x], channel);
        whole[at] = activate(sum + operands.bias[channel]! + (residual ? operands.residual![at]! : 0));
      }
    yield;
  }
  return pool ? pooled(params, whole) : whole;
}

/** The sum of products under the window of one output pixel and channel. Pixels outside the image are zero. */
function windowSum(
  { inHeight, inWidth, inChannels, outChannels, groups, upsample: [upY, upX] = [1, 1], ...window }: Conv2dParams,
  { src, weights }: ConvOperands,
  image: number,
  [y, x]: readonly [number, number],
  channel: number,
): number {
  const { kernel, strides, dilations, padTop, padLeft } = window;
  const inner = inChannels / groups;
  const first = Math.floor(channel / (outChannels / groups)) * inner;
  let sum = 0;
  for (let ky = 0; ky < kernel[0]; ky++) {
    const row = Math.floor((y * strides[0] - padTop + ky * dilations[0]) / upY);
    if (row < 0 || row >= inHeight) continue;
    for (let kx = 0; kx < kernel[1]; kx++) {
      const column = Math.floor((x * strides[1] - padLeft + kx * dilations[1]) / upX);
      if (column < 0 || column >= inWidth) continue;
      const from = ((image * inHeight + row) * inWidth + column) * inChannels + first;
      const tap = (ky * kernel[1] + kx) * inner;
      for (let i = 0; i < inner; i++) sum += src[from + i]! * weights[(tap + i) * outChannels + channel]!;
    }
  }
  return sum;
}

/** 2x2 max pooling. */
function pooled({ batch, outHeight, outWidth, outChannels }: Conv2dParams, whole: Float32Array): Float32Array {
  const result = new Float32Array(whole.length / 4).fill(-Infinity);
  for (let row = 0; row < batch * outHeight; row++)
    for (let x = 0; x < outWidth; x++)
      for (let channel = 0; channel < outChannels; channel++) {
        const to = ((row >> 1) * (outWidth / 2) + (x >> 1)) * outChannels + channel;
        result[to] = Math.max(result[to]!, whole[(row * outWidth + x) * outChannels + channel]!);
      }
  return result;
}
