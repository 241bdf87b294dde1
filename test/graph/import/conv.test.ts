import { describe, expect, it } from "vitest";
import { node } from "../../../tools/onnx-writer";
import { agree, importSketch, opsOf } from "./harness";

const conv = (attributes: Parameters<typeof node>[3], shapes: { x: number[]; w: number[]; b?: number[] }) => ({
  inputs: { x: shapes.x },
  weights: { w: shapes.w, ...(shapes.b ? { b: shapes.b } : {}) },
  nodes: [node("Conv", ["x", "w", ...(shapes.b ? ["b"] : [])], ["y"], attributes, "the conv")],
});

describe("Conv", () => {
  const cases: [string, ReturnType<typeof conv>][] = [
    ["1x1 on one pixel", conv({}, { x: [1, 1, 1, 1], w: [1, 1, 1, 1] })],
    ["3x3 with bias", conv({ pads: [1, 1, 1, 1] }, { x: [1, 3, 7, 5], w: [4, 3, 3, 3], b: [4] })],
    ["asymmetric pads", conv({ pads: [0, 2, 1, 0] }, { x: [2, 3, 6, 7], w: [5, 3, 2, 3], b: [5] })],
    ["4x4 SAME_UPPER", conv({ auto_pad: "SAME_UPPER" }, { x: [1, 2, 6, 9], w: [3, 2, 4, 4] })],
    ["SAME_LOWER stride 2", conv({ auto_pad: "SAME_LOWER", strides: [2, 2] }, { x: [1, 2, 8, 7], w: [3, 2, 3, 4] })],
    ["SAME_UPPER stride 2", conv({ auto_pad: "SAME_UPPER", strides: [2, 2] }, { x: [1, 2, 8, 7], w: [3, 2, 3, 4] })],
    ["VALID stride 3", conv({ auto_pad: "VALID", strides: [3, 2] }, { x: [1, 2, 11, 8], w: [3, 2, 3, 3] })],
    ["dilations", conv({ dilations: [2, 3], pads: [2, 1, 0, 3] }, { x: [1, 2, 9, 10], w: [3, 2, 3, 3] })],
    ["groups", conv({ group: 3, pads: [1, 1, 1, 1] }, { x: [1, 6, 5, 5], w: [9, 2, 3, 3], b: [9] })],
    ["depthwise", conv({ group: 4, strides: [2, 1] }, { x: [1, 4, 5, 5], w: [4, 1, 3, 3] })],
    ["35 channels, past two blocks of rearranged weights", conv({}, { x: [1, 2, 3, 3], w: [35, 2, 3, 2], b: [35] })],
    ["1-D", conv({ pads: [2, 1], strides: [2], dilations: [2] }, { x: [2, 3, 11], w: [4, 3, 3], b: [4] })],
  ];
  for (const [name, sketch] of cases) it(name, async () => void (await agree(sketch)));

  it("becomes transpose, conv, transpose with HWIO weights and the model's names", () => {
    const graph = importSketch(conv({ strides: [2, 1] }, { x: [1, 3, 7, 5], w: [4, 3, 3, 3] }));
    expect(opsOf(graph)).toEqual(["transpose", "conv", "transpose"]);
    expect(graph.nodes[1]).toMatchObject({ shape: [1, 3, 3, 4], origin: ["the conv"] });
    expect(graph.nodes[2]!.output).toBe("y");
    const weights = graph.constants.get(graph.nodes[1]!.inputs[1]!)!;
    expect(weights.shape).toEqual([3, 3, 3, 4]);
    expect(Math.max(...graph.constants.get(graph.nodes[1]!.inputs[2]!)!.data)).toBe(0);
  });

  it("transposes a value once for two convolutions", async () => {
    const graph = await agree({
      inputs: { x: [1, 3, 5, 5] },
      weights: { w: [2, 3, 1, 1], v: [2, 3, 3, 3] },
      nodes: [node("Conv", ["x", "w"], ["a"]), node("Conv", ["x", "v"], ["b"], { pads: [1, 1, 1, 1] })],
      outputs: ["a", "b"],
    });
    expect(opsOf(graph).filter((op) => op === "transpose")).toHaveLength(3);
  });

  it("says what is wrong, by node", () => {
    expect(() => importSketch(conv({}, { x: [1, 3, 5, 5], w: [2, 4, 1, 1] }))).toThrow(
      /Conv "the conv": expected weights for 3 channels/,
    );
    expect(() => importSketch(conv({}, { x: [1, 3, 2, 2], w: [2, 3, 3, 3] }))).toThrow(/fits the padded picture/);
    expect(() => importSketch(conv({}, { x: [1, 3, 4, 4, 4], w: [2, 3, 1, 1, 1] }))).toThrow(/3 spatial dimensions/);
  });
});

describe("ConvTranspose", () => {
  const up = (attributes: Parameters<typeof node>[3], x: number[], w: number[], b?: number[]) => ({
    ...conv({}, { x, w, b }),
    nodes: [node("ConvTranspose", ["x", "w", ...(b ? ["b"] : [])], ["y"], attributes)],
  });
  const cases: [string, ReturnType<typeof conv>][] = [
    ["stride 1", up({}, [1, 2, 3, 4], [2, 3, 3, 3], [3])],
    [
      "stride 2, pads 1, output_padding",
      up({ strides: [2, 2], pads: [1, 1, 1, 1], output_padding: [1, 1] }, [1, 3, 4, 5], [3, 2, 3, 3], [2]),
    ],
    ["asymmetric", up({ strides: [3, 2], pads: [0, 1, 2, 0], dilations: [1, 2] }, [2, 2, 3, 4], [2, 2, 4, 3])],
    ["groups", up({ strides: [2, 2], group: 2 }, [1, 4, 3, 3], [4, 3, 2, 2], [6])],
    ["output_shape", up({ strides: [2, 2], output_shape: [8, 9] }, [1, 2, 4, 4], [2, 2, 3, 3])],
    [
      "output_shape SAME_UPPER",
      up({ strides: [2, 2], output_shape: [8, 8], auto_pad: "SAME_UPPER" }, [1, 2, 4, 4], [2, 2, 3, 3]),
    ],
    ["SAME_LOWER", up({ strides: [2, 2], auto_pad: "SAME_LOWER" }, [1, 2, 4, 4], [2, 2, 3, 3])],
    ["1-D", up({ strides: [2], pads: [1, 0] }, [1, 2, 5], [2, 3, 4], [3])],
  ];
  for (const [name, sketch] of cases) it(name, async () => void (await agree(sketch)));
});
