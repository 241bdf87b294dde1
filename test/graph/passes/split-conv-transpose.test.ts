import { expect, it } from "vitest";
import type { Graph, OpAttributes, Shape } from "../../../src/graph/ir";
import { splitConvTranspose } from "../../../src/graph/passes/split-conv-transpose";
import { ENGINE } from "../../../src/session/engine";
import { checkPass, convTransposeAttributes, expectSameNumbers, makeGraph, runPass } from "../make";

/** A transposed convolution of 3x5 pixels with 4 channels to 6. */
function transposed(
  kernel: readonly [number, number],
  size: readonly [number, number],
  attributes: Partial<OpAttributes["convTranspose"]>,
): Graph {
  const g = makeGraph();
  const groups = attributes.groups ?? 1;
  const operands = [g.input("x", [1, 3, 5, 4]), g.constant("w", [...kernel, 6 / groups, 4]), g.constant("b", [6])];
  const shape: Shape = [1, ...size, 6];
  return g.graph(g.node("y", "convTranspose", operands, convTransposeAttributes(attributes), shape));
}

it("becomes a convolution over blocks", () => {
  checkPass(
    splitConvTranspose,
    transposed([4, 4], [6, 10], { strides: [2, 2], pads: [1, 1, 1, 1], activation: { fn: "relu" } }),
    `%y: f32[1,6,10,6] = convTranspose(%x, %w, %b) {strides=2x2 pads=1x1x1x1 activation=relu}
     output "y" = %y`,
    `%y.blocks: f32[1,3,5,24] = conv(%x, %y.blocks.w, %y.blocks.b) {strides=1x1 pads=1x1x1x1 activation=relu}
     %y: f32[1,6,10,6] = depthToSpace(%y.blocks) {block=2 mode=DCR}
     output "y" = %y`,
  );
});

it.each([
  ["a kernel as large as the stride", transposed([2, 2], [6, 10], { strides: [2, 2] })],
  ["an odd kernel with output padding", transposed([3, 3], [6, 10], { strides: [2, 2], pads: [1, 1, 0, 0] })],
  ["other paddings along each axis", transposed([4, 3], [6, 10], { strides: [2, 2], pads: [1, 0, 1, 1] })],
  ["a stride of 4", transposed([8, 8], [12, 20], { strides: [4, 4], pads: [2, 2, 2, 2] })],
])("keeps the numbers of %s", (_, graph) => {
  const result = runPass(splitConvTranspose, graph, ENGINE.ops);
  expect(result.nodes.map(({ op }) => op)).toEqual(["conv", "depthToSpace"]);
  expectSameNumbers(result, graph);
});

it.each([
  ["groups", transposed([4, 4], [6, 10], { strides: [2, 2], pads: [1, 1, 1, 1], groups: 2 })],
  ["unequal strides", transposed([4, 4], [6, 20], { strides: [2, 4], pads: [1, 0, 1, 0] })],
  ["a stride of 1", transposed([3, 3], [3, 5], { pads: [1, 1, 1, 1] })],
  ["dilation", transposed([2, 2], [6, 10], { strides: [2, 2], pads: [1, 1, 0, 0], dilations: [2, 2] })],
  ["another output size", transposed([3, 3], [7, 11], { strides: [2, 2] })],
])("does not apply to %s", (_, graph) => {
  expect(runPass(splitConvTranspose, graph, ENGINE.ops).nodes).toEqual(graph.nodes);
});
