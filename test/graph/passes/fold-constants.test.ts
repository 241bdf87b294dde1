import { expect, it } from "vitest";
import { IDENTITY, type Graph } from "../../../src/graph/ir";
import { foldConstants } from "../../../src/graph/passes/fold-constants";
import { checkPass, expectSameNumbers, makeGraph, runPass, type GraphMaker } from "../make";
import { ENGINE } from "../../../src/session/engine";

it("computes a transposed weight", () => {
  const g = makeGraph();
  const x = g.input("x", [1, 3]);
  const t = g.node("t", "transpose", [g.constant("w", [2, 3])], { perm: [1, 0] });
  checkPass(
    foldConstants,
    g.graph(g.node("y", "matmul", [x, t], { activation: IDENTITY })),
    `%t: f32[3,2] = transpose(%w) {perm=1x0}
     %y: f32[1,2] = matmul(%x, %t)
     output "y" = %y`,
    `%y: f32[1,2] = matmul(%x, %t.folded)
     output "y" = %y`,
  );
});

it("leaves a growing expand and a constant output as nodes", () => {
  const g = makeGraph();
  const x = g.input("x", [1, 2, 2, 3]);
  const e = g.node("e", "expand", [g.constant("v", [1, 1, 1, 3])], {}, [1, 2, 2, 3]);
  const j = g.node("j", "concat", [x, e], { axis: 3 });
  const graph = g.graph(j, g.node("o", "unary", [g.constant("c", [2])], { activation: { fn: "neg" } }));
  expect(runPass(foldConstants, graph, ENGINE.ops).nodes).toEqual(graph.nodes);
});

/** Makes a value that broadcasts with [2, 3] from constants alone, c [2, 3] among them. */
type Folded = [string, (g: GraphMaker, c: string) => string];

const folded: Folded[] = [
  ["unary", (g, c) => g.node("n", "unary", [c], { activation: { fn: "gelu" } })],
  ["erf", (g, c) => g.node("n", "unary", [c], { activation: { fn: "erf" } })],
  [
    "binary with broadcast",
    (g, c) => g.node("n", "binary", [c, g.constant("d", [3])], { fn: "sub", activation: { fn: "relu" } }),
  ],
  ["prelu", (g, c) => g.node("n", "binary", [c, g.constant("d", [2, 1])], { fn: "prelu", activation: IDENTITY })],
  ["concat", (g, c) => g.node("n", "concat", [g.constant("d", [2, 1]), g.constant("e", [2, 2])], { axis: c ? 1 : 0 })],
  ["slice backwards", (g, c) => g.node("n", "slice", [c], { starts: [1, 2], steps: [-1, -1] }, [2, 3])],
  ["gather", (g, c) => g.node("n", "gather", [c], { axis: 1, indices: [2, 0, 0] })],
  ["reduce", (g) => g.node("n", "reduce", [g.constant("d", [2, 4, 3])], { fn: "mean", axes: [1], keepDims: false })],
  ["reduce max", (g) => g.node("n", "reduce", [g.constant("d", [4, 2, 3])], { fn: "max", axes: [0], keepDims: false })],
  [
    "matmul",
    (g, c) => g.node("n", "matmul", [c, g.constant("d", [3, 3]), g.constant("e", [3])], { activation: { fn: "relu" } }),
  ],
  [
    "matmul of batches",
    (g) => g.node("n", "matmul", [g.constant("d", [2, 1, 4]), g.constant("e", [2, 4, 3])], { activation: IDENTITY }),
  ],
  ...(["constant", "edge", "reflect"] as const).map((mode): Folded => [
    `pad ${mode}`,
    (g) => g.node("n", "pad", [g.constant("d", [2, 2])], { mode, before: [0, 1], after: [0, 0], value: 7 }),
  ]),
  ["reshape", (g) => g.node("n", "reshape", [g.constant("d", [6])], {}, [2, 3])],
  ["expand of equal size", (g, c) => g.node("n", "expand", [c], {}, [2, 3])],
];

it.each(folded)("computes %s as the reference does", (_, make) => {
  const g = makeGraph();
  const x = g.input("x", [2, 3]);
  const n = make(g, g.constant("c", [2, 3]));
  const graph: Graph = g.graph(g.node("y", "binary", [x, n], { fn: "add", activation: IDENTITY }));
  const result = runPass(foldConstants, graph, ENGINE.ops);
  expect(result.nodes.map((node) => node.output)).toEqual(["y"]);
  expectSameNumbers(result, graph);
});
