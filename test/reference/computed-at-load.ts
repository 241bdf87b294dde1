/** Ops of ONNX that leave no node in the graph: on constants only, of types and shapes, and those that give their input. */
import { bools, example, floats, int64s, weights, type OnnxExample } from "./onnx-example";

const FLAGS = [bools([0, 0, 1, 1]), bools([0, 1, 0, 1])] as const;
const SCALES = [floats([0.5, 0.25]), { dtype: "i8", shape: [2], data: [1, -3] }] as const;

export const onnx: readonly OnnxExample[] = [
  example("Identity", ["x"]),
  example("Dropout", ["x"]),
  example("Cast", [int64s([1, -2, 3])], { to: 1 }),
  example("CastLike", [int64s([1, -2, 3]), "x"]),
  example("Constant", [], { value: weights([2, 3]) }),
  example("ConstantOfShape", [int64s([2, 3])], { value: floats([1.5]) }),
  example("Range", [floats([1], []), floats([3], []), floats([0.5], [])]),
  example("Shape", ["x"], {}, { dtype: "i64" }),
  example("Size", ["x"], {}, { dtype: "i64" }),
  example("NonZero", [floats([0, 1, 2, 0], [2, 2])], {}, { dtype: "i64" }),
  ...["Cos", "Round", "Sign", "Sin"].map((op) => example(op, [floats([-1.5, -0.5, 0, 0.5, 2.5])])),
  example("IsNaN", [floats([1, NaN, Infinity])], {}, { dtype: "bool" }),
  example("Not", [FLAGS[0]], {}, { dtype: "bool" }),
  ...["And", "Or", "Xor"].map((op) => example(op, FLAGS, {}, { dtype: "bool" })),
  example("Mod", [int64s([7, -7, 5]), int64s([3, 3, -3])], {}, { dtype: "i64" }),
  example("ReduceProd", [weights([2, 3]), int64s([1])]),
  example("QuantizeLinear", [weights([2, 3], -40, 40), ...SCALES], { axis: 0 }, { dtype: "i8" }),
  example("DequantizeLinear", [{ dtype: "i8", shape: [2, 2], data: [-128, 5, 7, 127] }, ...SCALES], { axis: 0 }),
];
