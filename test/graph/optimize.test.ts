import { expect, it } from "vitest";
import { IDENTITY, type BinaryFn, type Graph } from "../../src/graph/ir";
import { optimize } from "../../src/graph/optimize";
import { convAttributes, expectSameNumbers, makeGraph, printBody, runPass } from "./make";
import { ENGINE } from "../../src/session/engine";
import type { Pass } from "../../src/graph/passes/pass";

/** relu(x + 0.17 * batchNorm(conv(x))) on NCHW values, as an exporter of Inception-ResNet-v2 writes it. */
function residualBlock(): Graph {
  const g = makeGraph();
  const binary = (name: string, fn: BinaryFn, a: string, b: string): string =>
    g.node(name, "binary", [a, b], { fn, activation: IDENTITY });
  const x = g.input("x", [1, 3, 5, 5]);
  const nhwc = g.node("nhwc", "transpose", [x], { perm: [0, 2, 3, 1] });
  const conv = g.node("conv", "conv", [nhwc, g.constant("w", [1, 1, 3, 3]), g.constant("b", [3])], convAttributes());
  const nchw = g.node("nchw", "transpose", [conv], { perm: [0, 3, 1, 2] });
  const scaled = binary("scaled", "mul", nchw, g.constant("gamma", [3, 1, 1]));
  const shifted = binary("shifted", "add", scaled, g.constant("beta", [3, 1, 1]));
  const small = binary("small", "mul", shifted, g.constant("k", [], [0.17]));
  const sum = binary("sum", "add", x, small);
  return g.graph(g.node("relu", "unary", [sum], { activation: { fn: "relu" } }));
}

it("makes one convolution of a residual block", () => {
  const graph = residualBlock();
  const result = optimize(graph, ENGINE);
  expect(printBody(result)).toBe(
    [
      "%x.t: f32[1,5,5,3] = transpose(%x) {perm=0x2x3x1}",
      "%relu: f32[1,5,5,3] = conv(%x.t, %small.w, %small.b, %x.t) {strides=1x1 pads=0x0x0x0 activation=relu}",
      "%relu.t: f32[1,3,5,5] = transpose(%relu) {perm=0x3x1x2}",
      'output "relu" = %relu.t',
    ].join("\n"),
  );
  expect(result.nodes[1]!.origin).toEqual(["conv", "scaled", "shifted", "small", "sum", "relu"]);
  expectSameNumbers(result, graph);
});

it("reports every pass and changes nothing the second time", () => {
  const names: string[] = [];
  const once = optimize(residualBlock(), ENGINE, { onPass: (name) => names.push(name) });
  expect(names).toEqual(ENGINE.passes.map((pass) => pass.name));
  expect(printBody(optimize(once, ENGINE)).replaceAll(".t.1", ".t")).toBe(printBody(once)); // but for fresh names
});

it("names the pass that breaks a graph", () => {
  const breaking: Pass = {
    name: "break-things",
    *run(graph) {
      yield;
      return { ...graph, inputs: [] };
    },
  };
  expect(() => optimize(residualBlock(), { ...ENGINE, passes: [breaking] })).toThrow(/after break-things/);
});

it("verifies no graph twice: passes with nothing to do give the graph that they got", () => {
  const graph = optimize(residualBlock(), ENGINE);
  // Transposes are placed anew, dead values looked for anew; all others compare.
  const others = ENGINE.passes.filter(({ name }) => name !== "cancel-transposes" && name !== "drop-dead");
  expect(others.filter((pass) => runPass(pass, graph, ENGINE.ops) !== graph).map(({ name }) => name)).toEqual([]);
});
