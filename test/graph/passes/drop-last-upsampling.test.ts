import { expect, it } from "vitest";
import { IDENTITY, type Graph, type OpAttributes, type Shape } from "../../../src/graph/ir";
import { dropLastUpsampling } from "../../../src/graph/passes/drop-last-upsampling";
import { verify } from "../../../src/graph/verify";
import { repeatSamples } from "../../reference/color";
import { convAttributes, makeGraph, printBody, runSeeded, runPass, type GraphMaker } from "../make";
import { ENGINE } from "../../../src/session/engine";

const RESIZE: OpAttributes["resize"] = { mode: "nearest", coordinates: "asymmetric", nearest: "floor", scales: [2, 2] };

function conv(g: GraphMaker, x: string): string {
  return g.node("c", "conv", [x, g.constant("w", [1, 1, 3, 2]), g.constant("b", [2])], convAttributes());
}

/** conv, resize, and what `after` adds. */
function upsampled(
  changes: Partial<OpAttributes["resize"]> = {},
  after: (g: GraphMaker, r: string) => string[] = (_, r) => [r],
  size: Shape = [6, 8],
): Graph {
  const g = makeGraph();
  const c = conv(g, g.input("x", [1, 3, 4, 3]));
  const r = g.node("r", "resize", [c], { ...RESIZE, ...changes }, [1, ...size, 2]);
  return g.graph(...after(g, r));
}

it("gives the output before its pixels are repeated", () => {
  const graph = upsampled({}, (g, r) => {
    const t = g.node("t", "unary", [r], { activation: { fn: "tanh" } });
    return [g.node("y", "transpose", [t], { perm: [0, 3, 1, 2] })];
  });
  const result = runPass(dropLastUpsampling, graph, ENGINE.ops);
  verify(result, ENGINE.ops, dropLastUpsampling.name);
  expect(printBody(result)).toBe(
    [
      "%c: f32[1,3,4,2] = conv(%x, %w, %b) {strides=1x1 pads=0x0x0x0}",
      "%t: f32[1,3,4,2] = unary(%c) {activation=tanh}",
      "%y: f32[1,2,3,4] = transpose(%t) {perm=0x3x1x2}",
      'output "y" = %y',
    ].join("\n"),
  );
  // Repeated, it is what the graph gave.
  expect(repeatSamples(runSeeded(result)["y"]!, 4, 3, 2)).toEqual(runSeeded(graph)["y"]);
});

it.each([
  [{ coordinates: "half_pixel", nearest: "round_prefer_floor" }, 2],
  [{ coordinates: "pytorch_half_pixel", nearest: "round_prefer_ceil" }, 4],
  [{ coordinates: "half_pixel", nearest: "round_prefer_ceil" }, 3],
  [{}, 1],
] as const)("knows the same repetition by other names: %j x %i", (changes, n) => {
  const nchw = (g: GraphMaker, r: string): string[] => [g.node("y", "transpose", [r], { perm: [0, 3, 1, 2] })];
  const graph = upsampled({ ...changes, scales: [n, n] }, nchw, [3 * n, 4 * n]);
  const result = runPass(dropLastUpsampling, graph, ENGINE.ops);
  expect(result.nodes.map(({ op }) => op)).toEqual(["conv", "transpose"]);
  expect(repeatSamples(runSeeded(result)["y"]!, 4, 3, n)).toEqual(runSeeded(graph)["y"]);
});

it("leaves other resizes, and those that something else reads", () => {
  const graphs = [
    upsampled({ mode: "linear", coordinates: "half_pixel" }),
    upsampled({ nearest: "ceil" }),
    upsampled({ coordinates: "half_pixel", nearest: "floor" }),
    upsampled({ coordinates: "align_corners" }),
    upsampled({ scales: [2, 1] }, undefined, [6, 4]),
    upsampled({ scales: [1.5, 1.5] }, undefined, [4, 6]),
    upsampled({}, (g, r) => [r, g.node("z", "unary", [r], { activation: IDENTITY })]),
    upsampled({}, (g, r) => [g.node("z", "softmax", [r], { axis: 3 })]),
  ];
  for (const graph of graphs) expect(runPass(dropLastUpsampling, graph, ENGINE.ops)).toEqual(graph);
});
