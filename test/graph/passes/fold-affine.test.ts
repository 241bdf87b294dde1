import { describe, expect, it } from "vitest";
import { PIECE } from "../../../src/base/pacer";
import { computing, isDeferred } from "../../../src/graph/constants/deferred";
import { IDENTITY, type BinaryFn, type Graph } from "../../../src/graph/ir";
import { dropDead } from "../../../src/graph/passes/drop-dead";
import { foldAffine } from "../../../src/graph/passes/fold-affine";
import { verify } from "../../../src/graph/verify";
import {
  checkPass,
  convAttributes,
  convTransposeAttributes,
  expectSameNumbers,
  makeGraph,
  type GraphMaker,
  runPass,
} from "../make";
import { ENGINE } from "../../../src/session/engine";

function binary(g: GraphMaker, name: string, fn: BinaryFn, a: string, b: string): string {
  return g.node(name, "binary", [a, b], { fn, activation: IDENTITY });
}

/** Names of ops after the pass; checks that results stay the same. */
function opsAfter(graph: Graph): string[] {
  verify(graph, ENGINE.ops);
  const result = runPass(dropDead, runPass(foldAffine, graph, ENGINE.ops), ENGINE.ops);
  verify(result, ENGINE.ops, "fold-affine");
  expectSameNumbers(result, graph);
  return result.nodes.map((node) => node.op);
}

/** Positive, to avoid division by numbers near zero. */
const scales = [0.5, 2, 1.25, 3];

it("large weights are scaled and shifted in short stretches", () => {
  const n = 1024;
  const g = makeGraph();
  const scaled = binary(g, "scaled", "mul", g.input("x", [1, n]), g.constant("s", [n]));
  const shifted = binary(g, "shifted", "add", scaled, g.constant("t", [n]));
  const m = g.node("m", "matmul", [shifted, g.constant("w", [n, n]), g.constant("b", [n])], { activation: IDENTITY });
  let yields = 0;
  const counted = <T>(work: Generator<undefined, T>): T => {
    let step = work.next();
    for (; !step.done; step = work.next()) yields++;
    return step.value;
  };
  const graph = g.graph(binary(g, "y", "mul", m, g.constant("r", [n])));
  const { constants } = counted(foldAffine.run(graph, ENGINE.ops));
  const large = [...constants.values()].filter(isDeferred);
  // Weights with scaled rows, these with scaled columns, and a bias with shifts through the weights.
  expect(large.length).toBe(3);
  for (const constant of large) counted(computing(constant));
  expect(yields).toBeGreaterThan((3 * n ** 2) / PIECE);
});

describe("fold-affine after an op", () => {
  it("folds a batch normalisation into the convolution before it", () => {
    const g = makeGraph();
    const x = g.input("x", [1, 3, 3, 2]);
    const c = g.node("c", "conv", [x, g.constant("w", [3, 3, 2, 4]), g.constant("b", [4])], {
      ...convAttributes({ pads: [1, 1, 1, 1] }),
    });
    const m = binary(g, "m", "mul", c, g.constant("s", [4]));
    const y = binary(g, "y", "add", m, g.constant("t", [1, 1, 1, 4]));
    checkPass(
      foldAffine,
      g.graph(y),
      `%c: f32[1,3,3,4] = conv(%x, %w, %b) {strides=1x1 pads=1x1x1x1}
       %m: f32[1,3,3,4] = binary(%c, %s) {fn=mul}
       %y: f32[1,3,3,4] = binary(%m, %t) {fn=add}
       output "y" = %y`,
      `%y: f32[1,3,3,4] = conv(%x, %m.w, %y.b) {strides=1x1 pads=1x1x1x1}
       output "y" = %y`,
    );
  });

  const forms: [string, BinaryFn, boolean, string[]][] = [
    ["c + k", "add", false, ["conv"]],
    ["k + c", "add", true, ["conv"]],
    ["c - k", "sub", false, ["conv"]],
    ["k - c", "sub", true, ["conv"]],
    ["c * k", "mul", false, ["conv"]],
    ["c / k", "div", false, ["conv"]],
    ["k / c", "div", true, ["conv", "binary"]],
    ["max(c, k)", "max", false, ["conv", "binary"]],
  ];
  for (const shape of [[], [4]])
    it.each(forms)(`%s with k [${shape.join()}]`, (_, fn, left, expected) => {
      const g = makeGraph();
      const x = g.input("x", [1, 3, 3, 6]);
      const k = g.constant("k", shape, shape.length === 0 ? [0.17] : scales);
      const attributes = convAttributes({ groups: 2 });
      const b = g.constant("b", [4], [9, 8, -7, 6]); // keeps c away from 0 in k / c
      const c = g.node("c", "conv", [x, g.constant("w", [2, 2, 3, 4]), b], attributes);
      expect(opsAfter(g.graph(left ? binary(g, "y", fn, k, c) : binary(g, "y", fn, c, k)))).toEqual(expected);
    });

  it("scales the right weights of a grouped convTranspose", () => {
    const g = makeGraph();
    const x = g.input("x", [1, 2, 3, 6]);
    const c = g.node(
      "c",
      "convTranspose",
      [x, g.constant("w", [2, 2, 2, 6]), g.constant("b", [4])],
      convTransposeAttributes({ groups: 2 }),
      [1, 3, 4, 4],
    );
    expect(opsAfter(g.graph(binary(g, "y", "mul", c, g.constant("s", [4], scales))))).toEqual(["convTranspose"]);
  });

  it("folds scale and shift into a batched matmul", () => {
    const g = makeGraph();
    const x = g.input("x", [2, 5, 3]);
    const m = g.node("m", "matmul", [x, g.constant("w", [2, 3, 4])], { activation: IDENTITY });
    const s = binary(g, "s", "mul", m, g.constant("k", [4], scales));
    expect(opsAfter(g.graph(binary(g, "y", "sub", s, g.constant("t", [4]))))).toEqual(["matmul"]);
  });

  it("does not fold after activations or other uses, along other axes, into runtime weights, or scales after a residual", () => {
    const g = makeGraph();
    const x = g.input("x", [1, 4, 4, 4]);
    const w = g.constant("w", [1, 1, 4, 4]);
    const b = g.constant("b", [4]);
    const k = g.constant("k", [4], scales);
    const relu = g.node("relu", "conv", [x, w, b], convAttributes({ activation: { fn: "relu" } }));
    const used = g.node("used", "conv", [x, w, b], convAttributes());
    const plain = g.node("plain", "conv", [x, w, b], convAttributes());
    const runtime = g.node("runtime", "conv", [x, w, g.input("bias", [4])], convAttributes());
    const residual = g.node("residual", "conv", [x, w, b, x], convAttributes());
    const graph = g.graph(
      binary(g, "y1", "mul", relu, k),
      binary(g, "y2", "mul", used, k),
      used,
      binary(g, "y3", "mul", plain, g.constant("column", [4, 1], scales)),
      binary(g, "y4", "mul", runtime, k),
      binary(g, "y5", "mul", residual, k),
    );
    expect(runPass(foldAffine, graph, ENGINE.ops).nodes).toEqual(graph.nodes);
    const shifted = g.node("r2", "conv", [x, w, b, x], convAttributes());
    expect(opsAfter(g.graph(binary(g, "y6", "add", shifted, k)))).toEqual(["conv"]);
  });
});

describe("fold-affine before an op", () => {
  const normalise = (g: GraphMaker): string => {
    const x = g.input("x", [1, 4, 4, 4]);
    const centred = binary(g, "centred", "sub", x, g.constant("mean", [4]));
    return binary(g, "scaled", "div", centred, g.constant("deviation", [1, 1, 4], scales));
  };

  it("folds scale and shift without padding", () => {
    for (const groups of [1, 2]) {
      const g = makeGraph();
      const operands = [normalise(g), g.constant("w", [3, 3, 4 / groups, 6]), g.constant("b", [6])];
      expect(opsAfter(g.graph(g.node("y", "conv", operands, convAttributes({ groups }))))).toEqual(["conv"]);
    }
  });

  it("folds only the scale with padding, because pads are zeros after the shift", () => {
    const g = makeGraph();
    const operands = [normalise(g), g.constant("w", [3, 3, 4, 6]), g.constant("b", [6])];
    const y = g.node("y", "conv", operands, convAttributes({ pads: [1, 1, 1, 1] }));
    expect(opsAfter(g.graph(y))).toEqual(["binary", "conv"]);
  });

  it("folds into a matmul", () => {
    const g = makeGraph();
    const y = g.node("y", "matmul", [normalise(g), g.constant("w", [4, 3])], { activation: { fn: "tanh" } });
    expect(opsAfter(g.graph(y))).toEqual(["matmul"]);
  });
});
