import { describe, expect, it } from "vitest";
import { importModel } from "../../../src/graph/import";
import { IDENTITY, type Graph } from "../../../src/graph/ir";
import { optimize } from "../../../src/graph/optimize";
import { sumGreyInput } from "../../../src/graph/passes/sum-grey-input";
import { verify } from "../../../src/graph/verify";
import { decodeModel } from "../../../src/weights/onnx/decode";
import { expectClose } from "../../shared/expect-close";
import { randoms } from "../../shared/randoms";
import { buildModel, node } from "../../../tools/onnx-writer";
import { interpret } from "../../reference/interpret";
import { convAttributes, makeGraph, printBody, runPass } from "../make";
import { ENGINE } from "../../../src/session/engine";

const pass = sumGreyInput("x");

/** The result for one plane is that of the original for the plane three times. */
function expectSameForGrey(actual: Graph, expected: Graph): void {
  verify(actual, ENGINE.ops, pass.name);
  const [, , height, width] = expected.inputs[0]!.shape as [number, number, number, number];
  expect(actual.inputs).toEqual([{ name: "x", shape: [1, 1, height, width] }]);
  const plane = randoms(height * width, 5);
  const left = interpret(actual, { x: plane });
  const right = interpret(expected, { x: Float32Array.from([...plane, ...plane, ...plane]) });
  for (const [name, values] of Object.entries(right)) expectClose(left[name]!, values, { range: 4e-6 }, name);
}

describe("sum-grey-input", () => {
  it("sums the first kernels over their input channels", () => {
    const g = makeGraph();
    g.input("x", [1, 3, 5, 6]);
    const t = g.node("t", "transpose", ["x"], { perm: [0, 2, 3, 1] });
    const conv = (name: string, size: number, pads: [number, number, number, number]): string => {
      const weights = g.constant(`${name}.weights`, [size, size, 3, 4]);
      return g.node(name, "conv", [t, weights, g.constant(`${name}.bias`, [4])], convAttributes({ pads }));
    };
    const graph = g.graph(conv("a", 3, [0, 0, 0, 0]), conv("b", 2, [1, 0, 0, 1]));
    const result = runPass(pass, graph, ENGINE.ops);
    expect(printBody(result)).toBe(
      [
        "%t: f32[1,5,6,1] = reshape(%x)",
        "%a: f32[1,3,4,4] = conv(%t, %a.w, %a.bias) {strides=1x1 pads=0x0x0x0}",
        "%b: f32[1,5,6,4] = conv(%t, %b.w, %b.bias) {strides=1x1 pads=1x0x0x1}",
        'output "a" = %a',
        'output "b" = %b',
      ].join("\n"),
    );
    expect(result.constants.get("a.w")!.shape).toEqual([3, 3, 1, 4]);
    expectSameForGrey(result, graph);
  });

  it("comes after normalisation by channel is folded into the first convolution", () => {
    const bytes = buildModel({
      inputs: [{ name: "x", shape: [1, 3, 6, 7] }],
      outputs: [{ name: "y" }],
      nodes: [
        node("Sub", ["x", "mean"], ["centred"]),
        node("Div", ["centred", "deviation"], ["normal"]),
        node("Conv", ["normal", "w"], ["c"], { kernel_shape: [3, 3] }),
        node("Relu", ["c"], ["y"]),
      ],
      initializers: [
        { name: "mean", shape: [1, 3, 1, 1], data: [0.485, 0.456, 0.406] },
        { name: "deviation", shape: [3, 1, 1], data: [0.229, 0.224, 0.225] },
        { name: "w", shape: [4, 3, 3, 3], data: randoms(108, 3) },
      ],
    });
    const graph = optimize(importModel(decodeModel(bytes), ENGINE, { inputShapes: {} }), ENGINE);
    const result = runPass(pass, graph, ENGINE.ops);
    expect(result.nodes.map(({ op }) => op)).toEqual(["reshape", "conv", "transpose"]);
    expectSameForGrey(result, graph);
  });

  it("leaves other uses of the input, and weights that are not plain", () => {
    const stacked = (build: (g: ReturnType<typeof makeGraph>, t: string) => string[]): Graph => {
      const g = makeGraph();
      g.input("x", [1, 3, 4, 4]);
      return g.graph(...build(g, g.node("t", "transpose", ["x"], { perm: [0, 2, 3, 1] })));
    };
    const graphs = [
      stacked((g, t) => [g.node("y", "unary", [t], { activation: { fn: "relu" } })]),
      stacked((g, t) => [
        g.node("y", "conv", [t, g.constant("w", [1, 1, 1, 3]), g.constant("b", [3])], convAttributes({ groups: 3 })),
      ]),
      stacked((g, t) => [
        g.node("y", "conv", [t, g.constant("w", [1, 1, 3, 3]), g.constant("b", [3]), t], convAttributes()),
      ]),
      stacked((g, t) => [
        t,
        g.node("y", "conv", [t, g.constant("w", [1, 1, 3, 3]), g.constant("b", [3])], convAttributes()),
      ]),
      stacked((g, t) => [
        g.node("y", "conv", [t, g.constant("w", [1, 1, 3, 3]), g.constant("b", [3])], convAttributes()),
        g.node("z", "unary", ["x"], { activation: IDENTITY }),
      ]),
    ];
    for (const graph of graphs) expect(runPass(pass, graph, ENGINE.ops)).toBe(graph);
  });
});
