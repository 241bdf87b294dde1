import type { Activation } from "../../../src/graph/ir";
import { unary as kernel } from "../../../src/kernels/unary";
import { kernelCase, type KernelCase, type Operand } from "../../kernels/kernel-case";
import { activate } from "../activation";
import { example, floats, type OnnxExample } from "../onnx-example";
import type { Reference } from "../reference";

export const reference: Reference<"unary"> = {
  op: "unary",
  compute: ({ attributes }, [x]) => ({
    shape: x!.shape,
    data: x!.data.map((value) => activate(attributes.activation, value)),
  }),
};

/** An activation, the bounds of its random arguments, and arguments at which careless formulas overflow or cancel. */
type ActivationCase = readonly [Activation, low: number, high: number, edges: readonly number[]];

const large = [200, -200, 1e4, -1e4, 1e30, -1e30, 0, 88.8, -88.8, 1e-30, -1e-30];

export const activationCases: readonly ActivationCase[] = [
  [{ fn: "identity" }, -3, 3, large],
  [{ fn: "relu" }, -3, 3, large],
  [{ fn: "sigmoid" }, -10, 10, large],
  [{ fn: "tanh" }, -5, 5, large],
  [{ fn: "sqrt" }, 0, 100, [0, 1e-30, 1e30, 1]],
  [{ fn: "exp" }, -6, 6, [0, 80, 88, -80, -200, -1e30]],
  [{ fn: "abs" }, -3, 3, large],
  [{ fn: "neg" }, -3, 3, large],
  [{ fn: "erf" }, -4, 4, large],
  [{ fn: "gelu" }, -6, 6, large],
  [{ fn: "geluTanh" }, -6, 6, large],
  [{ fn: "log" }, 0.01, 20, [1, 1e-30, 1e30]],
  [{ fn: "reciprocal" }, 0.05, 3, [1e30, -1e30, -0.5]],
  [{ fn: "floor" }, -5, 5, [-0.5, 0.5, 1, -1, 1e30]],
  [{ fn: "ceil" }, -5, 5, [-0.5, 0.5, 1, -1, 1e30]],
  [{ fn: "softplus" }, -10, 10, large],
  [{ fn: "leakyRelu", alpha: 0.2 }, -3, 3, large],
  [{ fn: "elu", alpha: 1.5 }, -5, 5, large],
  [{ fn: "hardSigmoid", alpha: 0.2, beta: 0.5 }, -5, 5, large],
  [{ fn: "clip", min: -0.5, max: Infinity }, -3, 3, large],
  [{ fn: "clip", min: -0.5, max: 0.75 }, -3, 3, large],
];

function unaryCase(count: number, activation: Activation): KernelCase {
  const src: Operand = { shape: [count], low: -3, high: 3 };
  const tolerance = { f32: { abs: 1e-5 }, f16: { abs: 2e-3 } };
  return kernelCase(kernel, { count, activation }, { src }, "unary", { activation }, [count], tolerance);
}

/** Storage variants and sizes. */
export const cases: readonly KernelCase[] = [
  unaryCase(1, { fn: "relu" }),
  unaryCase(5, { fn: "relu" }),
  unaryCase(4, { fn: "tanh" }),
  unaryCase(1023, { fn: "tanh" }),
  unaryCase(1028, { fn: "sigmoid" }),
];

export const onnx: readonly OnnxExample[] = [
  ...["Abs", "Ceil", "Celu", "Elu", "Erf", "Exp", "Floor", "Gelu", "HardSigmoid", "HardSwish"].map((op) =>
    example(op, ["x"]),
  ),
  ...["LeakyRelu", "Mish", "Neg", "Relu", "Selu", "Sigmoid", "Softplus", "Softsign", "Tanh"].map((op) =>
    example(op, ["x"]),
  ),
  ...["Log", "Reciprocal", "Sqrt"].map((op) => example(op, ["positive"])),
  example("Clip", ["x", floats([-0.25], []), floats([0.5], [])]),
];
