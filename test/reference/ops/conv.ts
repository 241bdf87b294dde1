import { IDENTITY, type NodeFor } from "../../../src/graph/ir";
import { activate } from "../activation";
import { example, weights, type OnnxExample } from "../onnx-example";
import type { Reference } from "../reference";
import { as4, fill, type Tensor } from "../tensor";

/** out[n,y,x,oc] = bias[oc] + sum over ky,kx,ic of in[n, y*s+ky*d-p, ..., g*C/groups+ic] * w[ky,kx,ic,oc]. */
function conv(node: NodeFor<"conv">, [x, w, bias, residual]: readonly (Tensor | undefined)[]): Tensor {
  const [N, IH, IW, C] = as4(x!.shape);
  const [KH, KW, IC, OC] = as4(w!.shape);
  const { strides, pads, dilations, groups, activation, upsample: [uy, ux] = [1, 1], pool } = node.attributes;
  const [H, W] = [IH * uy, IW * ux];
  if (pool) {
    // Kernels activate the largest sum, or keep the largest of activated sums: equal only where the activation never decreases.
    const { pool: _, ...rest } = node.attributes;
    const [, ph, pw] = as4(node.shape);
    const attributes = { ...rest, activation: IDENTITY };
    const whole = conv({ ...node, shape: [N, ph * 2, pw * 2, OC], attributes }, [x, w, bias]);
    const at = (n: number, y: number, x: number, c: number) => whole.data[((n * ph * 2 + y) * pw * 2 + x) * OC + c]!;
    return fill(node.shape, ([n, y, x, c]) =>
      activate(activation, Math.max(...[0, 1, 2, 3].map((i) => at(n!, y! * 2 + (i >> 1), x! * 2 + (i & 1), c!)))),
    );
  }
  if (IC * groups !== C) throw new Error(`${node.output}: ${C} channels, weights for ${IC} x ${groups} groups`);
  const perGroup = OC / groups;
  let flat = 0;
  return fill(node.shape, ([n, oy, ox, oc]) => {
    let sum = bias === undefined ? 0 : bias.data[oc!]!;
    const first = Math.floor(oc! / perGroup) * IC;
    for (let ky = 0; ky < KH; ky++) {
      const iy = oy! * strides[0] - pads[0] + ky * dilations[0];
      if (iy < 0 || iy >= H) continue;
      for (let kx = 0; kx < KW; kx++) {
        const ix = ox! * strides[1] - pads[1] + kx * dilations[1];
        if (ix < 0 || ix >= W) continue;
        for (let ic = 0; ic < IC; ic++)
          sum +=
            x!.data[((n! * IH + Math.floor(iy / uy)) * IW + Math.floor(ix / ux)) * C + first + ic]! *
            w!.data[((ky * KW + kx) * IC + ic) * OC + oc!]!;
      }
    }
    if (residual !== undefined) sum += residual.data[flat]!;
    flat++;
    return activate(activation, sum);
  });
}

export const reference: Reference<"conv"> = { op: "conv", compute: conv };

export const onnx: readonly OnnxExample[] = [
  example("Conv", ["x", weights([5, 4, 3, 3]), weights([5])], { pads: [1, 1, 1, 1] }),
];
