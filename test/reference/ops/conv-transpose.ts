import type { NodeFor } from "../../../src/graph/ir";
import { activate } from "../activation";
import { example, weights, type OnnxExample } from "../onnx-example";
import type { Reference } from "../reference";
import { as4, type Tensor } from "../tensor";

/** Every input pixel adds in[n,iy,ix,c] * w[ky,kx,oc,c] to out[n, iy*s+ky*d-p, ...]. */
function convTranspose(node: NodeFor<"convTranspose">, [x, w, bias]: readonly (Tensor | undefined)[]): Tensor {
  const [N, H, W, C] = as4(x!.shape);
  const [KH, KW, OCG] = as4(w!.shape);
  const [, OH, OW, OC] = as4(node.shape);
  const { strides, pads, dilations, groups, activation } = node.attributes;
  const sums = new Float64Array(N * OH * OW * OC);
  for (let n = 0; n < N; n++)
    for (let iy = 0; iy < H; iy++)
      for (let ix = 0; ix < W; ix++)
        for (let c = 0; c < C; c++) {
          const group = Math.floor(c / (C / groups));
          for (let ky = 0; ky < KH; ky++)
            for (let kx = 0; kx < KW; kx++) {
              const oy = iy * strides[0] - pads[0] + ky * dilations[0];
              const ox = ix * strides[1] - pads[1] + kx * dilations[1];
              if (oy < 0 || oy >= OH || ox < 0 || ox >= OW) continue;
              for (let o = 0; o < OCG; o++) {
                const at = ((n * OH + oy) * OW + ox) * OC + group * OCG + o;
                sums[at] =
                  sums[at]! + x!.data[((n * H + iy) * W + ix) * C + c]! * w!.data[((ky * KW + kx) * OCG + o) * C + c]!;
              }
            }
        }
  const data = Float32Array.from(sums, (sum, i) => activate(activation, sum + (bias?.data[i % OC] ?? 0)));
  return { shape: node.shape, data };
}

export const reference: Reference<"convTranspose"> = { op: "convTranspose", compute: convTranspose };

export const onnx: readonly OnnxExample[] = [
  example("ConvTranspose", ["x", weights([4, 3, 4, 4])], { strides: [2, 2] }),
];
