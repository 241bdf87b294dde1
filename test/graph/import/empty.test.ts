import { describe, expect, it } from "vitest";
import { node } from "../../../tools/onnx-writer";
import { agree, floats, importSketch, int64s, opsOf } from "./harness";

describe("sizes of zero", () => {
  it("a slice past the end, a range without elements and their shapes", async () => {
    const graph = await agree({
      inputs: { x: [2, 3] },
      weights: { starts: int64s([5]), ends: int64s([9]), axes: int64s([1]), none: int64s([2, 0]) },
      nodes: [
        node("Slice", ["x", "starts", "ends", "axes"], ["cut"]),
        node("Reshape", ["cut", "none"], ["flat"], { allowzero: 1 }),
        node("Concat", ["flat", "x"], ["joined"], { axis: 1 }),
        node("Relu", ["joined"], ["y"]),
        node("Shape", ["cut"], ["sizes"]),
        node("Cast", ["sizes"], ["shape"], { to: 1 }),
      ],
      outputs: ["shape", "y"],
    });
    expect(opsOf(graph)).toEqual(["unary"]);
  });

  it.each([
    ["Conv", node("Conv", ["none", "w"], ["y"], { pads: [1, 1, 1, 1] })],
    ["ConvTranspose", node("ConvTranspose", ["none", "w"], ["y"], { strides: [2, 2] })],
    ["MaxPool", node("MaxPool", ["none"], ["y"], { kernel_shape: [2, 2] })],
    ["Softmax", node("Softmax", ["none"], ["y"], { axis: 1 })],
    ["LayerNormalization", node("LayerNormalization", ["none", "s"], ["y"])],
    ["InstanceNormalization", node("InstanceNormalization", ["none", "c", "c"], ["y"])],
    ["Resize", node("Resize", ["none", "", "scales"], ["y"], { mode: "linear" })],
    ["Tile", node("Tile", ["x", "repeats"], ["y"])],
    ["Tile of nothing", node("Tile", ["none", "ones"], ["y"])],
    ["Transpose", node("Transpose", ["none"], ["y"], { perm: [2, 0, 1, 3] })],
  ])("%s without results runs nothing", async (_, op) => {
    const graph = await agree({
      opset: 17,
      inputs: { x: [2, 3, 4, 5] },
      weights: {
        ...{ starts: int64s([0]), ends: int64s([0]), w: [3, 3, 3, 3], s: [5], c: [3], scales: floats([1, 1, 2, 2]) },
        ...{ repeats: int64s([2, 1, 0, 1]), ones: int64s([1, 1, 2, 1]) },
      },
      nodes: [
        node("Slice", ["x", "starts", "ends"], ["none"]),
        op,
        node("Shape", ["y"], ["sizes"]),
        node("Cast", ["sizes"], ["shape"], { to: 1 }),
        node("Neg", ["x"], ["z"]),
      ],
      outputs: ["shape", "z"],
    });
    expect(opsOf(graph)).toEqual(["unary"]);
  });

  it("a sum over no elements is 0, a product 1", async () => {
    await agree({
      opset: 18,
      inputs: { x: [2, 4] },
      weights: { empty: floats([], [2, 0, 4]), axes: int64s([1]) },
      nodes: [
        node("ReduceSum", ["empty", "axes"], ["sum"], { keepdims: 0 }),
        node("ReduceProd", ["empty", "axes"], ["product"], { keepdims: 0 }),
        node("Sum", ["x", "sum", "product"], ["y"]),
      ],
    });
  });

  it("a mean of no integers is 0", async () => {
    await agree({
      inputs: { x: [2, 4] },
      weights: { empty: int64s([]) },
      nodes: [
        node("ReduceMean", ["empty"], ["mean"], { keepdims: 0 }),
        node("Cast", ["mean"], ["f"], { to: 1 }),
        node("Add", ["x", "f"], ["y"]),
      ],
    });
  });

  it.each(["ReduceMax", "ReduceMin"])("%s of no integers, which have no infinity, is refused", (op) => {
    const weights = { empty: int64s([]) };
    const nodes = [node(op, ["empty"], ["m"]), node("Cast", ["m"], ["f"], { to: 1 }), node("Add", ["x", "f"], ["y"])];
    expect(() => importSketch({ inputs: { x: [2, 4] }, weights, nodes })).toThrow(/no integers/);
  });

  it("an empty list of axes squeezes all that can be", async () => {
    await agree({
      inputs: { x: [1, 2, 1, 3] },
      weights: { axes: int64s([]) },
      nodes: [node("Squeeze", ["x", "axes"], ["s"]), node("Neg", ["s"], ["y"])],
    });
  });

  it("an empty list of axes means all axes, or none", async () => {
    for (const noop_with_empty_axes of [0, 1])
      await agree({
        opset: 18,
        inputs: { x: [2, 3] },
        weights: { axes: int64s([]) },
        nodes: [node("ReduceSum", ["x", "axes"], ["y"], { noop_with_empty_axes })],
      });
  });

  it("are frozen as such, and refused of inputs at run time", () => {
    const sum = { inputs: { x: [2, 3], axes: [0] }, nodes: [node("ReduceSum", ["x", "axes"], ["y"])] };
    const freeze = { axes: { data: [], shape: [0] } };
    expect(opsOf(importSketch(sum, { freeze }))).toEqual(["reduce"]);
    expect(() => importSketch(sum, { inputShapes: { axes: [0] } })).toThrow(/sizes of at least 1/);
  });
});

describe("Dropout", () => {
  const dropout = (training: number, ratio: number) => ({
    inputs: { x: [2, 3] },
    weights: {
      ratio: floats([ratio], []),
      training: { name: "", dtype: "bool" as const, shape: [], data: [training] },
    },
    nodes: [
      node("Dropout", ["x", "ratio", "training"], ["d", "mask"]),
      node("Cast", ["mask"], ["kept"], { to: 1 }),
      node("Add", ["d", "kept"], ["y"]),
    ],
  });
  it("keeps every element in inference, and with ratio 0", async () => {
    expect(opsOf(await agree(dropout(0, 0.5)))).toEqual(["binary"]);
    expect(opsOf(await agree(dropout(1, 0)))).toEqual(["binary"]);
  });
  it("is refused where it would drop elements", () => {
    expect(() => importSketch(dropout(1, 0.5))).toThrow(/training mode with ratio 0.5/);
  });
});
