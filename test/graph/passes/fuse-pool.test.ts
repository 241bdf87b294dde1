import { expect, it } from "vitest";
import { IDENTITY, type Activation, type Graph, type OpAttributes } from "../../../src/graph/ir";
import { totals } from "../../../src/graph/cost";
import { optimize } from "../../../src/graph/optimize";
import { fusePool } from "../../../src/graph/passes/fuse-pool";
import { PLAIN_POOL } from "../../reference/ops/pool";
import { checkPass, convAttributes, expectSameNumbers, makeGraph, runPass, type GraphMaker } from "../make";
import { ENGINE } from "../../../src/session/engine";

interface Options {
  readonly pool?: Partial<OpAttributes["pool"]>;
  readonly conv?: Partial<OpAttributes["conv"]>;
  readonly residual?: boolean;
  readonly after?: (g: GraphMaker, c: string, p: string) => string[];
}

/** A convolution of 5x7 pixels, then the pool. */
function pooled({ pool = {}, conv = {}, residual, after = (_, __, p) => [p] }: Options): Graph {
  const g = makeGraph();
  const attributes = convAttributes({ pads: [1, 1, 1, 1], ...conv });
  const operands = [
    g.input("x", [1, 5, 7, 4]),
    g.constant("w", [3, 3, 4 / attributes.groups, 6]),
    g.constant("b", [6]),
  ];
  const c = g.node("c", "conv", residual ? [...operands, g.input("s", [1, 5, 7, 6])] : operands, attributes);
  return g.graph(...after(g, c, g.node("p", "pool", [c], { ...PLAIN_POOL, ...pool })));
}

it("pools in the convolution and drops an odd row and column", () => {
  const graph = pooled({ conv: { activation: { fn: "relu" } } });
  const result = checkPass(
    fusePool,
    graph,
    `%c: f32[1,5,7,6] = conv(%x, %w, %b) {strides=1x1 pads=1x1x1x1 activation=relu}
     %p: f32[1,2,3,6] = pool(%c) {kind=max kernel=2x2 strides=2x2 pads=0x0x0x0 countIncludePad=false}
     output "p" = %p`,
    `%p: f32[1,2,3,6] = conv(%x, %w, %b) {strides=1x1 pads=1x1x1x1 activation=relu pool=true}
     output "p" = %p`,
  );
  expect(totals(result, ENGINE.ops).flops).toBe(2 * 4 * 6 * 6 * 4 * 9);
});

it.each<Activation>([
  IDENTITY,
  { fn: "tanh" },
  { fn: "sigmoid" },
  { fn: "leakyRelu", alpha: 0.2 },
  { fn: "clip", min: 0, max: 6 },
])("keeps the numbers with %o", (activation) => {
  const graph = pooled({ conv: { activation, strides: [2, 1] } });
  const result = runPass(fusePool, graph, ENGINE.ops);
  expect(result.nodes.length).toBe(1);
  expectSameNumbers(result, graph);
});

it.each<[string, Options]>([
  ["average", { pool: { kind: "average" } }],
  ["another window", { pool: { kernel: [3, 3] } }],
  ["another stride", { pool: { strides: [1, 1] } }],
  ["padding, as ceil_mode adds it", { pool: { pads: [0, 0, 1, 1] } }],
  ["dilations", { pool: { dilations: [2, 2] } }],
  ["groups", { conv: { groups: 2 } }],
  ["a residual", { residual: true }],
  ["an activation that decreases", { conv: { activation: { fn: "abs" } } }],
  ["a slope below zero", { conv: { activation: { fn: "leakyRelu", alpha: -1 } } }],
  ["other uses", { after: (_, c, p) => [c, p] }],
])("leaves %s", (_, options) => {
  const graph = pooled(options);
  expect(runPass(fusePool, graph, ENGINE.ops).nodes).toEqual(graph.nodes);
});

it("ops after the pool stay after it", () => {
  const graph = pooled({
    after: (g, _, p) => {
      const n = g.node("n", "binary", [p, g.constant("k", [6], [-1, 2, -3, 4, -5, 6])], {
        fn: "mul",
        activation: IDENTITY,
      });
      const s = g.node("t", "binary", [n, g.input("u", [1, 2, 3, 6])], { fn: "add", activation: IDENTITY });
      return [g.node("y", "unary", [s], { activation: { fn: "abs" } })];
    },
  });
  const once = optimize(graph, ENGINE);
  expectSameNumbers(once, graph);
  expectSameNumbers(optimize(once, ENGINE), graph);
});
