import { expect, it } from "vitest";
import { dropDead } from "../../../src/graph/passes/drop-dead";
import { foldConstants } from "../../../src/graph/passes/fold-constants";
import { splitTileConcat } from "../../../src/graph/passes/split-tile-concat";
import { verify } from "../../../src/graph/verify";
import type { Graph } from "../../../src/graph/ir";
import type { Pass } from "../../../src/graph/passes/pass";
import { checkPass, convAttributes, expectSameNumbers, makeGraph, printBody, runPass } from "../make";
import { ENGINE } from "../../../src/session/engine";

function run(graph: Graph, ...passes: Pass[]): Graph {
  const result = passes.reduce((g, pass) => runPass(pass, g, ENGINE.ops), graph);
  verify(result, ENGINE.ops, "split-tile-concat");
  expectSameNumbers(result, graph);
  return result;
}

it("computes a bias from the repeated vector", () => {
  const g = makeGraph();
  const x = g.input("x", [1, 4, 4, 3]);
  const t = g.node("t", "expand", [g.input("e", [1, 1, 1, 10])], {}, [1, 4, 4, 10]);
  const j = g.node("j", "concat", [x, t], { axis: 3 });
  const conv = convAttributes({ activation: { fn: "relu" } });
  checkPass(
    {
      name: "split-tile-concat, drop-dead",
      *run(graph, ops) {
        return yield* dropDead.run(yield* splitTileConcat.run(graph, ops), ops);
      },
    },
    g.graph(g.node("y", "conv", [j, g.constant("w", [1, 1, 13, 2]), g.constant("b", [2])], conv)),
    `%t: f32[1,4,4,10] = expand(%e)
     %j: f32[1,4,4,13] = concat(%x, %t) {axis=3}
     %y: f32[1,4,4,2] = conv(%j, %w, %b) {strides=1x1 pads=0x0x0x0 activation=relu}
     output "y" = %y`,
    `%e.row: f32[1,10] = reshape(%e)
     %y.bias: f32[1,2] = matmul(%e.row, %y.we, %b)
     %y.bias.1: f32[2] = reshape(%y.bias)
     %y: f32[1,4,4,2] = conv(%x, %y.wx, %y.bias.1) {strides=1x1 pads=0x0x0x0 activation=relu}
     output "y" = %y`,
  );
});

it("takes several vectors and pictures in any order, a larger kernel and a batch", () => {
  const g = makeGraph();
  const e = g.node("e", "expand", [g.input("a", [1, 1, 1, 2])], {}, [2, 4, 4, 2]);
  const f = g.node("f", "expand", [g.input("b", [1, 1, 1, 3])], {}, [2, 4, 4, 3]);
  const j = g.node("j", "concat", [e, g.input("x", [2, 4, 4, 2]), f, g.input("y", [2, 4, 4, 1])], { axis: 3 });
  const attributes = convAttributes({ strides: [2, 1] });
  const result = run(
    g.graph(g.node("o", "conv", [j, g.constant("w", [2, 3, 8, 4]), g.constant("k", [4])], attributes)),
    splitTileConcat,
    dropDead,
  );
  expect(result.nodes.map((node) => node.op)).not.toContain("expand");
});

it("computes the bias of a constant vector at once", () => {
  const g = makeGraph();
  const t = g.node("t", "expand", [g.constant("e", [1, 1, 1, 5])], {}, [1, 4, 4, 5]);
  const j = g.node("j", "concat", [t, g.input("x", [1, 4, 4, 3])], { axis: 3 });
  const y = g.node("y", "conv", [j, g.constant("w", [1, 1, 8, 2]), g.constant("b", [2])], convAttributes());
  const result = run(g.graph(y), splitTileConcat, foldConstants, dropDead);
  expect(result.nodes.map((node) => node.op)).toEqual(["conv"]);
});

it("leaves padded and grouped convolutions, vectors per batch, and concats without a picture", () => {
  const g = makeGraph();
  const x = g.input("x", [2, 4, 4, 2]);
  const e = g.input("e", [1, 1, 1, 2]);
  const t = g.node("t", "expand", [e], {}, [2, 4, 4, 2]);
  const perBatch = g.node("perBatch", "expand", [g.input("f", [2, 1, 1, 2])], {}, [2, 4, 4, 2]);
  const perChannel = g.node("perChannel", "expand", [g.input("h", [1, 1, 1, 1])], {}, [2, 4, 4, 2]);
  const b = g.constant("b", [2]);
  const w = g.constant("w", [3, 3, 4, 2]);
  const conv = (name: string, operands: string[], weights: string, attributes: object): string => {
    const j = g.node(`${name}.j`, "concat", operands, { axis: 3 });
    return g.node(name, "conv", [j, weights, b], convAttributes(attributes));
  };
  const graph = g.graph(
    conv("padded", [x, t], w, { pads: [0, 0, 1, 1] }),
    conv("grouped", [x, t], g.constant("v", [3, 3, 2, 2]), { groups: 2 }),
    conv("batched", [x, perBatch], w, {}),
    conv("channels", [x, perChannel], w, {}),
    conv("vectors", [t, t], w, {}),
  );
  expect(printBody(runPass(splitTileConcat, graph, ENGINE.ops))).toBe(printBody(graph));
});
