import type { NodeFor } from "../../../src/graph/ir";
import { instanceNorm as kernel } from "../../../src/kernels/normalize";
import { kernelCase, type KernelCase } from "../../kernels/kernel-case";
import { NORMALIZED } from "../rows";
import { example, weights, type OnnxExample } from "../onnx-example";
import type { Reference } from "../reference";
import { as4, type Tensor } from "../tensor";

/** (x - mean) / sqrt(variance + epsilon) * scale + bias, statistics over H and W of each image and channel. */
function instanceNorm(node: NodeFor<"instanceNorm">, [x, scale, bias]: readonly (Tensor | undefined)[]): Tensor {
  const [N, H, W, C] = as4(x!.shape);
  const data = new Float32Array(x!.data.length);
  for (let n = 0; n < N; n++)
    for (let c = 0; c < C; c++) {
      const at = (pixel: number) => (n * H * W + pixel) * C + c;
      let mean = 0;
      for (let p = 0; p < H * W; p++) mean += x!.data[at(p)]! / (H * W);
      let variance = 0;
      for (let p = 0; p < H * W; p++) variance += (x!.data[at(p)]! - mean) ** 2 / (H * W);
      const factor = scale!.data[c]! / Math.sqrt(variance + node.attributes.epsilon);
      for (let p = 0; p < H * W; p++) data[at(p)] = (x!.data[at(p)]! - mean) * factor + bias!.data[c]!;
    }
  return { shape: node.shape, data };
}

export const reference: Reference<"instanceNorm"> = { op: "instanceNorm", compute: instanceNorm };

function instanceNormCase(shape: readonly [number, number, number, number], low = -1, high = 1): KernelCase {
  const [batch, height, width, channels] = shape;
  const epsilon = 1e-5;
  const operands = { src: { shape, low, high }, scale: { shape: [channels] }, bias: { shape: [channels] } };
  const params = { batch, pixels: height * width, channels, epsilon };
  return kernelCase(kernel, params, operands, "instanceNorm", { epsilon }, shape, NORMALIZED);
}

export const cases: readonly KernelCase[] = [
  instanceNormCase([1, 1, 1, 1]),
  instanceNormCase([2, 3, 5, 7]),
  instanceNormCase([2, 9, 11, 8]),
  instanceNormCase([1, 9, 11, 3]),
  instanceNormCase([1, 8, 8, 4], 9, 11),
  instanceNormCase([1, 32, 33, 8]),
];

export const onnx: readonly OnnxExample[] = [
  example("InstanceNormalization", ["x", weights([4]), weights([4])]),
  example("GroupNormalization", ["x", weights([4]), weights([4])], { num_groups: 2 }),
];
