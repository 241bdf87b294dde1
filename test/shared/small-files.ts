/** Small files that ask for much work: few bytes for each of `n` nodes, inputs or outputs. */
import { buildModel, node, type ModelSpec, type NodeSpec } from "../../tools/onnx-writer";

const names = (n: number, prefix = "v"): string[] => Array.from({ length: n }, (_, i) => `${prefix}${i}`);

/** A model from x to `output`. */
function model(nodes: readonly NodeSpec[], output: string, rest: Partial<ModelSpec> = {}): Uint8Array {
  const inputs = [{ name: "x", shape: [1, 4, 8, 8] }];
  return buildModel({ inputs, outputs: [{ name: output }], nodes, initializers: CONSTANTS, ...rest });
}

const CONSTANTS: ModelSpec["initializers"] = [
  { name: "w", shape: [4, 4, 1, 1], data: Array.from({ length: 16 }, (_, i) => i / 16) },
  { name: "c", shape: [], data: [1.0001] },
  { name: "m", shape: [8, 8], data: Array.from({ length: 64 }, (_, i) => i) },
  { name: "r", shape: [4], dtype: "i64", data: [1, 2, 2, 2] },
];

/** first -> op -> op -> ..., and the last value added to x. */
function chain(n: number, op: (from: string, to: string) => NodeSpec, first = "x"): Uint8Array {
  const values = [first, ...names(n)];
  const nodes = values.slice(1).map((to, i) => op(values[i]!, to));
  return model([...nodes, node("Add", ["x", `v${n - 1}`], ["y"])], "y");
}

const each = (n: number, op: string, input: readonly string[]): NodeSpec[] =>
  names(n).map((to) => node(op, input, [to]));
const convOfEach = (n: number): NodeSpec[] => names(n).map((from, i) => node("Conv", [from, "w"], [`u${i}`]));

export const MANY: Readonly<Record<string, (n: number) => Uint8Array>> = {
  "a chain of Neg": (n) => chain(n, (from, to) => node("Neg", [from], [to])),
  "a chain of Conv": (n) => chain(n, (from, to) => node("Conv", [from, "w"], [to])),
  "a chain of Mul by a constant": (n) => chain(n, (from, to) => node("Mul", [from, "c"], [to])),
  "a Conv and a chain of Mul by a constant": (n) =>
    chain(n, (from, to) => (from === "x" ? node("Conv", ["x", "w"], [to]) : node("Mul", [from, "c"], [to]))),
  "a chain of Transpose and Relu": (n) =>
    chain(4 * n, (from, to) =>
      Number(to.slice(1)) % 5 === 4
        ? node("Relu", [from], [to])
        : node("Transpose", [from], [to], { perm: [0, 2, 3, 1] }),
    ),
  "a chain of Neg of a constant": (n) => chain(n, (from, to) => node("Neg", [from], [to]), "c"),
  "a chain of Transpose of a constant": (n) => chain(n, (from, to) => node("Transpose", [from], [to]), "m"),
  "Relu of one value, one of them used": (n) => model(each(n, "Relu", ["x"]), "v0"),
  "Relu of one value, all added up": (n) => model([...each(n, "Relu", ["x"]), node("Sum", names(n), ["y"])], "y"),
  "Relu of one value, all of them outputs": (n) =>
    model(each(n, "Relu", ["x"]), "v0", { outputs: names(n).map((name) => ({ name })) }),
  "Conv of one value, all concatenated": (n) =>
    model([...each(n, "Conv", ["x", "w"]), node("Concat", names(n), ["y"], { axis: 1 })], "y"),
  "Conv of one value, each read by a Conv": (n) =>
    model([...each(n, "Conv", ["x", "w"]), ...convOfEach(n), node("Concat", names(n, "u"), ["y"], { axis: 1 })], "y"),
  "a Sum of one value": (n) => model([node("Sum", new Array<string>(n).fill("x"), ["y"])], "y"),
  "a Sum of one constant": (n) =>
    model([node("Sum", new Array<string>(n).fill("c"), ["s"]), node("Add", ["x", "s"], ["y"])], "y"),
  "a Concat of one value": (n) => model([node("Concat", new Array<string>(n).fill("x"), ["y"], { axis: 1 })], "y"),
  "a Split, concatenated": (n) =>
    model([node("Split", ["x"], names(n), { axis: 1 }), node("Concat", names(n), ["y"], { axis: 1 })], "y", {
      inputs: [{ name: "x", shape: [1, n, 1, 1] }],
    }),
  "a Split, each part read by a Conv": (n) =>
    model([node("Split", ["x"], names(n), { axis: 1 }), ...convOfEach(n), node("Sum", names(n, "u"), ["y"])], "y", {
      inputs: [{ name: "x", shape: [1, 4 * n, 1, 1] }],
    }),
  "a Sum of inputs": (n) =>
    model([node("Sum", names(n), ["y"])], "y", { inputs: names(n).map((name) => ({ name, shape: [1, 4, 8, 8] })) }),
  "Tile of one value": (n) => model(each(n, "Tile", ["x", "r"]), "v0"),
};

/** Nodes that make large constants of a few bytes. */
function constants(
  shape: readonly number[],
  nodes: readonly NodeSpec[],
  rest: Partial<ModelSpec> = {},
  more: ModelSpec["initializers"] = [],
): Uint8Array {
  const initializers: ModelSpec["initializers"] = [
    ...CONSTANTS!,
    { name: "shape", shape: [shape.length], dtype: "i64", data: shape },
    { name: "zero", shape: [], dtype: "i64", data: [0] },
    { name: "one", shape: [], dtype: "i64", data: [1] },
    { name: "many", shape: [], dtype: "i64", data: [shape[0]!] },
    { name: "two", shape: [2], dtype: "i64", data: [1, 2] },
    { name: "zero1", shape: [1], dtype: "i64", data: [0] },
    { name: "one1", shape: [1], dtype: "i64", data: [1] },
    { name: "minus", shape: [1], dtype: "i32", data: [1] },
    ...more,
  ];
  return model([node("ConstantOfShape", ["shape"], ["big"]), ...nodes], "y", { initializers, ...rest });
}

const used = (value: string): NodeSpec[] => [
  node("ReduceSum", [value], ["sum"], { keepdims: 0 }),
  node("Add", ["x", "sum"], ["y"]),
];

/** Means of 2 x 2 pixels of a picture whose odd sides leave half windows over, which count as many taps as they have. */
function halved(side: number): Uint8Array {
  const attributes = { kernel_shape: [2, 2], strides: [2, 2], ceil_mode: 1, count_include_pad: 1, pads: [0, 0, 0, 0] };
  const inputs = [{ name: "x", shape: [1, 1, side, side] }];
  return model([node("AveragePool", ["x"], ["y"], attributes)], "y", { inputs });
}

/** Files of at most a few KB whose constants have more elements than the budget. */
export const LARGE: Readonly<Record<string, () => Uint8Array>> = {
  "indices of a Gather": () =>
    constants([1e8], [node("Cast", ["big"], ["i"], { to: 7 }), node("Gather", ["x", "i"], ["y"])]),
  "eight constants that are kept": () =>
    constants(
      [2 ** 27],
      [
        ...names(8).map((name) => node("ConstantOfShape", ["shape"], [name])),
        node("Concat", names(8), ["y"], { axis: 0 }),
      ],
    ),
  "constants that together exceed it": () =>
    constants([2 ** 21], [...names(64).map((name) => node("ConstantOfShape", ["shape"], [name])), ...used("v0")]),
  "a Range": () => constants([1e9], [node("Range", ["zero", "many", "one"], ["i"]), ...used("i")]),
  // Within it, were they of 32 bits.
  "a Cast to 64 bits": () => constants([2 ** 23 + 2 ** 20], [node("Cast", ["big"], ["i"], { to: 7 }), ...used("i")]),
  "a chain of Neg": () => constants([2 ** 23], [...chainOf(100, "Neg"), ...used("v99")]),
  "a chain of Transpose": () => constants([2 ** 12, 2 ** 11], [...chainOf(1000, "Transpose"), ...used("v999")]),
  "Transpose of one constant": () =>
    constants(
      [2 ** 12, 2 ** 11],
      [...names(100).map((to) => node("Transpose", ["big"], [to])), node("Sum", names(100), ["s"]), ...used("s")],
    ),
  "ReduceSum of one constant": () =>
    constants(
      [2 ** 23],
      [...names(100).map((to) => node("ReduceSum", ["big"], [to])), node("Sum", ["x", ...names(100)], ["y"])],
    ),
  "an Expand": () => constants([2 ** 14, 2 ** 14], [node("Expand", ["c", "shape"], ["e"]), ...used("e")]),
  "a broadcast": () =>
    constants(
      [2 ** 14],
      [
        node("Unsqueeze", ["big", "zero"], ["row"]),
        node("Unsqueeze", ["big", "one"], ["column"]),
        node("Equal", ["row", "column"], ["equal"]),
        node("Cast", ["equal"], ["f"], { to: 1 }),
        ...used("f"),
      ],
    ),
  "taps of a pooling": () => halved(15_001),
};

function chainOf(n: number, op: string): NodeSpec[] {
  return names(n).map((to, i) => node(op, [i === 0 ? "big" : `v${i - 1}`], [to]));
}

/** A large constant and one op on it, of which nothing is used. */
function oneOp(shape: readonly number[], op: NodeSpec, rest: readonly NodeSpec[] = []): Uint8Array {
  return constants(shape, [...rest, op, node("Relu", ["x"], ["y"])]);
}

const M = 2 ** 20;

/** For each family of ops, about the largest constants that the budget allows a small file. */
export const LARGE_OPS: Readonly<Record<string, () => Uint8Array>> = {
  ConstantOfShape: () => oneOp([15 * M], node("Size", ["big"], ["z"])),
  Range: () => constants([5 * M], [node("Range", ["zero", "many", "one"], ["i"]), node("Relu", ["x"], ["y"])]),
  NonZero: () => oneOp([3 * M], node("NonZero", ["cosine"], ["z"]), [node("Cos", ["big"], ["cosine"])]),
  "a map, Erf": () => oneOp([7 * M], node("Erf", ["big"], ["z"])),
  "a map of constants alone, Sin": () => oneOp([7 * M], node("Sin", ["big"], ["z"])),
  Cast: () => oneOp([5 * M], node("Cast", ["big"], ["z"], { to: 7 })),
  "Cast to a small float": () => oneOp([7 * M], node("Cast", ["big"], ["z"], { to: 17 })),
  QuantizeLinear: () => oneOp([7 * M], node("QuantizeLinear", ["big", "c"], ["z"])),
  "a binary op, Pow": () => oneOp([7 * M], node("Pow", ["big", "c"], ["z"])),
  "a comparison that broadcasts": () =>
    oneOp([3000], node("Less", ["row", "column"], ["z"]), [
      node("Unsqueeze", ["big", "zero"], ["row"]),
      node("Unsqueeze", ["big", "one"], ["column"]),
    ]),
  Where: () => oneOp([5 * M], node("Where", ["big", "c", "c"], ["z"])),
  "a reduction": () => oneOp([7 * M], node("ReduceMax", ["big"], ["z"])),
  ReduceProd: () => oneOp([7 * M], node("ReduceProd", ["big"], ["z"])),
  "a reduction of a transposed constant": () =>
    oneOp([2800, 2800], node("ReduceSum", ["t", "one"], ["z"]), [node("Transpose", ["big"], ["t"])]),
  "a list from a transposed constant": () =>
    oneOp([2000, 2000], node("Reshape", ["x", "list"], ["z"]), [
      node("Transpose", ["big"], ["t"]),
      node("Cast", ["t"], ["i"], { to: 6 }),
      node("Slice", ["i", "zero1", "one1"], ["row"]),
      node("ReduceMax", ["row"], ["most"], { keepdims: 0 }),
      node("Sub", ["most", "minus"], ["list"]),
    ]),
  Concat: () => oneOp([5 * M], node("Concat", ["big", "big"], ["z"], { axis: 0 })),
  "Concat of columns": () => oneOp([5 * M, 1], node("Concat", ["big", "big"], ["z"], { axis: 1 })),
  Tile: () => oneOp([5 * M, 1], node("Tile", ["big", "two"], ["z"])),
  Pad: () => oneOp([7 * M], node("Pad", ["big", "two"], ["z"])),
  CumSum: () => oneOp([7 * M], node("CumSum", ["big", "zero"], ["z"])),
  Gather: () => oneOp([M], node("Gather", ["big", "i"], ["z"]), [node("Cast", ["big"], ["i"], { to: 7 })]),
  MatMul: () => oneOp([640, 640], node("MatMul", ["big", "big"], ["z"])),
  Resize: () =>
    constants(
      [1],
      [node("Resize", ["line", "", "scales"], ["z"], { mode: "cubic", antialias: 1 }), node("Relu", ["x"], ["y"])],
      {},
      [
        { name: "line", shape: [1, 4096], data: new Float32Array(4096) },
        { name: "scales", shape: [2], data: [1, 0.5] },
      ],
    ),
  BatchNormalization: () =>
    constants([M], [node("BatchNormalization", ["x", "big", "big", "big", "big"], ["y"])], {
      inputs: [{ name: "x", shape: [1, M, 1, 1] }],
    }),
  "windows of a pool": () => halved(6001),
};
