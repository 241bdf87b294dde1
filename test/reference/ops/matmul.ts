import type { NodeFor } from "../../../src/graph/ir";
import { activate } from "../activation";
import { example, weights, type OnnxExample } from "../onnx-example";
import type { Reference } from "../reference";
import { fill, flatOf, type Tensor } from "../tensor";

/** [...,M,K] x [...,K,N] (+ bias [N]); b without batch dimensions is used for every matrix of a. */
function matmul(node: NodeFor<"matmul">, [a, b, bias]: readonly Tensor[]): Tensor {
  const K = a!.shape.at(-1)!;
  if (b!.shape.at(-2) !== K) throw new Error(`${node.output}: [${a!.shape}] x [${b!.shape}]`);
  const batched = b!.shape.length > 2;
  return fill(node.shape, (index) => {
    const batch = index.slice(0, -2);
    const [m, n] = index.slice(-2) as [number, number];
    const aRow = flatOf([...batch, m, 0], a!.shape);
    const bFirst = flatOf([...(batched ? batch : []), 0, n], b!.shape);
    const bStride = b!.shape.at(-1)!;
    let sum = bias === undefined ? 0 : bias.data[n]!;
    for (let k = 0; k < K; k++) sum += a!.data[aRow + k]! * b!.data[bFirst + k * bStride]!;
    return activate(node.attributes.activation, sum);
  });
}

export const reference: Reference<"matmul"> = { op: "matmul", compute: matmul };

export const onnx: readonly OnnxExample[] = [
  example("Einsum", ["x", weights([4, 6])], { equation: "nchw,cd->ndhw" }),
  example("MatMul", ["x", "positive"]),
  example("Gemm", [weights([3, 5]), weights([5, 4]), weights([4])], { alpha: 0.5 }),
];
