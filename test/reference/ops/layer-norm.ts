import type { NodeFor } from "../../../src/graph/ir";
import { layerNorm as kernel } from "../../../src/kernels/normalize";
import { kernelCase, type KernelCase, type Operand } from "../../kernels/kernel-case";
import { NORMALIZED } from "../rows";
import { example, weights, type OnnxExample } from "../onnx-example";
import type { Reference } from "../reference";
import { type Tensor } from "../tensor";

/** (x - mean) / sqrt(variance + epsilon) * scale + bias over all axes from `axis` on. */
function layerNorm(node: NodeFor<"layerNorm">, [x, scale, bias]: readonly Tensor[]): Tensor {
  const { axis, epsilon } = node.attributes;
  const size = x!.shape.slice(axis).reduce((product, n) => product * n, 1);
  const data = new Float32Array(x!.data.length);
  for (let first = 0; first < data.length; first += size) {
    const row = x!.data.subarray(first, first + size);
    const mean = row.reduce((sum, value) => sum + value, 0) / size;
    const variance = row.reduce((sum, value) => sum + (value - mean) ** 2, 0) / size;
    row.forEach((value, i) => {
      data[first + i] = ((value - mean) / Math.sqrt(variance + epsilon)) * scale!.data[i]! + (bias?.data[i] ?? 0);
    });
  }
  return { shape: node.shape, data };
}

export const reference: Reference<"layerNorm"> = { op: "layerNorm", compute: layerNorm };

function layerNormCase(rowCount: number, size: number, bias: boolean, low = -1, high = 1): KernelCase {
  const epsilon = 1e-5;
  const src = { shape: [rowCount, size], low, high };
  const scale = { shape: [size], low: 0.5, high: 2 };
  const operands: Record<string, Operand> = bias ? { src, scale, bias: { shape: [size] } } : { src, scale };
  const params = { rows: rowCount, size, epsilon, bias };
  return kernelCase(kernel, params, operands, "layerNorm", { axis: 1, epsilon }, src.shape, NORMALIZED, `bias=${bias}`);
}

export const cases: readonly KernelCase[] = [
  layerNormCase(1, 1, true),
  layerNormCase(5, 7, true),
  layerNormCase(65, 9, false),
  layerNormCase(3, 64, false),
  layerNormCase(3, 197, true),
  layerNormCase(2, 96, true, 9, 11), // far from zero
];

export const onnx: readonly OnnxExample[] = [example("LayerNormalization", ["x", weights([6]), weights([6])])];
