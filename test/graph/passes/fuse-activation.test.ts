import { expect, it } from "vitest";
import { IDENTITY } from "../../../src/graph/ir";
import { fuseActivation } from "../../../src/graph/passes/fuse-activation";
import { checkPass, convAttributes, convTransposeAttributes, expectSameNumbers, makeGraph, runPass } from "../make";
import { ENGINE } from "../../../src/session/engine";

it("computes relu in the convolution", () => {
  const g = makeGraph();
  const x = g.input("x", [1, 3, 3, 2]);
  const c = g.node("c", "conv", [x, g.constant("w", [1, 1, 2, 4]), g.constant("b", [4])], convAttributes());
  const result = checkPass(
    fuseActivation,
    g.graph(g.node("y", "unary", [c], { activation: { fn: "relu" } })),
    `%c: f32[1,3,3,4] = conv(%x, %w, %b) {strides=1x1 pads=0x0x0x0}
     %y: f32[1,3,3,4] = unary(%c) {activation=relu}
     output "y" = %y`,
    `%y: f32[1,3,3,4] = conv(%x, %w, %b) {strides=1x1 pads=0x0x0x0 activation=relu}
     output "y" = %y`,
  );
  expect(result.nodes[0]!.origin).toEqual(["c", "y"]);
});

it("fuses into convTranspose, matmul and binary, and one activation only", () => {
  const g = makeGraph();
  const x = g.input("x", [1, 2, 2, 2]);
  const up = g.node(
    "up",
    "convTranspose",
    [x, g.constant("w", [2, 2, 3, 2]), g.constant("b", [3])],
    convTransposeAttributes({ strides: [2, 2] }),
    [1, 4, 4, 3],
  );
  const t = g.node("t", "unary", [up], { activation: { fn: "tanh" } });
  const m = g.node("m", "matmul", [t, g.constant("v", [3, 3])], { activation: IDENTITY });
  const e = g.node("e", "unary", [m], { activation: { fn: "elu", alpha: 0.5 } });
  const a = g.node("a", "binary", [e, t], { fn: "add", activation: IDENTITY });
  const r = g.node("r", "unary", [a], { activation: { fn: "relu" } });
  const graph = g.graph(g.node("s", "unary", [r], { activation: { fn: "sigmoid" } }));
  const result = runPass(fuseActivation, graph, ENGINE.ops);
  expect(result.nodes.map((node) => [node.op, node.output])).toEqual([
    ["convTranspose", "t"],
    ["matmul", "e"],
    ["binary", "r"],
    ["unary", "s"],
  ]);
  expectSameNumbers(result, graph);
});

it("leaves an op that has another use or is an output", () => {
  const g = makeGraph();
  const c = g.node("c", "binary", [g.input("x", [4]), g.constant("b", [4])], { fn: "mul", activation: IDENTITY });
  const graph = g.graph(g.node("y", "unary", [c], { activation: { fn: "relu" } }), c);
  expect(runPass(fuseActivation, graph, ENGINE.ops).nodes).toEqual(graph.nodes);
});
