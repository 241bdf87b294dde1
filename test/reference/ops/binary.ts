import { IDENTITY, type Activation, type BinaryFn, type NodeFor, type Shape } from "../../../src/graph/ir";
import { binary as kernel } from "../../../src/kernels/binary";
import { kernelCase, ROUNDED, type KernelCase, type Operand } from "../../kernels/kernel-case";
import { activate } from "../activation";
import { bools, example, weights, type OnnxExample } from "../onnx-example";
import type { Reference } from "../reference";
import { broadcastAt, fill, type Tensor } from "../tensor";

function combine(fn: BinaryFn, a: number, b: number): number {
  switch (fn) {
    case "add":
      return a + b;
    case "sub":
      return a - b;
    case "mul":
      return a * b;
    case "div":
      return a / b;
    case "pow":
      return a ** b;
    case "min":
      return Math.min(a, b);
    case "max":
      return Math.max(a, b);
    case "prelu":
      return a < 0 ? a * b : a;
    case "less":
      return a < b ? 1 : 0;
    case "lessOrEqual":
      return a <= b ? 1 : 0;
    case "equal":
      return a === b ? 1 : 0;
    case "mask":
      return b !== 0 ? a : 0;
    default:
      return fn satisfies never;
  }
}

function binary(node: NodeFor<"binary">, [a, b]: readonly Tensor[]): Tensor {
  const { fn, activation } = node.attributes;
  return fill(node.shape, (index) => activate(activation, combine(fn, broadcastAt(a!, index), broadcastAt(b!, index))));
}

export const reference: Reference<"binary"> = { op: "binary", compute: binary };

function binaryCase(fn: BinaryFn, a: Operand, b: Operand, shape: Shape, activation: Activation = IDENTITY): KernelCase {
  const attributes = { fn, activation };
  const params = { shapeA: a.shape, shapeB: b.shape, shape, fn, activation };
  return kernelCase(kernel, params, { a, b }, "binary", attributes, shape, ROUNDED);
}

const add = (a: Shape, b: Shape, shape: Shape) => binaryCase("add", { shape: a }, { shape: b }, shape);

const functions: readonly BinaryFn[] = ["add", "sub", "mul", "min", "max", "prelu"];

export const cases: readonly KernelCase[] = [
  add([1], [1], [1]),
  add([], [], []),
  add([2, 3, 5], [2, 3, 5], [2, 3, 5]), // scalars
  add([255], [255], [255]),
  add([257], [257], [257]),
  add([1, 8, 9, 12], [1, 8, 9, 12], [1, 8, 9, 12]), // vec4
  add([1, 3, 5, 8], [8], [1, 3, 5, 8]), // a bias a channel
  add([1, 3, 5, 7], [7], [1, 3, 5, 7]),
  add([1, 3, 5, 8], [1], [1, 3, 5, 8]), // a scalar
  add([1, 3, 5, 7], [], [1, 3, 5, 7]),
  add([1], [2, 6], [2, 6]), // a scalar on the left
  add([4], [2, 3, 4], [2, 3, 4]),
  add([3, 1, 8], [1, 5, 1], [3, 5, 8]), // both broadcast
  add([2, 1, 3, 1, 5, 4], [7, 1, 2, 1, 4], [2, 7, 3, 2, 5, 4]), // six axes
  add([2, 1, 2, 1, 2, 1, 2, 3], [2, 1, 2, 1, 2, 1, 2, 3], [2, 1, 2, 1, 2, 1, 2, 3]), // eight that merge
  add([2, 5, 1], [2, 1, 4], [2, 5, 4]),
  ...functions.map((fn) => binaryCase(fn, { shape: [3, 4] }, { shape: [4] }, [3, 4])),
  ...(["min", "max"] as const).map((fn) =>
    binaryCase(
      fn,
      { shape: [5], values: [NaN, 1, -1, NaN, -Infinity] },
      { shape: [5], values: [1, NaN, NaN, NaN, 2] },
      [5],
    ),
  ),
  binaryCase("div", { shape: [3, 5] }, { shape: [3, 1], low: 0.5, high: 2 }, [3, 5]),
  // Whole exponents of negative numbers, zero to the zero, and roots.
  binaryCase(
    "pow",
    { shape: [10], values: [-2, -2, -2, -1.5, 0, 0, 3, 2, 2.25, 1] },
    { shape: [10], values: [2, 3, -1, 0, 0, 2, -2, 0.5, 1.5, 7] },
    [10],
  ),
  // Equal, less and greater numbers; what is masked may be infinite.
  ...(["less", "lessOrEqual", "equal"] as const).map((fn) =>
    binaryCase(fn, { shape: [5], values: [1, 2, 3, -1, 0] }, { shape: [5], values: [1, 3, 2, -2, 0] }, [5]),
  ),
  binaryCase(
    "mask",
    { shape: [2, 4], values: [1, Infinity, -3, 4, 5, 6, -Infinity, 8] },
    { shape: [4], values: [1, 0, 1, 0] },
    [2, 4],
  ),
  binaryCase("sub", { shape: [2, 9] }, { shape: [9] }, [2, 9], { fn: "relu" }),
  binaryCase("mul", { shape: [2, 8] }, { shape: [8] }, [2, 8], { fn: "clip", min: -0.25, max: 0.5 }),
];

export const onnx: readonly OnnxExample[] = [
  example("Add", ["x", "positive"]),
  example("Sub", ["x", "positive"]),
  example("Mul", ["x", "positive"]),
  example("Div", ["x", "positive"]),
  example("Pow", ["positive", weights([4, 1, 1], -2, 2)]),
  example("PRelu", ["x", weights([4, 1, 1])]),
  example("Min", ["x", "positive"]),
  example("Max", ["x", "positive"]),
  example("Sum", ["x", "positive", "x"]),
  example("Mean", ["x", "positive", "x"]),
  example("BatchNormalization", ["x", weights([4]), weights([4]), weights([4]), weights([4], 0.1, 1)]),
  example("Where", [bools([1, 0, 0, 1, 1, 0]), "x", "positive"]),
  ...["Equal", "Greater", "GreaterOrEqual", "Less", "LessOrEqual"].map((op) =>
    example(op, ["x", "positive"], {}, { dtype: "bool" }),
  ),
];
