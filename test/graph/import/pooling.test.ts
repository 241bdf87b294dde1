import { describe, expect, it } from "vitest";
import { node } from "../../../tools/onnx-writer";
import { agree, importSketch, opsOf } from "./harness";

const pool = (op: string, x: number[], attributes: Parameters<typeof node>[3], opset = 17) => ({
  opset,
  inputs: { x },
  nodes: [node(op, ["x"], ["y"], attributes, "the pool")],
});

describe("pools", () => {
  for (const op of ["MaxPool", "AveragePool"]) {
    const cases: [string, ReturnType<typeof pool>][] = [
      ["2x2", pool(op, [1, 3, 4, 6], { kernel_shape: [2, 2], strides: [2, 2] })],
      ["asymmetric pads", pool(op, [1, 2, 5, 7], { kernel_shape: [3, 2], strides: [2, 1], pads: [1, 0, 2, 1] })],
      ["ceil_mode", pool(op, [1, 2, 6, 7], { kernel_shape: [3, 3], strides: [2, 2], ceil_mode: 1 })],
      [
        "ceil_mode with pads",
        pool(op, [1, 2, 6, 7], { kernel_shape: [3, 3], strides: [2, 3], pads: [1, 1, 1, 1], ceil_mode: 1 }),
      ],
      [
        "ceil_mode, last window in the pad",
        pool(op, [1, 1, 4, 4], { kernel_shape: [2, 2], strides: [3, 3], pads: [1, 1, 1, 1], ceil_mode: 1 }),
      ],
      [
        "SAME_UPPER stride 2",
        pool(op, [1, 2, 5, 8], { kernel_shape: [3, 2], strides: [2, 2], auto_pad: "SAME_UPPER" }),
      ],
      [
        "SAME_LOWER stride 2",
        pool(op, [1, 2, 5, 8], { kernel_shape: [2, 4], strides: [2, 2], auto_pad: "SAME_LOWER" }),
      ],
      ["VALID", pool(op, [1, 2, 5, 8], { kernel_shape: [2, 3], strides: [2, 2], auto_pad: "VALID" })],
      ["1-D", pool(op, [2, 3, 9], { kernel_shape: [3], strides: [2], pads: [1, 1] })],
      ["dilations", pool(op, [1, 2, 7, 8], { kernel_shape: [2, 3], dilations: [3, 2], pads: [1, 0, 0, 1] }, 19)],
      ["3-D", pool(op, [2, 3, 5, 6, 7], { kernel_shape: [3, 2, 3], strides: [2, 1, 2], pads: [1, 0, 1, 1, 1, 0] })],
      ["3-D, ceil_mode", pool(op, [1, 2, 6, 5, 7], { kernel_shape: [3, 2, 3], strides: [2, 2, 2], ceil_mode: 1 })],
      [
        "3-D, SAME_LOWER",
        pool(op, [1, 2, 5, 8, 4], { kernel_shape: [2, 4, 3], strides: [2, 2, 1], auto_pad: "SAME_LOWER" }),
      ],
    ];
    for (const [name, sketch] of cases) it(`${op} ${name}`, async () => void (await agree(sketch)));
  }

  const counted = { count_include_pad: 1, kernel_shape: [3, 3], pads: [1, 0, 1, 2] };
  it("AveragePool counting the pads", async () => void (await agree(pool("AveragePool", [1, 2, 5, 6], counted))));
  it("AveragePool counting the pads of 3 dimensions", async () => {
    const three = { count_include_pad: 1, kernel_shape: [2, 3, 3], pads: [1, 1, 0, 0, 1, 2] };
    await agree(pool("AveragePool", [1, 2, 4, 5, 6], three));
  });
  it("3-D pools with two numbers are malformed", () => {
    expect(() => importSketch(pool("MaxPool", [1, 1, 4, 4, 4], { kernel_shape: [2, 2] }))).toThrow(
      /3 numbers in kernel_shape/,
    );
  });
  for (const opset of [11, 19])
    it(`AveragePool counting the pads but not the pixels that ceil_mode adds, opset ${opset}`, async () => {
      const attributes = { ...counted, strides: [2, 2], ceil_mode: 1 };
      const graph = await agree(pool("AveragePool", [1, 2, 6, 6], attributes, opset));
      expect(opsOf(graph)).toEqual(["transpose", "pool", "binary", "transpose"]);
    });

  it("global pools become reductions in ONNX's layout", async () => {
    const graph = await agree(pool("GlobalAveragePool", [2, 3, 5, 4], {}));
    expect(graph.nodes).toMatchObject([{ op: "reduce", attributes: { fn: "mean", axes: [2, 3], keepDims: true } }]);
    await agree(pool("GlobalMaxPool", [2, 3, 5], {}));
  });

  it("rejects the indices output of MaxPool only where it is used", () => {
    const two = { inputs: { x: [1, 1, 4, 4] }, nodes: [node("MaxPool", ["x"], ["y", "at"], { kernel_shape: [2, 2] })] };
    expect(() => importSketch({ ...two, outputs: ["y", "at"] })).toThrow(/output 1 \("at"\)/);
    expect(opsOf(importSketch({ ...two, outputs: ["y"] }))).toContain("pool");
  });
});
