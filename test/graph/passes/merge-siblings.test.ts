import { describe, expect, it, vi } from "vitest";
import { BoundProgram } from "../../../src/gpu/bound-program";
import type { Graph } from "../../../src/graph/ir";
import { lower } from "../../../src/graph/lower/lower";
import { mergeSiblings } from "../../../src/graph/passes/merge-siblings";
import { PipelineCache } from "../../../src/gpu/pipelines";
import { verify } from "../../../src/graph/verify";
import { WeightStore } from "../../../src/gpu/weight-store";
import { decodeElems, readBuffer, testDevice, writeElems } from "../../gpu";
import { expectClose } from "../../shared/expect-close";
import { randoms } from "../../shared/randoms";
import { checkPass, convAttributes, expectSameNumbers, makeGraph, runSeeded, runPass, type GraphMaker } from "../make";
import { ENGINE } from "../../../src/session/engine";

vi.setConfig({ testTimeout: 300_000 });

type Conv = (name: string, x: string, from: number, to: number, size?: number) => string;

function convIn(g: GraphMaker): Conv {
  return (name, x, from, to, size = 1) => {
    const weights = g.constant(`${name}.weights`, [size, size, from, to]);
    const pad = (size - 1) / 2;
    const attributes = convAttributes({ pads: [pad, pad, pad, pad], activation: { fn: "relu" } });
    return g.node(name, "conv", [x, weights, g.constant(`${name}.bias`, [to])], attributes);
  };
}

/** As in Inception-ResNet-v2's block17: one sibling goes into the concatenation, the other through more layers. */
function block17(order: "first" | "last" = "first"): Graph {
  const g = makeGraph();
  const conv = convIn(g);
  const x = g.input("x", [1, 3, 4, 8]);
  const a = conv("a", x, 8, 4);
  const c = conv("c", conv("b", x, 8, 8), 8, 4, 3);
  const d = conv("d", c, 4, 12, 3);
  const j = g.node("j", "concat", order === "first" ? [a, d] : [d, a], { axis: 3 });
  return g.graph(conv("y", j, 16, 8));
}

/** As in block35: the third sibling's reader writes into the concatenation. */
function block35(): Graph {
  const g = makeGraph();
  const conv = convIn(g);
  const x = g.input("x", [1, 3, 4, 8]);
  const a = conv("a", x, 8, 4);
  const b = conv("bb", conv("b", x, 8, 4), 4, 4, 3);
  const c = conv("cc", conv("c", x, 8, 8), 8, 4, 3);
  return g.graph(conv("y", g.node("j", "concat", [a, b, c], { axis: 3 }), 12, 8));
}

const steps = (graph: Graph): string[] => lower(graph, ENGINE, { elem: "f32" }).steps.map(({ kernel }) => kernel);

async function runOnGpu(graph: Graph): Promise<Float32Array> {
  const device = await testDevice();
  const program = lower(graph, ENGINE, { elem: "f32" });
  const weights = new WeightStore(device, "f32");
  const bound = await BoundProgram.create(
    device,
    program,
    ENGINE.kernels,
    graph.constants,
    new PipelineCache(device),
    weights,
  );
  writeElems(device, bound.input("x"), randoms(96, 100), "f32");
  const encoder = device.createCommandEncoder();
  const pass = encoder.beginComputePass();
  bound.encode(pass);
  pass.end();
  device.queue.submit([encoder.finish()]);
  const values = decodeElems(await readBuffer(device, bound.output("y")), 96, "f32");
  bound.destroy();
  weights.destroy();
  return values;
}

describe("merge-siblings", () => {
  it("merges convolutions of one value, also one that goes first into a concatenation", () => {
    const result = checkPass(
      mergeSiblings,
      block17(),
      `%a: f32[1,3,4,4] = conv(%x, %a.weights, %a.bias) {strides=1x1 pads=0x0x0x0 activation=relu}
       %b: f32[1,3,4,8] = conv(%x, %b.weights, %b.bias) {strides=1x1 pads=0x0x0x0 activation=relu}
       %c: f32[1,3,4,4] = conv(%b, %c.weights, %c.bias) {strides=1x1 pads=1x1x1x1 activation=relu}
       %d: f32[1,3,4,12] = conv(%c, %d.weights, %d.bias) {strides=1x1 pads=1x1x1x1 activation=relu}
       %j: f32[1,3,4,16] = concat(%a, %d) {axis=3}
       %y: f32[1,3,4,8] = conv(%j, %y.weights, %y.bias) {strides=1x1 pads=0x0x0x0 activation=relu}
       output "y" = %y`,
      `%a.merged: f32[1,3,4,12] = conv(%x, %a.merged.w, %a.merged.b) {strides=1x1 pads=0x0x0x0 activation=relu}
       %b: f32[1,3,4,8] = slice(%a.merged) {starts=0x0x0x0 steps=1x1x1x1}
       %c: f32[1,3,4,4] = conv(%b, %c.weights, %c.bias) {strides=1x1 pads=1x1x1x1 activation=relu}
       %d: f32[1,3,4,12] = conv(%c, %d.weights, %d.bias) {strides=1x1 pads=1x1x1x1 activation=relu}
       %j.wide: f32[1,3,4,24] = concat(%a.merged, %d) {axis=3}
       %j: f32[1,3,4,16] = slice(%j.wide) {starts=0x0x0x8 steps=1x1x1x1}
       %y: f32[1,3,4,8] = conv(%j, %y.weights, %y.bias) {strides=1x1 pads=0x0x0x0 activation=relu}
       output "y" = %y`,
    );
    // Nothing is copied: as many dispatches as convolutions are left.
    expect(steps(result)).toEqual(["convDirect", "convDirect", "convDirect", "convDirect"]);
  });

  it("or last", () => {
    const graph = block17("last");
    const result = runPass(mergeSiblings, graph, ENGINE.ops);
    expectSameNumbers(result, graph);
    expect(steps(result)).toEqual(["convDirect", "convDirect", "convDirect", "convDirect"]);
    expect(result.nodes.find(({ output }) => output === "j")).toMatchObject({
      op: "slice",
      attributes: { starts: [0, 0, 0, 0] },
    });
  });

  it("does not merge a part of a concatenation into which a reader of its siblings writes", () => {
    const graph = block35();
    const result = runPass(mergeSiblings, graph, ENGINE.ops);
    expectSameNumbers(result, graph);
    expect(result.nodes.map(({ output }) => output)).toEqual(["a", "b.merged", "b", "c", "bb", "cc", "j", "y"]);
    expect(steps(result)).toEqual(["convDirect", "convDirect", "convDirect", "convDirect", "convDirect"]);
  });

  it("lets a concatenation take the siblings of one value only", () => {
    const g = makeGraph();
    const conv = convIn(g);
    const [x, y] = [g.input("x", [1, 3, 4, 8]), g.input("y", [1, 3, 4, 8])];
    const [a, d] = [conv("a", x, 8, 4), conv("d", y, 8, 4)];
    const [b, c] = [conv("b", x, 8, 8), conv("c", y, 8, 8)];
    const outputs = [conv("e", b, 8, 4), conv("f", c, 8, 4)];
    const j = g.node("j", "concat", [a, d], { axis: 3 });
    const graph = g.graph(conv("z", j, 8, 4), ...outputs);
    const result = runPass(mergeSiblings, graph, ENGINE.ops);
    verify(result, ENGINE.ops);
    expectSameNumbers(result, graph);
    expect(result.nodes.map(({ output }) => output)).toEqual(["a.merged", "b", "d", "c", "e", "f", "j.wide", "j", "z"]);
  });

  it("leaves convolutions that differ, and those that something else reads", () => {
    const build = (make: (g: GraphMaker, conv: Conv, x: string) => string[]): Graph => {
      const g = makeGraph();
      return g.graph(...make(g, convIn(g), g.input("x", [1, 3, 4, 8])));
    };
    const two = (conv: Conv, a: string, b: string): string[] => [conv("c", a, 4, 4), conv("d", b, 4, 4)];
    const graphs = [
      build((_, conv, x) => two(conv, conv("a", x, 8, 4), conv("b", x, 8, 4, 3))), // another kernel
      build((g, conv, x) => {
        const weights = g.constant("w", [1, 1, 8, 4]);
        const b = g.node("b", "conv", [x, weights, g.constant("v", [4])], convAttributes()); // another activation
        return two(conv, conv("a", x, 8, 4), b);
      }),
      build((g, conv, x) => {
        const [a, b] = [conv("a", x, 8, 4), conv("b", x, 8, 4)];
        return [...two(conv, a, b), g.node("p", "softmax", [b], { axis: 3 })]; // read whole
      }),
      build((_, conv, x) => [conv("c", conv("a", x, 8, 4), 4, 4), conv("b", x, 8, 4)]), // promised
      build((_, conv, x) => [conv("c", conv("a", x, 8, 4), 4, 4), conv("d", conv("b", x, 8, 5), 5, 4)]), // not by fours
    ];
    for (const graph of graphs) expect(runPass(mergeSiblings, graph, ENGINE.ops)).toBe(graph);
  });

  it.each([
    ["block17", block17()],
    ["block17, last", block17("last")],
    ["block35", block35()],
  ])("has the same numbers on the GPU: %s", async (_, graph) => {
    expectClose(await runOnGpu(runPass(mergeSiblings, graph, ENGINE.ops)), runSeeded(graph)["y"]!, { range: 1e-5 });
  });
});
