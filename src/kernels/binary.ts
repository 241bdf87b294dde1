/** Elementwise function of two tensors, with NumPy broadcasting. */
import wgsl from "../../shaders/binary.wgsl?raw";
import { sizeOf, stridesOf } from "../base/strides";
import { activationConstants, type ActivationParams } from "./activation";
import { lanesFor, requirePositive, unitTypes } from "./checks";
import { elemBytes, linearGrid, type Elem, type Kernel } from "./kernel";
import { operandStrides, collapseAxes, toMaxAxes } from "./strides";

/** The index is the shader's FUNCTION. */
const BINARY_CODES = [
  "add",
  "sub",
  "mul",
  "div",
  "pow",
  "min",
  "max",
  "prelu",
  "less",
  "lessOrEqual",
  "equal",
  "mask",
] as const;

interface BinaryParams {
  /** Shapes of a and b; both broadcast to `shape`. */
  readonly shapeA: readonly number[];
  readonly shapeB: readonly number[];
  /** Shape of dst. */
  readonly shape: readonly number[];
  /** pow(a, b) is ONNX Pow, including negative a with an integer b. prelu: a < 0 ? a * b : a. mask: b != 0 ? a : 0. Comparisons give 0 or 1. */
  readonly fn: (typeof BINARY_CODES)[number];
  readonly activation: ActivationParams;
  readonly elem: Elem;
}

/** [shapeA], [shapeB] -> [shape], dst = activation(a fn b). a and b may be one buffer. */
export const binary: Kernel<BinaryParams> = {
  name: "binary",
  wgsl,
  bindings: { a: "read", b: "read", dst: "write" },
  plan({ shapeA, shapeB, shape, fn, activation, elem }) {
    requirePositive("binary", { shape });
    const strides = [shapeA, shapeB].map((operand) => operandStrides("binary", operand, shape));
    const collapsed = collapseAxes(shape, [...strides, stridesOf(shape)]);
    const dims = collapsed.dims;
    const last = dims.length - 1;
    const lanes = lanesFor(dims[last]!);
    // Along the last axis an operand is contiguous (read four at a time) or repeats (one value for four).
    const operands = collapsed.strides.slice(0, 2).map((own) => {
      const width = own[last] === 1 ? lanes : 1;
      return { types: unitTypes(elem, width), strides: own.map((n, axis) => (axis === last ? n : n / width)) };
    });
    const [a, b] = operands as [(typeof operands)[0], (typeof operands)[0]];
    const elements = sizeOf(shape);
    return {
      constants: {
        a_unit: a.types["unit"]!,
        a_wide: a.types["wide"]!,
        b_unit: b.types["unit"]!,
        b_wide: b.types["wide"]!,
        dst_unit: unitTypes(elem, lanes)["unit"]!,
        A_STRIDES: toMaxAxes("binary", a.strides, 0),
        B_STRIDES: toMaxAxes("binary", b.strides, 0),
        DIMS: toMaxAxes("binary", [...dims.slice(0, last), dims[last]! / lanes], 1),
        COUNT: elements / lanes,
        FUNCTION: BINARY_CODES.indexOf(fn),
        ...activationConstants(activation),
      },
      flags: { VECTOR: lanes === 4 },
      grid: linearGrid(elements / lanes),
      flops: elements,
      bytes: (sizeOf(shapeA) + sizeOf(shapeB) + elements) * elemBytes(elem),
    };
  },
};
