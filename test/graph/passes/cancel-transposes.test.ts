import { describe, expect, it } from "vitest";
import { IDENTITY, type Graph, type OpName } from "../../../src/graph/ir";
import { cancelTransposes } from "../../../src/graph/passes/cancel-transposes";
import { dropDead } from "../../../src/graph/passes/drop-dead";
import { verify } from "../../../src/graph/verify";
import { PLAIN_POOL } from "../../reference/ops/pool";
import { checkPass, convAttributes, expectSameNumbers, makeGraph, runPass, type GraphMaker } from "../make";
import { ENGINE } from "../../../src/session/engine";

const TO_NHWC = { perm: [0, 2, 3, 1] };
const TO_NCHW = { perm: [0, 3, 1, 2] };

/** A 1x1 convolution on an NCHW value, the way import writes it. */
function nchwConv(g: GraphMaker, name: string, x: string, channels: number, out: number): string {
  const t = g.node(`${name}.in`, "transpose", [x], TO_NHWC);
  const weights = g.constant(`${name}.w`, [1, 1, channels, out]);
  const c = g.node(`${name}.conv`, "conv", [t, weights, g.constant(`${name}.b`, [out])], convAttributes());
  return g.node(name, "transpose", [c], TO_NCHW);
}

/** Runs the pass and drop-dead, compares numbers, and counts ops. */
function run(graph: Graph): { result: Graph; count: (op: OpName) => number } {
  verify(graph, ENGINE.ops);
  const result = runPass(dropDead, runPass(cancelTransposes, graph, ENGINE.ops), ENGINE.ops);
  verify(result, ENGINE.ops, "cancel-transposes");
  expectSameNumbers(result, graph);
  return { result, count: (op) => result.nodes.filter((node) => node.op === op).length };
}

describe("cancel-transposes", () => {
  it("cancels inverse pairs around an activation", () => {
    const g = makeGraph();
    const t = g.node("t", "transpose", [g.input("x", [1, 3, 3, 2])], TO_NCHW);
    const r = g.node("r", "unary", [t], { activation: { fn: "relu" } });
    const u = g.node("u", "transpose", [r], TO_NHWC);
    checkPass(
      cancelTransposes,
      g.graph(g.node("y", "pool", [u], { ...PLAIN_POOL, strides: [1, 1] })),
      `%t: f32[1,2,3,3] = transpose(%x) {perm=0x3x1x2}
       %r: f32[1,2,3,3] = unary(%t) {activation=relu}
       %u: f32[1,3,3,2] = transpose(%r) {perm=0x2x3x1}
       %y: f32[1,2,2,2] = pool(%u) {kind=max kernel=2x2 strides=1x1 pads=0x0x0x0 countIncludePad=false}
       output "y" = %y`,
      `%r: f32[1,3,3,2] = unary(%x) {activation=relu}
       %y: f32[1,2,2,2] = pool(%r) {kind=max kernel=2x2 strides=1x1 pads=0x0x0x0 countIncludePad=false}
       output "y" = %y`,
    );
  });

  it("leaves transposes only at the ends of an NCHW network", () => {
    const g = makeGraph();
    const x = g.input("x", [1, 3, 4, 5]);
    const scaled = g.node("scaled", "binary", [x, g.constant("s", [3, 1, 1])], { fn: "mul", activation: IDENTITY });
    const a = nchwConv(g, "a", scaled, 3, 4);
    const bias = g.node("bias", "binary", [a, g.constant("k", [1, 4, 1, 1])], { fn: "add", activation: IDENTITY });
    const b = nchwConv(g, "b", bias, 4, 4);
    const sum = g.node("sum", "binary", [a, b], { fn: "add", activation: IDENTITY });
    const both = g.node("both", "concat", [sum, a], { axis: 1 });
    const half = g.node("half", "slice", [both], { starts: [0, 2, 0, 1], steps: [1, 1, 1, 2] }, [1, 4, 4, 2]);
    const before = [0, 0, 1, 0];
    const padded = g.node("padded", "pad", [half], { mode: "edge", before, after: [0, 0, 0, 2], value: 0 });
    const soft = g.node("soft", "softmax", [padded], { axis: 1 });
    const picked = g.node("picked", "gather", [soft], { axis: 1, indices: [3, 1, 0] });
    const { count } = run(g.graph(nchwConv(g, "y", picked, 3, 2)));
    expect(count("transpose")).toBe(2);
    expect(count("reshape")).toBe(0);
  });

  it("turns moves of single axes into reshapes", () => {
    const g = makeGraph();
    const luminance = nchwConv(g, "c", g.input("x", [1, 1, 4, 5]), 1, 4);
    const mean = g.node("mean", "reduce", [luminance], { fn: "mean", axes: [2, 3], keepDims: true });
    const flat = g.node("flat", "reshape", [mean], {}, [1, 4]);
    const { count, result } = run(g.graph(flat));
    expect(count("transpose")).toBe(0);
    expect(result.nodes.map((node) => node.op)).toEqual(["reshape", "conv", "reduce", "reshape"]);
  });

  it("drops axes in a reduction that drops them", () => {
    const g = makeGraph();
    const c = nchwConv(g, "c", g.input("x", [2, 1, 4, 5]), 1, 3);
    const rows = g.node("rows", "reduce", [c], { fn: "mean", axes: [2], keepDims: false }); // [2,3,5]
    const { result } = run(g.graph(rows, g.node("all", "reduce", [c], { fn: "max", axes: [2, 3], keepDims: false })));
    expect(result.nodes.filter((node) => node.op === "transpose").length).toBe(1); // [2,5,3] -> [2,3,5]
  });

  it("repeats a vector in the other order instead of moving the repeated one", () => {
    const g = makeGraph();
    const x = nchwConv(g, "x1", g.input("x", [1, 1, 4, 4]), 1, 2);
    const e = g.node("e", "reshape", [g.input("v", [1, 6])], {}, [1, 6, 1, 1]);
    const t = g.node("t", "expand", [e], {}, [1, 6, 4, 4]);
    const j = g.node("j", "concat", [x, t], { axis: 1 });
    const { result } = run(g.graph(nchwConv(g, "y", j, 8, 1)));
    expect(result.nodes.map((node) => node.op)).not.toContain("transpose");
    expect(result.nodes.find((node) => node.op === "expand")!.shape).toEqual([1, 4, 4, 6]);
  });

  it("scales channels by a runtime vector without moving the picture", () => {
    const g = makeGraph();
    const c = nchwConv(g, "c", g.input("x", [1, 1, 4, 4]), 1, 3);
    const s = g.node("s", "reshape", [g.input("v", [3])], {}, [3, 1, 1]);
    const m = g.node("m", "binary", [s, c], { fn: "sub", activation: IDENTITY });
    const { count } = run(g.graph(nchwConv(g, "y", m, 3, 1)));
    expect(count("transpose")).toBe(0);
  });

  it("moves the smaller operand where orders differ", () => {
    const g = makeGraph();
    const c = nchwConv(g, "c", g.input("x", [1, 1, 4, 4]), 1, 3); // a view of NHWC
    const row = g.input("row", [1, 3, 1, 4]); // in NCHW order
    const m = g.node("m", "binary", [c, row], { fn: "mul", activation: IDENTITY });
    const { result } = run(g.graph(nchwConv(g, "y", m, 3, 1)));
    const moved = result.nodes.filter((node) => node.op === "transpose").map((node) => node.inputs[0]);
    expect(moved).toEqual(["row"]);
  });

  it("cancels the NHWC graphs of other exporters", () => {
    const g = makeGraph();
    let x = g.input("x", [1, 4, 4, 2]);
    for (const name of ["a", "b"]) {
      const t = g.node(`${name}.t`, "transpose", [x], TO_NCHW);
      const c = nchwConv(g, name, t, 2, 2);
      const r = g.node(`${name}.r`, "unary", [c], { activation: { fn: "relu" } });
      x = g.node(`${name}.n`, "transpose", [r], TO_NHWC);
    }
    const { result } = run(g.graph(x));
    expect(result.nodes.map((node) => node.op)).toEqual(["conv", "unary", "conv", "unary"]);
  });

  it("writes every output by a node, also one that turns out to be an input", () => {
    const g = makeGraph();
    const t = g.node("t", "transpose", [g.input("x", [1, 2, 3, 4])], TO_NCHW);
    const { result } = run(g.graph(g.node("y", "transpose", [t], TO_NHWC), t));
    expect(result.nodes.map((node) => node.op).sort()).toEqual(["transpose", "unary"]);
  });

  it("keeps a constant operand of a sum apart from the same constant in a concat", () => {
    const g = makeGraph();
    const [x, c] = [g.input("x", [1, 9, 4]), g.constant("c", [1, 4, 9])];
    const t = g.node("t", "transpose", [x], { perm: [0, 2, 1] });
    const sum = g.node("sum", "binary", [t, c], { fn: "add", activation: IDENTITY });
    const both = g.node("both", "concat", [t, c], { axis: 1 });
    run(
      g.graph(
        g.node("z", "transpose", [sum], { perm: [0, 2, 1] }),
        g.node("w", "transpose", [both], { perm: [0, 2, 1] }),
      ),
    );
  });

  it("moves a flattened picture for real", () => {
    const g = makeGraph();
    const c = nchwConv(g, "c", g.input("x", [1, 1, 4, 4]), 1, 3);
    const { count } = run(g.graph(g.node("flat", "reshape", [c], {}, [1, 48])));
    expect(count("transpose")).toBe(1);
  });
});
