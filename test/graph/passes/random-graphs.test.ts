/** Passes on seeded random graphs of ops in any order of axes: shapes verify and numbers stay. */
import { expect, it } from "vitest";
import { IDENTITY, type BinaryFn, type Graph, type Shape } from "../../../src/graph/ir";
import { shapesOf } from "../../../src/graph/cost";
import { optimize } from "../../../src/graph/optimize";
import { expectSameNumbers, makeGraph, type GraphMaker } from "../make";
import { ENGINE } from "../../../src/session/engine";

/** Numbers in [0, n) from a seed (Park and Miller's minimal standard generator). */
function dice(seed: number): (n: number) => number {
  let state = seed * 7919 + 1;
  return (n) => (state = (state * 48271) % 2147483647) % n;
}

type Roll = (n: number) => number;
type Step = (g: GraphMaker, name: string, x: string, shape: Shape, roll: Roll, others: readonly string[]) => string;

const shuffled = (rank: number, roll: Roll): number[] => {
  const axes = Array.from({ length: rank }, (_, i) => i);
  for (let i = rank - 1; i > 0; i--) {
    const j = roll(i + 1);
    [axes[i], axes[j]] = [axes[j]!, axes[i]!];
  }
  return axes;
};

const transpose: Step = (g, name, x, shape, roll) =>
  g.node(name, "transpose", [x], { perm: shuffled(shape.length, roll) });

/** Each takes a value of rank 4 and gives one of rank 4. */
const STEPS: readonly Step[] = [
  transpose,
  transpose,
  transpose,
  (g, name, x, _, roll) =>
    g.node(name, "unary", [x], { activation: roll(4) === 0 ? IDENTITY : { fn: roll(2) ? "tanh" : "relu" } }),
  (g, name, x, shape, roll) => {
    const fns: readonly BinaryFn[] = ["add", "sub", "mul", "max", "prelu"];
    const rank = roll(5);
    const operand = shape.slice(4 - rank).map((n) => (roll(3) === 0 ? 1 : n));
    const c = roll(3) === 0 ? g.input(`${name}.i`, operand) : g.constant(`${name}.c`, operand);
    return g.node(name, "binary", roll(2) ? [x, c] : [c, x], { fn: fns[roll(fns.length)]!, activation: IDENTITY });
  },
  (g, name, x, _, roll, others) =>
    g.node(name, "binary", [x, others[roll(others.length)] ?? x], { fn: "add", activation: IDENTITY }),
  (g, name, x, _, roll, others) => g.node(name, "concat", [x, others[roll(others.length)] ?? x], { axis: roll(4) }),
  (g, name, x, shape, roll) => {
    const starts = shape.map((n) => (n > 2 ? roll(2) : 0));
    const flip = roll(4);
    const steps = shape.map((_, axis) => (axis === flip ? -1 : 1));
    const size = shape.map((n, axis) => n - starts[axis]!);
    const first = starts.map((start, axis) => (axis === flip ? shape[axis]! - 1 : start));
    return g.node(name, "slice", [x], { starts: first, steps }, size);
  },
  (g, name, x, shape, roll) => {
    const before = shape.map(() => roll(2));
    return g.node(name, "pad", [x], {
      mode: roll(2) ? "edge" : "constant",
      before,
      after: shape.map(() => 0),
      value: 2,
    });
  },
  (g, name, x, _, roll) =>
    g.node(name, "reduce", [x], { fn: roll(2) ? "mean" : "max", axes: roll(2) ? [1] : [0, 2], keepDims: true }),
  (g, name, x, shape, roll) => {
    const axes = roll(2) ? [1] : [0, 3];
    const r = g.node(`${name}.r`, "reduce", [x], { fn: "sum", axes, keepDims: false });
    const t = g.node(`${name}.t`, "transpose", [r], { perm: shuffled(4 - axes.length, roll) });
    const left = shape.filter((_, axis) => !axes.includes(axis)).length;
    const size = shapesOf(g.graph()).get(t)!;
    return g.node(name, "reshape", [t], {}, [...new Array<number>(4 - left).fill(1), ...size]);
  },
  (g, name, x, _, roll) => g.node(name, "softmax", [x], { axis: roll(4) }),
  (g, name, x, shape) =>
    g.node(
      name,
      "expand",
      [x],
      {},
      shape.map((n) => (n === 1 ? 2 : n)),
    ),
  (g, name, x, shape, roll) => {
    const axis = roll(4);
    return g.node(name, "gather", [x], { axis, indices: [shape[axis]! - 1, 0] });
  },
  (g, name, x, shape, roll) => {
    const channels = shape[3]!;
    const out = 1 + roll(3);
    const weights = g.constant(`${name}.w`, [1, 1, channels, out]);
    const pads = roll(2) ? ([1, 0, 0, 1] as const) : ([0, 0, 0, 0] as const);
    return g.node(name, "conv", [x, weights, g.constant(`${name}.b`, [out])], {
      strides: [1, 1],
      pads,
      dilations: [1, 1],
      groups: 1,
      activation: IDENTITY,
    });
  },
  (g, name, x, shape) => g.node(name, "reshape", [x], {}, [1, shape[0]! * shape[1]!, shape[2]!, shape[3]!]),
];

function randomGraph(seed: number): Graph {
  const roll = dice(seed);
  const g = makeGraph();
  let x = g.input("x", [1 + roll(2), 1 + roll(3), 2 + roll(3), 1 + roll(4)]);
  const values = [x];
  const length = 4 + roll(10);
  for (let i = 0; i < length; i++) {
    const shapes = shapesOf(g.graph());
    const shape = shapes.get(x)!;
    if (shape.reduce((a, b) => a * b) > 4000) break;
    const others = values.filter((name) => shapes.get(name)!.join() === shape.join());
    x = STEPS[roll(STEPS.length)]!(g, `v${i}`, x, shape, roll, others);
    values.push(x);
  }
  return roll(3) === 0 ? g.graph(x, values[roll(values.length)]!) : g.graph(x);
}

it("keeps the numbers of 300 random graphs", () => {
  let removed = 0;
  for (let seed = 1; seed <= 300; seed++) {
    const graph = randomGraph(seed);
    try {
      const result = optimize(graph, ENGINE);
      const again = optimize(result, ENGINE);
      expect(again.nodes.length, "nothing is left to do").toBeLessThanOrEqual(result.nodes.length);
      removed += graph.nodes.length - result.nodes.length;
      expectSameNumbers(result, graph);
    } catch (error) {
      throw new Error(`seed ${seed}`, { cause: error });
    }
  }
  expect(removed).toBeGreaterThan(300);
});
