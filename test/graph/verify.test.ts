import { describe, expect, it } from "vitest";
import type { Graph, Node } from "../../src/graph/ir";
import { verify } from "../../src/graph/verify";
import { convAttributes, makeGraph } from "./make";
import { ENGINE } from "../../src/session/engine";

function sample(): Graph {
  const g = makeGraph();
  const x = g.input("x", [1, 8, 8, 3]);
  const w = g.constant("w", [3, 3, 3, 4]);
  const b = g.constant("b", [4]);
  const c = g.node("c", "conv", [x, w, b], convAttributes({ pads: [1, 1, 1, 1], strides: [2, 2] }));
  return g.graph(g.node("y", "unary", [c], { activation: { fn: "relu" } }));
}

/** The sample with one node changed. */
function withNode(index: number, change: Partial<Node>): Graph {
  const graph = sample();
  return { ...graph, nodes: graph.nodes.map((node, i) => (i === index ? ({ ...node, ...change } as Node) : node)) };
}

describe("verify", () => {
  it("accepts a sound graph", () => expect(() => verify(sample(), ENGINE.ops)).not.toThrow());

  const broken: [string, Graph, RegExp][] = [
    ["a wrong shape", withNode(0, { shape: [1, 8, 8, 4] }), /%c \(conv\): expected shape \[1,4,4,4\]/],
    ["an unknown input", withNode(1, { inputs: ["nothing"] }), /input %nothing to be made earlier/],
    ["a name used twice", withNode(1, { output: "w" }), /%w: expected one definition/],
    ["weights that do not fit", withNode(0, { inputs: ["x", "w", "x"] }), /bias of shape \[4\]/],
    ["too few inputs", withNode(0, { inputs: ["x", "w"] }), /3 to 4 inputs/],
    ["nodes out of order", { ...sample(), nodes: sample().nodes.toReversed() }, /%c to be made earlier/],
    ["a missing output", { ...sample(), outputs: [{ name: "o", value: "none" }] }, /%none to exist/],
    ["an empty value", { ...sample(), inputs: [{ name: "x", shape: [1, 0, 8, 3] }] }, /positive sizes/],
    [
      "a short constant",
      { ...sample(), constants: new Map([["w", { shape: [4], data: new Float32Array(3) }]]) },
      /4 ele/,
    ],
  ];
  it.each(broken)("refuses %s and names the pass", (_, graph, message) => {
    expect(() => verify(graph, ENGINE.ops, "my-pass")).toThrow(message);
    expect(() => verify(graph, ENGINE.ops, "my-pass")).toThrow(/after my-pass/);
  });

  it("refuses slices outside the input and operands that do not broadcast", () => {
    const g = makeGraph();
    const x = g.input("x", [2, 6]);
    expect(() => g.node("s", "slice", [x], { starts: [0, 5], steps: [1, -2] }, [2, 4])).toThrow(
      /indices 0..5 on axis 1/,
    );
    const y = g.constant("y", [4]);
    expect(() => g.node("a", "binary", [x, y], { fn: "add", activation: { fn: "identity" } })).toThrow(/broadcast/);
    expect(() => g.node("t", "transpose", [x], { perm: [0, 0] })).toThrow(/permutation/);
    expect(() => g.node("r", "reshape", [x], {}, [5])).toThrow(/5 elements/);
  });
});
