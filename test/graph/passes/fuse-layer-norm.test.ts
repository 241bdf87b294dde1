import { describe, expect, it } from "vitest";
import { IDENTITY, type Shape } from "../../../src/graph/ir";
import { fuseLayerNorm } from "../../../src/graph/passes/fuse-layer-norm";
import { ENGINE } from "../../../src/session/engine";
import { Session } from "../../../src/session/session";
import { testDevice } from "../../gpu";
import { buildModel, node } from "../../../tools/onnx-writer";
import { expectClose } from "../../shared/expect-close";
import { randoms } from "../../shared/randoms";
import { checkPass, expectSameNumbers, makeGraph, runPass } from "../make";

interface Options {
  readonly axes?: readonly number[];
  /** Of the second mean, that of the squares. */
  readonly axesOfSquares?: readonly number[];
  /** Whether x - mean is computed twice. */
  readonly twice?: boolean;
  readonly scale?: Shape;
  readonly epsilon?: Shape;
  readonly added?: number;
  /** How the difference is divided by the root. */
  readonly division?: "quotient" | "reciprocal" | "one over";
  /** Whether epsilon and the inverse root come first. */
  readonly swapped?: boolean;
}

function written({
  axes = [3],
  axesOfSquares = axes,
  twice = false,
  scale = [4],
  epsilon = [],
  added = 0.01,
  division = "quotient",
  swapped = false,
}: Options = {}) {
  const g = makeGraph();
  const x = g.input("x", [2, 3, 3, 4]);
  const binary = (name: string, fn: "add" | "sub" | "mul" | "div", ...operands: string[]): string =>
    g.node(name, "binary", operands, { fn, activation: IDENTITY });
  const mean = (name: string, of: string, over: readonly number[]): string =>
    g.node(name, "reduce", [of], { fn: "mean", axes: over, keepDims: true });
  const d = binary("d", "sub", x, mean("m", x, axes));
  const again = twice ? binary("d2", "sub", x, mean("m2", x, axes)) : d;
  const v = mean("v", binary("q", "mul", again, again), axesOfSquares);
  const size = epsilon.reduce((product, n) => product * n, 1);
  const inOrder = (a: string, b: string): string[] => (swapped ? [b, a] : [a, b]);
  const eps = g.constant("eps", epsilon, new Array<number>(size).fill(added));
  const e = binary("e", "add", ...inOrder(v, eps));
  const r = g.node("r", "unary", [e], { activation: { fn: "sqrt" } });
  const inverse = (): string =>
    division === "one over"
      ? binary("i", "div", g.constant("one", [], [1]), r)
      : g.node("i", "unary", [r], { activation: { fn: "reciprocal" } });
  const n = division === "quotient" ? binary("n", "div", d, r) : binary("n", "mul", ...inOrder(d, inverse()));
  const t = binary("t", "mul", g.constant("s", scale), n);
  return { g, n, t, y: binary("y", "add", t, g.constant("b", scale)) };
}

const opsOf = ({ g, y }: ReturnType<typeof written>): string[] => {
  const graph = g.graph(y);
  const result = runPass(fuseLayerNorm, graph, ENGINE.ops);
  expectSameNumbers(result, graph);
  return result.nodes.map(({ op }) => op);
};

describe("a layer normalisation that is written out", () => {
  it("becomes one node; drop-dead removes its parts", () => {
    const { g, y } = written();
    checkPass(
      fuseLayerNorm,
      g.graph(y),
      `%m: f32[2,3,3,1] = reduce(%x) {fn=mean axes=3 keepDims=true}
       %d: f32[2,3,3,4] = binary(%x, %m) {fn=sub}
       %q: f32[2,3,3,4] = binary(%d, %d) {fn=mul}
       %v: f32[2,3,3,1] = reduce(%q) {fn=mean axes=3 keepDims=true}
       %e: f32[2,3,3,1] = binary(%v, %eps) {fn=add}
       %r: f32[2,3,3,1] = unary(%e) {activation=sqrt}
       %n: f32[2,3,3,4] = binary(%d, %r) {fn=div}
       %t: f32[2,3,3,4] = binary(%s, %n) {fn=mul}
       %y: f32[2,3,3,4] = binary(%t, %b) {fn=add}
       output "y" = %y`,
      `%m: f32[2,3,3,1] = reduce(%x) {fn=mean axes=3 keepDims=true}
       %d: f32[2,3,3,4] = binary(%x, %m) {fn=sub}
       %q: f32[2,3,3,4] = binary(%d, %d) {fn=mul}
       %v: f32[2,3,3,1] = reduce(%q) {fn=mean axes=3 keepDims=true}
       %e: f32[2,3,3,1] = binary(%v, %eps) {fn=add}
       %r: f32[2,3,3,1] = unary(%e) {activation=sqrt}
       %y: f32[2,3,3,4] = layerNorm(%x, %s.row, %b.row) {axis=3 epsilon=0.009999999776482582}
       output "y" = %y`,
    );
  });

  const tail = (options: Options): string[] => opsOf(written(options)).slice(options.twice ? 8 : 6);
  it("with the difference computed twice, over several axes, with a scale of leading ones", () => {
    expect(tail({ twice: true })).toEqual(["layerNorm"]);
    expect(tail({ axes: [2, 3], scale: [3, 4] })).toEqual(["layerNorm"]);
    expect(tail({ scale: [1, 1, 1, 4] })).toEqual(["layerNorm"]);
  });
  it("with the inverse of the root as a factor, and operands in either order", () => {
    for (const division of ["reciprocal", "one over"] as const)
      for (const swapped of [false, true]) expect(tail({ division, swapped }).slice(1)).toEqual(["layerNorm"]);
    expect(tail({ swapped: true })).toEqual(["layerNorm"]);
  });
  it("over axes that are not the last, between transposes", () => {
    expect(tail({ axes: [1], scale: [3, 1, 1] })).toEqual(["transpose", "layerNorm", "transpose", "binary", "binary"]);
  });
  it("keeps a scale of another shape beside it", () => {
    expect(tail({ scale: [3, 4] })).toEqual(["layerNorm", "binary", "binary"]);
  });
  it("keeps what is read elsewhere", () => {
    const { g, n, t, y } = written();
    const graph = g.graph(n, t, y);
    const result = runPass(fuseLayerNorm, graph, ENGINE.ops);
    expectSameNumbers(result, graph);
    expect(result.nodes.slice(6).map(({ op }) => op)).toEqual(["layerNorm", "binary", "binary"]);
  });
});

it("leaves squares over other axes, and epsilons of several elements, of more axes or below 0", () => {
  expect(opsOf(written({ axesOfSquares: [2] }))).not.toContain("layerNorm");
  expect(opsOf(written({ epsilon: [3, 1] }))).not.toContain("layerNorm");
  expect(opsOf(written({ epsilon: [1, 1, 1, 1, 1] }))).not.toContain("layerNorm");
  expect(opsOf(written({ added: -1e-4 }))).not.toContain("layerNorm");
});

it.for([
  ["d / sqrt(e)", [node("Sqrt", ["e"], ["r"]), node("Div", ["d", "r"], ["y"])]],
  ["d * pow(e, -0.5)", [node("Pow", ["e", "exponent"], ["r"]), node("Mul", ["d", "r"], ["y"])]],
] as const)("is computed in f32 where the squares overflow f16: %s", async ([, last], context) => {
  const device = await testDevice();
  context.skip(!device.features.has("shader-f16"), "this adapter has no shader-f16");
  const axes = { axes: [1] };
  const model = buildModel({
    opset: 13,
    inputs: [{ name: "x", shape: [1, 6, 5, 5] }],
    outputs: [{ name: "y" }],
    nodes: [
      node("ReduceMean", ["x"], ["m"], axes),
      node("Sub", ["x", "m"], ["d"]),
      node("Pow", ["d", "two"], ["q"]),
      node("ReduceMean", ["q"], ["v"], axes),
      node("Add", ["v", "eps"], ["e"]),
      ...last,
    ],
    initializers: [
      { name: "two", shape: [], data: [2] },
      { name: "exponent", shape: [], data: [-0.5] },
      { name: "eps", shape: [1], data: [1e-6] },
    ],
  });
  const x = randoms(150, 5, -1000, 1000);
  const run = async (precision: "f16" | "f32"): Promise<Float32Array> => {
    const session = await Session.load(model, { device, precision });
    const { y } = await session.run({ x: { data: x, shape: [1, 6, 5, 5] } });
    session.dispose();
    return y!.data;
  };
  // The input is rounded to 11 bits, and so is the result.
  expectClose(await run("f16"), await run("f32"), { abs: 4e-3 });
});
