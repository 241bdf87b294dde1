import type { NodeFor, OpAttributes, Shape } from "../../../src/graph/ir";
import { pad as kernel } from "../../../src/kernels/pad";
import { kernelCase, type KernelCase } from "../../kernels/kernel-case";
import { example, int64s, type OnnxExample } from "../onnx-example";
import type { Reference } from "../reference";
import { fill, flatOf, type Tensor } from "../tensor";

function pad(node: NodeFor<"pad">, x: Tensor): Tensor {
  const { mode, before, value } = node.attributes;
  return fill(node.shape, (index) => {
    const at = index.map((i, axis) => i - before[axis]!);
    const outside = at.some((i, axis) => i < 0 || i >= x.shape[axis]!);
    if (outside && mode === "constant") return value;
    const inside = at.map((i, axis) => {
      const last = x.shape[axis]! - 1;
      if (mode === "edge") return Math.min(last, Math.max(0, i));
      if (mode === "wrap") return (i + 10 * x.shape[axis]!) % x.shape[axis]!;
      return i < 0 ? -i : i > last ? 2 * last - i : i;
    });
    return x.data[flatOf(inside, x.shape)]!;
  });
}

export const reference: Reference<"pad"> = { op: "pad", compute: (node, [x]) => pad(node, x!) };

function padCase(
  shape: Shape,
  before: readonly number[],
  after: readonly number[],
  mode: OpAttributes["pad"]["mode"],
  value = 0,
): KernelCase {
  const out = shape.map((n, axis) => before[axis]! + n + after[axis]!);
  return kernelCase(
    kernel,
    { shape, before, after, mode, value },
    { src: { shape } },
    "pad",
    { mode, before, after, value },
    out,
  );
}

export const cases: readonly KernelCase[] = [
  padCase([1], [0], [0], "constant"),
  padCase([1], [1], [2], "constant", 1.5),
  padCase([5], [4], [4], "reflect"),
  padCase([3], [7], [8], "wrap"),
  ...(["constant", "reflect", "edge", "wrap"] as const).flatMap((mode) => [
    padCase([1, 4, 5, 8], [0, 1, 2, 0], [0, 3, 0, 0], mode, -0.5), // vec4
    padCase([2, 3, 4, 5], [0, 2, 0, 1], [0, 0, 3, 4], mode, -0.5),
    padCase([1, 2, 2, 3, 2, 2, 2], [0, 1, 0, 1, 0, 1, 0], [0, 0, 0, 1, 0, 1, 0], mode), // seven axes in five
  ]),
];

export const onnx: readonly OnnxExample[] = [
  example("Pad", ["x", int64s([0, 0, 1, 2, 0, 0, 2, 1])], { mode: "reflect" }),
];
