import type { NodeFor, OpAttributes, Shape } from "../../../src/graph/ir";
import { pool2d } from "../../../src/kernels/pool2d";
import { kernelCase, ROUNDED, type KernelCase } from "../../kernels/kernel-case";
import { example, type OnnxExample } from "../onnx-example";
import type { Reference } from "../reference";
import { as4, fill, type Tensor } from "../tensor";

/** Maximum or average of the taps inside the picture. */
function pool(node: NodeFor<"pool">, x: Tensor): Tensor {
  const [, H, W, C] = as4(x.shape);
  const { kind, kernel, strides, pads, dilations, countIncludePad } = node.attributes;
  return fill(node.shape, ([n, oy, ox, c]) => {
    let sum = 0;
    let max = -Infinity;
    let taps = 0;
    let padded = 0;
    for (let ky = 0; ky < kernel[0]; ky++)
      for (let kx = 0; kx < kernel[1]; kx++) {
        const iy = oy! * strides[0] - pads[0] + ky * dilations[0];
        const ix = ox! * strides[1] - pads[1] + kx * dilations[1];
        // With ceil_mode a window may reach past the padding; what lies there never counts.
        if (iy < H + pads[2] && ix < W + pads[3]) padded++;
        if (iy < 0 || iy >= H || ix < 0 || ix >= W) continue;
        const value = x.data[((n! * H + iy) * W + ix) * C + c!]!;
        sum += value;
        max = Math.max(max, value);
        taps++;
      }
    if (kind === "max") return max;
    return sum / (countIncludePad ? padded : taps);
  });
}

export const reference: Reference<"pool"> = { op: "pool", compute: (node, [x]) => pool(node, x!) };

type Attributes = OpAttributes["pool"];

/** Maxima of 2x2 pixels that do not overlap. */
export const PLAIN_POOL: Attributes = {
  kind: "max",
  kernel: [2, 2],
  strides: [2, 2],
  pads: [0, 0, 0, 0],
  dilations: [1, 1],
  countIncludePad: false,
};

function poolCase(shape: Shape, attributes: Partial<Attributes>, outHeight: number, outWidth: number): KernelCase {
  const [batch, inHeight, inWidth, channels] = shape as [number, number, number, number];
  const all: Attributes = { ...PLAIN_POOL, ...attributes };
  const [padTop, padLeft, padBottom, padRight] = all.pads;
  const pads = { padTop, padLeft, padBottom, padRight };
  const params = { batch, inHeight, inWidth, channels, outHeight, outWidth, ...all, ...pads };
  return kernelCase(pool2d, params, { src: { shape } }, "pool", all, [batch, outHeight, outWidth, channels], ROUNDED);
}

const average = { kind: "average" } as const;
const around = { kernel: [3, 3], strides: [1, 1], pads: [1, 1, 1, 1] } as const;

export const cases: readonly KernelCase[] = [
  poolCase([1, 1, 1, 1], { kernel: [1, 1], strides: [1, 1] }, 1, 1),
  poolCase([1, 8, 6, 8], {}, 4, 3), // the table network's pooling
  poolCase([2, 9, 7, 5], {}, 4, 3), // odd sizes drop a line
  poolCase([2, 9, 7, 5], {}, 5, 4), // ceil_mode keeps it
  poolCase([1, 9, 7, 4], { kernel: [3, 3], pads: [0, 0, 1, 1] }, 4, 3),
  poolCase([1, 7, 9, 3], { ...around, kernel: [3, 2], strides: [2, 3], pads: [1, 0, 1, 1] }, 4, 3),
  poolCase([1, 8, 8, 4], { kernel: [2, 3], strides: [1, 1], dilations: [3, 2] }, 5, 4),
  poolCase([2, 5, 6, 8], { ...average, ...around }, 5, 6), // Inception's pooling branch
  poolCase([2, 5, 6, 8], { ...average, ...around, countIncludePad: true }, 5, 6),
  poolCase([1, 5, 5, 3], { ...average, kernel: [2, 2], pads: [1, 0, 0, 1] }, 3, 3),
  // ceil_mode: the last windows reach one past the padding.
  poolCase([1, 6, 6, 4], { ...average, kernel: [3, 3], pads: [1, 1, 0, 0], countIncludePad: true }, 4, 4),
  poolCase([1, 6, 6, 1], { ...average, kernel: [3, 3], pads: [1, 1, 1, 1], countIncludePad: true }, 4, 4),
  poolCase([1, 9, 9, 4], { ...average, kernel: [2, 2], pads: [1, 1, 1, 1], dilations: [2, 2] }, 5, 5),
  poolCase([1, 4, 3, 63], { kernel: [4, 3], ...average }, 1, 1),
];

export const onnx: readonly OnnxExample[] = [
  example("AveragePool", ["x"], { kernel_shape: [3, 3], strides: [2, 2], pads: [1, 1, 1, 1] }),
  example("MaxPool", ["x"], { kernel_shape: [3, 3], strides: [2, 2] }),
];
