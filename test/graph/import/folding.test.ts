/** Shape arithmetic as exporters write it, and the ops that exist on constants only. */
import { describe, expect, it } from "vitest";
import { node, type InitializerSpec } from "../../../tools/onnx-writer";
import { agree, floats, importSketch, int64s, opsOf } from "./harness";

describe("constant folding", () => {
  it("torch.onnx: flatten by the shape's first dimension", async () => {
    const graph = await agree({
      opset: 11,
      inputs: { x: [2, 3, 4, 4] },
      weights: { w: [7, 48], b: [7] },
      nodes: [
        node("Relu", ["x"], ["r"]),
        node("Shape", ["r"], ["shape"]),
        node("Constant", [], ["zero"], { value: int64s([0], []) }),
        node("Gather", ["shape", "zero"], ["n"], { axis: 0 }),
        node("Unsqueeze", ["n"], ["n1"], { axes: [0] }),
        node("Constant", [], ["rest"], { value: int64s([-1]) }),
        node("Concat", ["n1", "rest"], ["to"], { axis: 0 }),
        node("Reshape", ["r", "to"], ["flat"]),
        node("Gemm", ["flat", "w", "b"], ["y"], { transB: 1 }),
      ],
    });
    expect(opsOf(graph)).toEqual(["unary", "reshape", "matmul"]);
    expect([...graph.constants.keys()]).toHaveLength(2);
  });

  it("torch.onnx: interpolate to twice the size, computed from the shape", async () => {
    const graph = await agree({
      opset: 13,
      inputs: { x: [1, 2, 5, 3] },
      weights: { i2: int64s([2], []), i3: int64s([3], []), axis0: int64s([0]), two: floats([2], []), none: floats([]) },
      nodes: [
        node("Shape", ["x"], ["s"]),
        ...["2", "3"].flatMap((d) => [
          node("Gather", ["s", `i${d}`], [`d${d}`]),
          node("Cast", [`d${d}`], [`f${d}`], { to: 1 }),
          node("Mul", [`f${d}`, "two"], [`m${d}`]),
          node("Floor", [`m${d}`], [`fl${d}`]),
          node("Cast", [`fl${d}`], [`c${d}`], { to: 7 }),
          node("Unsqueeze", [`c${d}`, "axis0"], [`u${d}`]),
        ]),
        node("Constant", [], ["start"], { value: int64s([0]) }),
        node("Constant", [], ["end"], { value: int64s([2]) }),
        node("Slice", ["s", "start", "end"], ["nc"]),
        node("Concat", ["nc", "u2", "u3"], ["sizes"], { axis: 0 }),
        node("Resize", ["x", "none", "none", "sizes"], ["y"], {
          mode: "nearest",
          nearest_mode: "floor",
          coordinate_transformation_mode: "asymmetric",
        }),
      ],
    });
    expect(opsOf(graph)).toEqual(["transpose", "resize", "transpose"]);
    expect(graph.nodes[1]!.shape).toEqual([1, 10, 6, 2]);
    expect(graph.constants.size).toBe(0);
  });

  it("torch.onnx: expand with ConstantOfShape, Mul, Equal and Where", async () => {
    const graph = await agree({
      opset: 14,
      inputs: { x: [1, 3, 1, 1] },
      weights: { to: int64s([2, -1, 4, 5]), len: int64s([4]), minus: int64s([-1], []) },
      nodes: [
        node("ConstantOfShape", ["len"], ["ones"], { value: int64s([1]) }),
        node("Mul", ["ones", "minus"], ["negative"]),
        node("Equal", ["to", "negative"], ["keep"]),
        node("Where", ["keep", "ones", "to"], ["shape"]),
        node("Expand", ["x", "shape"], ["y"]),
      ],
    });
    expect(opsOf(graph)).toEqual(["expand"]);
  });

  it("torch.onnx: F.pad with its pads turned round", async () => {
    // [left, right, top, bottom] -> ONNX order, by pad, reshape to pairs, reverse, transpose.
    await agree({
      opset: 13,
      inputs: { x: [1, 2, 4, 5] },
      weights: {
        given: int64s([1, 2, 3, 0]),
        rank: int64s([4]),
        pairs: int64s([-1, 2]),
        flat: int64s([-1]),
        last: int64s([-1]),
        first: int64s([-(2 ** 63)]),
        axis: int64s([0]),
      },
      nodes: [
        node("ConstantOfShape", ["rank"], ["zeros"], { value: int64s([0]) }),
        node("Concat", ["given", "zeros"], ["eight"], { axis: 0 }),
        node("Reshape", ["eight", "pairs"], ["p"]),
        node("Slice", ["p", "last", "first", "axis", "last"], ["reversed"]),
        node("Transpose", ["reversed"], ["t"], { perm: [1, 0] }),
        node("Reshape", ["t", "flat"], ["f"]),
        node("Cast", ["f"], ["pads"], { to: 7 }),
        node("Pad", ["x", "pads"], ["y"], { mode: "reflect" }),
      ],
    });
  });

  it("tf2onnx: NHWC around transposed convolutions, sizes from Shape, StridedSlice and Mul", async () => {
    const graph = await agree({
      opset: 13,
      inputs: { image: [1, 6, 8, 3] },
      weights: {
        w: [4, 3, 3, 3],
        b: [4],
        two: { name: "", dtype: "i32", shape: [2], data: [2, 2] },
        from: int64s([1]),
        to: int64s([3]),
        axis0: int64s([0]),
        v: [2, 4, 1, 1],
        none: floats([]),
      },
      nodes: [
        node("Transpose", ["image"], ["nchw"], { perm: [0, 3, 1, 2] }),
        node("Conv", ["nchw", "w", "b"], ["c"], { auto_pad: "SAME_UPPER", strides: [2, 2], kernel_shape: [3, 3] }),
        node("Relu", ["c"], ["r"]),
        node("Transpose", ["r"], ["nhwc"], { perm: [0, 2, 3, 1] }),
        node("Shape", ["nhwc"], ["shape"]),
        node("Cast", ["shape"], ["shape32"], { to: 6 }),
        node("Slice", ["shape32", "from", "to", "axis0"], ["hw"]),
        node("Mul", ["hw", "two"], ["hw2"]),
        node("Cast", ["hw2"], ["hw64"], { to: 7 }),
        node("Transpose", ["nhwc"], ["back"], { perm: [0, 3, 1, 2] }),
        node("Shape", ["back"], ["backShape"]),
        node("Constant", [], ["i0"], { value: int64s([0]) }),
        node("Constant", [], ["i2"], { value: int64s([2]) }),
        node("Slice", ["backShape", "i0", "i2"], ["nc"]),
        node("Concat", ["nc", "hw64"], ["sizes"], { axis: 0 }),
        node("Resize", ["back", "none", "none", "sizes"], ["up"], { mode: "linear" }),
        node("Conv", ["up", "v"], ["d"]),
        node("Transpose", ["d"], ["y"], { perm: [0, 2, 3, 1] }),
      ],
    });
    expect(opsOf(graph).filter((op) => op !== "transpose")).toEqual(["conv", "unary", "resize", "conv"]);
    expect(graph.nodes.at(-1)).toMatchObject({ output: "y", shape: [1, 6, 8, 2] });
  });

  it("evaluates what exists on constants only", async () => {
    // Every branch ends in the sum, so a wrong one shows.
    const f = floats([-2.5, -1, 0, 0.5, 1.5, 3], [2, 3]);
    const g = floats([2, -3, 4, 0.5, -1.5, 2], [2, 3]);
    const pairs = ["Less", "Greater", "LessOrEqual", "GreaterOrEqual", "Equal"];
    const maps = [
      "Round",
      "Sign",
      "Sin",
      "Cos",
      "Erf",
      "Sigmoid",
      "Floor",
      "Ceil",
      "Abs",
      "Neg",
      "Tanh",
      "Relu",
      "Exp",
    ];
    const nodes = [
      ...pairs.flatMap((op) => [node(op, ["f", "g"], [`${op}.b`]), node("Cast", [`${op}.b`], [op], { to: 1 })]),
      node("And", ["Less.b", "Greater.b"], ["a1"]),
      node("Or", ["Less.b", "Equal.b"], ["a2"]),
      node("Xor", ["a1", "a2"], ["a3"]),
      node("Not", ["a3"], ["a4"]),
      node("Cast", ["a4"], ["logic"], { to: 1 }),
      ...maps.map((op) => node(op, ["f"], [op])),
      node("Mod", ["f", "g"], ["mod"], { fmod: 1 }),
      node("ReduceProd", ["f"], ["prod"], { axes: [1], keepdims: 1 }),
      node("ReduceMean", ["f"], ["mean"], { axes: [0], keepdims: 1 }),
      node("ReduceMax", ["f"], ["max"], { axes: [-1], keepdims: 1 }),
      node("Tile", ["prod", "repeats"], ["tiled"]),
      node("Pow", ["g", "g2"], ["pow"]),
      node("Range", ["r0", "r1", "r2"], ["range"]),
      node("Sum", ["x", ...pairs, ...maps, "logic", "mod", "mean", "max", "tiled", "pow", "range"], ["y"]),
    ];
    const graph = await agree({
      inputs: { x: [2, 3] },
      weights: {
        f,
        g,
        g2: floats([2], []),
        repeats: int64s([1, 3]),
        r0: floats([1], []),
        r1: floats([-1.5], []),
        r2: floats([-1], []),
      },
      nodes,
    });
    expect(opsOf(graph).every((op) => op === "binary")).toBe(true);
  });

  it("whole-number division and remainder", () => {
    const graph = importSketch({
      inputs: { x: [6] },
      weights: { a: int64s([-7, 7, 9]), b: int64s([2, -2, 3]), none: int64s([]) },
      nodes: [
        node("Div", ["a", "b"], ["q"]),
        node("Mod", ["a", "b"], ["r"]),
        node("Concat", ["q", "none", "r"], ["qr"], { axis: 0 }),
        node("Cast", ["qr"], ["f"], { to: 1 }),
        node("Add", ["x", "f"], ["y"]),
      ],
    });
    expect([...graph.constants.get("f")!.data]).toEqual([-3, -3, 3, 1, -1, 0]);
  });

  it("Size, NonZero and Shape with start and end", () => {
    const graph = importSketch({
      opset: 15,
      inputs: { x: [2, 3, 4] },
      weights: { mask: int64s([0, 5, 0, 7, 8, 0], [2, 3]) },
      nodes: [
        node("Shape", ["x"], ["tail"], { start: -2 }),
        node("Shape", ["x"], ["head"], { end: -1 }),
        node("Size", ["x"], ["size"]),
        node("NonZero", ["mask"], ["at"]),
        node("Identity", ["x"], ["y"]),
      ],
      outputs: ["tail", "head", "size", "at", "y"],
    });
    const data = Object.fromEntries(graph.outputs.map(({ name, value }) => [name, graph.constants.get(value)]));
    expect([...data.tail!.data]).toEqual([3, 4]);
    expect([...data.head!.data]).toEqual([2, 3]);
    expect([...data.size!.data]).toEqual([24]);
    expect(data.at).toEqual({ shape: [2, 3], data: Float32Array.of(0, 1, 1, 1, 0, 1) });
    expect(graph.outputs.at(-1)).toEqual({ name: "y", value: "x" });
  });

  it("weights from int8 and uint8, per tensor and per channel", async () => {
    const data = Array.from({ length: 3 * 2 * 9 }, (_, i) => ((i * 37) % 256) - 128);
    const i8 = { name: "", dtype: "i8" as const, shape: [3, 2, 3, 3], data };
    const u8 = { name: "", dtype: "u8" as const, shape: [3, 2, 3, 3], data: data.map((v) => v + 128) };
    const conv = (weights: string) => node("Conv", ["x", weights], ["y"], { pads: [1, 1, 1, 1] });
    const graph = await agree({
      inputs: { x: [1, 2, 5, 5] },
      weights: { i8, s: floats([0.01, 0.02, 0.005]) },
      nodes: [node("DequantizeLinear", ["i8", "s"], ["w"], { axis: 0 }), conv("w")],
    });
    expect(opsOf(graph)).toEqual(["transpose", "conv", "transpose"]);
    await agree({
      inputs: { x: [1, 2, 5, 5] },
      weights: { u8, s: floats([0.01], []), z: { name: "", dtype: "u8", shape: [], data: [119] } },
      nodes: [node("DequantizeLinear", ["u8", "s", "z"], ["w"]), conv("w")],
    });
    const fake = [
      node("QuantizeLinear", ["f", "s", "z"], ["q"], { axis: 1 }),
      node("DequantizeLinear", ["q", "s", "z"], ["w"], { axis: 1 }),
      conv("w"),
    ];
    const z = { name: "", dtype: "i8" as const, shape: [2], data: [3, -60] };
    await agree({
      inputs: { x: [1, 2, 5, 5] },
      weights: { f: [3, 2, 3, 3], s: floats([0.01, 0.003]), z },
      nodes: fake,
    });
  });

  it.each([
    ["the wrong number of scales", floats([1, 2]), 0, /scale of 3 elements/],
    ["an axis that is not there", floats([1, 2, 3]), 4, /axis/],
  ])("integers with %s are refused", (_, s, axis, message) => {
    const i8 = { name: "", dtype: "i8" as const, shape: [3, 2, 1, 1], data: [1, 2, 3, 4, 5, 6] };
    const nodes = [node("DequantizeLinear", ["i8", "s"], ["w"], { axis }), node("Conv", ["x", "w"], ["y"])];
    expect(() => importSketch({ inputs: { x: [1, 2, 5, 5] }, weights: { i8, s }, nodes })).toThrow(message);
  });

  it("weights divided by their spectral norm, which is computed in the model", async () => {
    const graph = await agree({
      inputs: { x: [1, 2, 5, 5] },
      weights: { w: [3, 2, 3, 3], u: [1, 3], v: [18, 1], flat: int64s([3, 18]) },
      nodes: [
        node("Reshape", ["w", "flat"], ["matrix"]),
        node("MatMul", ["u", "matrix"], ["uw"]),
        node("MatMul", ["uw", "v"], ["sigma"]),
        node("Div", ["w", "sigma"], ["normal"]),
        node("Conv", ["x", "normal"], ["y"]),
      ],
    });
    expect(opsOf(graph)).toEqual(["transpose", "conv", "transpose"]);
  });

  it("weights in blocks of 4, each with a scale", async () => {
    const data = Array.from({ length: 3 * 7 }, (_, i) => ((i * 37) % 256) - 128);
    const nodes = [
      node("DequantizeLinear", ["i8", "s"], ["w"], { axis: 1, block_size: 4 }),
      node("MatMul", ["x", "w"], ["y"]),
    ];
    await agree({
      opset: 21,
      inputs: { x: [2, 3] },
      weights: {
        i8: { name: "", dtype: "i8", shape: [3, 7], data },
        s: floats([0.01, 0.02, 0.03, 0.04, 0.05, 0.06], [3, 2]),
      },
      nodes,
    });
    const wrong = { i8: { name: "", dtype: "i8" as const, shape: [3, 7], data }, s: floats([1, 2, 3], [3, 1]) };
    expect(() => importSketch({ opset: 21, inputs: { x: [2, 3] }, weights: wrong, nodes })).toThrow(
      /scale of shape \[3, 2\]/,
    );
  });

  it("float16 weights", async () => {
    const w = { name: "", dtype: "f16" as const, shape: [3, 2, 1, 1], data: [0.1, 0.2, -0.3, 4, 5.5, -6] };
    await agree({
      inputs: { x: [1, 2, 3, 3] },
      weights: { w },
      nodes: [node("Cast", ["w"], ["w32"], { to: 1 }), node("Conv", ["x", "w32"], ["y"])],
    });
  });
});

describe("integers of constants", () => {
  const wrapped = (op: string, dtype: InitializerSpec["dtype"], a: number, b: number): number => {
    const scalar = (n: number): InitializerSpec => ({ name: "", dtype: dtype!, shape: [], data: [n] });
    const graph = importSketch({
      inputs: { x: [1] },
      weights: { a: scalar(a), b: scalar(b) },
      nodes: [node(op, ["a", "b"], ["c"]), node("Cast", ["c"], ["f"], { to: 1 }), node("Add", ["x", "f"], ["y"])],
    });
    return [...graph.constants.values()][0]!.data[0]!;
  };

  it.each([
    ["Add", "i8", 127, 1, -128],
    ["Sub", "u8", 0, 1, 255],
    ["Add", "i16", 32767, 2, -32767],
    ["Mul", "u16", 256, 256, 0],
    ["Add", "i32", 2 ** 31 - 1, 1, -(2 ** 31)],
    ["Mul", "i32", 0x7fffffff, 0x7fffffff, 1],
    ["Sub", "u32", 0, 1, 2 ** 32],
    ["Add", "i64", 2 ** 40, 2 ** 40, 2 ** 41],
  ] as const)("%s of %s: %d and %d", (op, dtype, a, b, expected) => {
    expect(wrapped(op, dtype, a, b)).toBe(Math.fround(expected));
  });

  it("casts to narrower integers wrap, as in onnxruntime", async () => {
    await agree({
      inputs: { x: [4] },
      weights: { wide: { name: "", dtype: "i32", shape: [4], data: [300, -1, 70000, 128] } },
      nodes: [
        node("Cast", ["wide"], ["narrow"], { to: 3 }),
        node("Cast", ["narrow"], ["f"], { to: 1 }),
        node("Add", ["x", "f"], ["y"]),
      ],
    });
  });

  it("casts to float8 at run time are refused", () => {
    const sketch = { inputs: { x: [2] }, nodes: [node("Cast", ["x"], ["y"], { to: 17 })], opset: 19 };
    expect(() => importSketch(sketch)).toThrow(/from f32 to f8e4m3fn on a value computed at run time/);
  });
});
