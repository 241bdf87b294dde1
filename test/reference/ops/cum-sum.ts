import type { NodeFor, Shape } from "../../../src/graph/ir";
import { cumSum as kernel } from "../../../src/kernels/cum-sum";
import { kernelCase, type KernelCase } from "../../kernels/kernel-case";
import { example, int64s, type OnnxExample } from "../onnx-example";
import type { Reference } from "../reference";
import { fill, flatOf, type Tensor } from "../tensor";

/** out[.., k, ..] = sum over j <= k of x[.., j, ..]; with reverse, over j >= k. */
function cumSum(node: NodeFor<"cumSum">, x: Tensor): Tensor {
  const { axis, exclusive, reverse } = node.attributes;
  return fill(node.shape, (index) => {
    let sum = 0;
    for (let j = 0; j < x.shape[axis]!; j++) {
      const before = reverse ? j > index[axis]! : j < index[axis]!;
      if (before || (j === index[axis] && !exclusive))
        sum += x.data[flatOf(Object.assign([...index], { [axis]: j }), x.shape)]!;
    }
    return sum;
  });
}

export const reference: Reference<"cumSum"> = { op: "cumSum", compute: (node, [x]) => cumSum(node, x!) };

/** [outer, axis, inner], summed along the middle. */
function cumSumCase(shape: readonly [number, number, number], exclusive: boolean, reverse: boolean): KernelCase {
  const [outer, axis, inner] = shape;
  const src: { shape: Shape } = { shape };
  // f32 rounds each of up to `axis` sums, f16 rounds the result to 11 bits; most sums are below the square root of axis.
  const tolerance = { f32: { abs: 1e-7 * axis }, f16: { abs: 2 ** -10 * Math.sqrt(axis) } };
  const params = { outer, axis, inner, exclusive, reverse };
  return kernelCase(kernel, params, { src }, "cumSum", { axis: 1, exclusive, reverse }, shape, tolerance);
}

export const cases: readonly KernelCase[] = [
  cumSumCase([1, 1, 1], false, false),
  cumSumCase([1, 1, 1], true, true),
  ...[false, true].flatMap((exclusive) =>
    [false, true].flatMap((reverse) => [
      cumSumCase([3, 5, 7], exclusive, reverse),
      cumSumCase([2, 9, 8], exclusive, reverse), // vec4
      cumSumCase([65, 3, 1], exclusive, reverse), // one row more than a workgroup
    ]),
  ),
  cumSumCase([1, 1000, 4], false, false),
];

export const onnx: readonly OnnxExample[] = [example("CumSum", ["x", int64s([2], [])])];
