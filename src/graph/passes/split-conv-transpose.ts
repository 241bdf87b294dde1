/**
 * Computes a transposed convolution as a convolution, whose channels are the pixels of each block of the output.
 *
 *   before                                                   after
 *   %y: f32[1,8,8,4] = convTranspose(%x, %w, %b)             %c: f32[1,4,4,16] = conv(%x, %c.w, %c.b) {strides=1x1 pads=1x1x1x1 ...}
 *       {strides=2x2 pads=1x1x1x1 ...}                       %y: f32[1,8,8,4] = depthToSpace(%c) {block=2 mode=DCR}
 *
 * With stride s, padding p and kernel size K along one axis, row s m + r of the output is the sum over j of x[m - j] w[s j + r + p], where
 * 0 <= s j + r + p < K. So all rows of a block read the same few rows of x, and the weights outside of K are zero. Convolutions have fast
 * algorithms, which is worth up to 2.25 times the products (K = 4, s = 2).
 *
 * Conditions: one group, no dilation, equal strides of 2 or more, constant weights and bias, and an output of s times the input's size.
 */
import { deferred, derivedKey } from "../constants/deferred";
import { rewrite } from "../edit";
import { sizeOf, type Constant, type Node, type NodeFor } from "../ir";
import type { Pass } from "./pass";

/** Most products of the convolution for one of the transposed convolution. */
const MOST_PRODUCTS = 2.25;

/** The taps of the convolution along one axis: how many, and which of them reads the pixel at the block's own place. */
interface Taps {
  readonly count: number;
  readonly own: number;
}

function tapsOf(kernel: number, stride: number, pad: number): Taps {
  const least = Math.ceil((1 - stride - pad) / stride);
  const own = Math.floor((kernel - 1 - pad) / stride);
  return { count: own - least + 1, own };
}

/** [KH,KW,OC,C] -> [rows,columns,C,block*block*OC]. */
function blockWeights(
  weights: Constant,
  block: number,
  pads: readonly number[],
  taps: readonly [Taps, Taps],
): Constant {
  const [kh, kw, out, channels] = weights.shape as [number, number, number, number];
  const [rows, columns] = taps;
  const shape = [rows.count, columns.count, channels, block * block * out];
  const key = derivedKey(`blocks ${block} ${pads.join()}`, weights);
  const make = (): Float32Array => {
    const { data } = weights;
    const result = new Float32Array(sizeOf(shape));
    let at = 0;
    for (let ty = 0; ty < rows.count; ty++)
      for (let tx = 0; tx < columns.count; tx++)
        for (let c = 0; c < channels; c++)
          for (let ry = 0; ry < block; ry++)
            for (let rx = 0; rx < block; rx++, at += out) {
              const ky = block * (rows.own - ty) + ry + pads[0]!;
              const kx = block * (columns.own - tx) + rx + pads[1]!;
              if (ky < 0 || ky >= kh || kx < 0 || kx >= kw) continue;
              const from = (ky * kw + kx) * out * channels + c;
              for (let o = 0; o < out; o++) result[at + o] = data[from + o * channels]!;
            }
    return result;
  };
  return deferred({ shape, key }, make, weights);
}

/** [OC] -> [times*OC]. */
function repeated(bias: Constant, times: number): Constant {
  const length = bias.shape[0]!;
  const make = (): Float32Array => {
    const { data } = bias;
    return Float32Array.from({ length: times * length }, (_, i) => data[i % length]!);
  };
  return deferred({ shape: [times * length], key: derivedKey(`repeat ${times}`, bias) }, make, bias);
}

/** The taps along both axes, where the pass applies. */
function tapsFor(
  { attributes, shape }: NodeFor<"convTranspose">,
  x: Node["shape"],
  weights: Constant,
): [Taps, Taps] | undefined {
  const { strides, pads, dilations, groups } = attributes;
  const [stride] = strides;
  const exact = shape[1] === x[1]! * stride && shape[2] === x[2]! * stride;
  if (groups !== 1 || stride < 2 || strides[1] !== stride || dilations.some((n) => n !== 1) || !exact) return undefined;
  const [kh, kw] = weights.shape as [number, number, number, number];
  const taps: [Taps, Taps] = [tapsOf(kh, stride, pads[0]), tapsOf(kw, stride, pads[1])];
  const inside = taps.every(({ count, own }) => own >= 0 && own < count);
  const products = (taps[0].count * taps[1].count * stride * stride) / (kh * kw);
  return inside && products <= MOST_PRODUCTS ? taps : undefined;
}

export const splitConvTranspose: Pass = {
  name: "split-conv-transpose",
  run(graph) {
    return rewrite(graph, (node, rw) => {
      if (node.op !== "convTranspose") return void rw.emit(node);
      const [x = "", weightsName = "", biasName = ""] = node.inputs;
      const [weights, bias] = [rw.constant(weightsName), rw.constant(biasName)];
      const taps = weights && bias && tapsFor(node, rw.shape(x), weights);
      if (!taps) return void rw.emit(node);
      const { strides, pads, activation } = node.attributes;
      const [block] = strides;
      const [rows, columns] = taps;
      const [batch, height, width] = rw.shape(x) as [number, number, number];
      const output = rw.fresh(`${node.output}.blocks`);
      const inputs = [
        x,
        rw.addConstant(`${output}.w`, blockWeights(weights, block, pads, taps)),
        rw.addConstant(`${output}.b`, repeated(bias, block * block)),
      ];
      rw.emit({
        op: "conv",
        inputs,
        output,
        shape: [batch, height, width, block * block * node.shape[3]!],
        origin: node.origin,
        attributes: {
          strides: [1, 1],
          pads: [rows.own, columns.own, rows.count - 1 - rows.own, columns.count - 1 - columns.own],
          dilations: [1, 1],
          groups: 1,
          activation,
        },
      });
      const { shape, origin } = node;
      const attributes = { block, mode: "DCR" } as const;
      rw.emit({ op: "depthToSpace", inputs: [output], output: node.output, shape, origin, attributes });
    });
  },
};
