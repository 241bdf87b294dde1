import { expect, it } from "vitest";
import { IDENTITY } from "../../../src/graph/ir";
import { dropIdentities } from "../../../src/graph/passes/drop-identities";
import { checkPass, expectSameNumbers, makeGraph, runPass, type GraphMaker } from "../make";
import { ENGINE } from "../../../src/session/engine";

it("merges reshapes and drops an identity", () => {
  const g = makeGraph();
  const a = g.node("a", "unary", [g.input("x", [1, 4])], { activation: IDENTITY });
  const b = g.node("b", "reshape", [a], {}, [2, 2]);
  checkPass(
    dropIdentities,
    g.graph(g.node("c", "reshape", [b], {}, [4])),
    `%a: f32[1,4] = unary(%x)
     %b: f32[2,2] = reshape(%a)
     %c: f32[4] = reshape(%b)
     output "c" = %c`,
    `%b: f32[2,2] = reshape(%x)
     %c: f32[4] = reshape(%x)
     output "c" = %c`,
  );
});

it("drops reshapes there and back", () => {
  const g = makeGraph();
  const r = g.node("r", "reshape", [g.input("x", [1, 4])], {}, [2, 2]);
  const s = g.node("s", "reshape", [r], {}, [1, 4]);
  checkPass(
    dropIdentities,
    g.graph(g.node("y", "unary", [s], { activation: { fn: "relu" } })),
    `%r: f32[2,2] = reshape(%x)
     %s: f32[1,4] = reshape(%r)
     %y: f32[1,4] = unary(%s) {activation=relu}
     output "y" = %y`,
    `%r: f32[2,2] = reshape(%x)
     %y: f32[1,4] = unary(%x) {activation=relu}
     output "y" = %y`,
  );
});

it("keeps an output that would be a graph input, and moves one that a node makes", () => {
  const g = makeGraph();
  const x = g.input("x", [2]);
  const same = g.node("same", "unary", [x], { activation: IDENTITY });
  const y = g.node("y", "unary", [x], { activation: { fn: "relu" } });
  const z = g.node("z", "unary", [y], { activation: IDENTITY });
  const result = runPass(dropIdentities, g.graph(same, z), ENGINE.ops);
  expect(result.nodes.map((node) => node.output)).toEqual(["same", "y"]);
  expect(result.outputs).toEqual([
    { name: "same", value: "same" },
    { name: "z", value: "y" },
  ]);
});

/** [name, number of nodes left, node on x [1,2,2,3]] */
const nodes: [string, 0 | 1, (g: GraphMaker, x: string) => string][] = [
  [
    "x + 0",
    0,
    (g, x) => g.node("n", "binary", [x, g.constant("c", [3], [0, 0, 0])], { fn: "add", activation: IDENTITY }),
  ],
  ["1 * x", 0, (g, x) => g.node("n", "binary", [g.constant("c", [], [1]), x], { fn: "mul", activation: IDENTITY })],
  ["0 - x", 1, (g, x) => g.node("n", "binary", [g.constant("c", [], [0]), x], { fn: "sub", activation: IDENTITY })],
  [
    "x * [1,1,2]",
    1,
    (g, x) => g.node("n", "binary", [x, g.constant("c", [3], [1, 1, 2])], { fn: "mul", activation: IDENTITY }),
  ],
  [
    "relu(x + 0)",
    1,
    (g, x) => g.node("n", "binary", [x, g.constant("c", [], [0])], { fn: "add", activation: { fn: "relu" } }),
  ],
  [
    "a growing x + 0",
    1,
    (g, x) => g.node("n", "binary", [x, g.constant("c", [2, 1, 1, 1], [0, 0])], { fn: "add", activation: IDENTITY }),
  ],
  [
    "a slice of everything",
    0,
    (g, x) => g.node("n", "slice", [x], { starts: [0, 0, 0, 0], steps: [1, 1, 1, 1] }, [1, 2, 2, 3]),
  ],
  ["a flip", 1, (g, x) => g.node("n", "slice", [x], { starts: [0, 1, 0, 0], steps: [1, -1, 1, 1] }, [1, 2, 2, 3])],
  ["a gather in order", 0, (g, x) => g.node("n", "gather", [x], { axis: 3, indices: [0, 1, 2] })],
  ["a gather out of order", 1, (g, x) => g.node("n", "gather", [x], { axis: 3, indices: [0, 2, 1] })],
  ["a concat of one", 0, (g, x) => g.node("n", "concat", [x], { axis: 3 })],
  [
    "no pads",
    0,
    (g, x) => g.node("n", "pad", [x], { mode: "constant", before: [0, 0, 0, 0], after: [0, 0, 0, 0], value: 1 }),
  ],
  ["no expansion", 0, (g, x) => g.node("n", "expand", [x], {}, [1, 2, 2, 3])],
  ["a transpose of equal sizes", 1, (g, x) => g.node("n", "transpose", [x], { perm: [0, 2, 1, 3] })],
];

it.each(nodes)("%s leaves %i nodes", (_, left, make) => {
  const g = makeGraph();
  const n = make(g, g.input("x", [1, 2, 2, 3]));
  const graph = g.graph(g.node("y", "unary", [n], { activation: { fn: "tanh" } }));
  const result = runPass(dropIdentities, graph, ENGINE.ops);
  expect(result.nodes.length).toBe(1 + left);
  expectSameNumbers(result, graph);
});
