import { expect, it } from "vitest";
import { IDENTITY, type Graph, type OpAttributes, type Pads, type Pair } from "../../../src/graph/ir";
import { totals } from "../../../src/graph/cost";
import { upsampleIntoConv } from "../../../src/graph/passes/upsample-into-conv";
import { verify } from "../../../src/graph/verify";
import { checkPass, convAttributes, expectSameNumbers, makeGraph, runPass } from "../make";
import { ENGINE } from "../../../src/session/engine";

const RESIZE: OpAttributes["resize"] = { mode: "nearest", coordinates: "asymmetric", nearest: "floor", scales: [2, 2] };

interface Options {
  readonly resize?: Partial<OpAttributes["resize"]>;
  readonly conv?: Partial<OpAttributes["conv"]>;
  readonly size?: Pair;
  readonly kernel?: Pair;
  readonly residual?: boolean;
  readonly promised?: boolean;
}

/** A picture of 3x5 pixels and 2 channels, resized, then convolved to 3 (4 with 2 groups). */
function upsampled({ resize = {}, conv = {}, size = [6, 10], kernel = [3, 3], residual, promised }: Options): Graph {
  const g = makeGraph();
  const r = g.node("r", "resize", [g.input("x", [1, 3, 5, 2])], { ...RESIZE, ...resize }, [1, ...size, 2]);
  const attributes = convAttributes(conv);
  const out = attributes.groups * 3;
  const operands = [r, g.constant("w", [...kernel, 2 / attributes.groups, out]), g.constant("b", [out])];
  const [top, left, bottom, right] = attributes.pads;
  const shape = [1, size[0] + top + bottom - kernel[0] + 1, size[1] + left + right - kernel[1] + 1, out];
  const y = g.node("y", "conv", residual ? [...operands, g.input("s", shape)] : operands, attributes);
  return promised ? g.graph(y, r) : g.graph(y);
}

it("reads the picture before its pixels are repeated", () => {
  const conv = { pads: [1, 1, 1, 1], activation: { fn: "relu" } } as const;
  checkPass(
    upsampleIntoConv,
    upsampled({ conv }),
    `%r: f32[1,6,10,2] = resize(%x) {mode=nearest coordinates=asymmetric nearest=floor scales=2x2}
     %y: f32[1,6,10,3] = conv(%r, %w, %b) {strides=1x1 pads=1x1x1x1 activation=relu}
     output "y" = %y`,
    `%y: f32[1,6,10,3] = conv(%x, %w, %b) {strides=1x1 pads=1x1x1x1 activation=relu upsample=2x2}
     output "y" = %y`,
  );
});

it.each<[Pair, Pads]>([
  [
    [1, 1],
    [0, 0, 0, 0],
  ],
  [
    [2, 2],
    [0, 1, 1, 0],
  ],
  [
    [3, 3],
    [0, 0, 0, 0],
  ],
  [
    [4, 4],
    [1, 1, 2, 2],
  ],
  [
    [5, 5],
    [4, 0, 1, 3],
  ],
])("keeps the numbers of a %o kernel", (kernel, pads) => {
  for (const options of [
    { size: [6, 10], resize: {} },
    { size: [9, 10], resize: { scales: [3, 2], coordinates: "half_pixel", nearest: "round_prefer_floor" } },
  ] as const) {
    const graph = upsampled({ ...options, kernel, conv: { pads }, residual: true });
    const result = runPass(upsampleIntoConv, graph, ENGINE.ops);
    verify(result, ENGINE.ops);
    expect(result.nodes.map(({ op }) => op)).toEqual(["conv"]);
    expectSameNumbers(result, graph);
  }
});

it("counts the taps that stay", () => {
  const flops = (kernel: Pair, pads: Pads): number =>
    totals(runPass(upsampleIntoConv, upsampled({ kernel, conv: { pads } }), ENGINE.ops), ENGINE.ops).flops /
    totals(upsampled({ kernel, conv: { pads } }), ENGINE.ops).flops;
  expect(flops([3, 3], [1, 1, 1, 1])).toBeCloseTo(4 / 9);
  expect(flops([4, 4], [1, 1, 2, 2])).toBeCloseTo(6.25 / 16);
  expect(flops([1, 1], [0, 0, 0, 0])).toBe(1);
});

it.each<[string, Options]>([
  ["strides", { conv: { strides: [2, 1] } }],
  ["dilations", { conv: { dilations: [2, 2] } }],
  ["groups", { conv: { groups: 2 } }],
  ["other uses", { promised: true }],
  ["interpolation", { resize: { mode: "linear" } }],
  ["another pixel", { resize: { nearest: "ceil" } }],
  ["a part of a pixel", { resize: { scales: [2.5, 2] }, size: [7, 10] }],
  ["too many phases", { resize: { scales: [5, 4] }, size: [15, 20] }],
])("leaves %s", (_, options) => {
  const graph = upsampled(options);
  expect(runPass(upsampleIntoConv, graph, ENGINE.ops).nodes).toEqual(graph.nodes);
});

it("leaves a convolution whose weights or residual come from the same picture", () => {
  const g = makeGraph();
  const r = g.node("r", "resize", [g.input("x", [1, 2, 2, 3])], RESIZE, [1, 4, 4, 3]);
  const operands = [r, g.constant("w", [1, 1, 3, 3]), g.constant("b", [3]), r];
  const graph = g.graph(g.node("y", "conv", operands, convAttributes({ activation: IDENTITY })));
  expect(runPass(upsampleIntoConv, graph, ENGINE.ops).nodes).toEqual(graph.nodes);
});
