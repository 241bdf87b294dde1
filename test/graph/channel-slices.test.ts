import { describe, expect, it } from "vitest";
import { finish } from "../../src/base/pacer";
import { slicingChannels } from "../../src/graph/channel-slices";
import { IDENTITY, type Constant, type Graph, type Node } from "../../src/graph/ir";
import type { BufferSlice } from "../../src/graph/op";
import { lower } from "../../src/graph/lower/lower";
import { PLAIN_POOL } from "../reference/ops/pool";
import { ENGINE } from "../../src/session/engine";

const conv = (output: string, channels: number, groups = 1): Node => ({
  op: "conv",
  output,
  inputs: ["x", `${output}.w`, `${output}.b`],
  attributes: { strides: [1, 1], pads: [0, 0, 0, 0], dilations: [1, 1], groups, activation: IDENTITY },
  shape: [1, 2, 2, channels],
  origin: [output],
});

const concat = (output: string, inputs: string[], channels: number, axis = 3): Node => ({
  op: "concat",
  output,
  inputs,
  attributes: { axis },
  shape: axis === 3 ? [1, 2, 2, channels] : [1, 4, 2, channels],
  origin: [output],
});

function graph(nodes: Node[], outputs: string[]): Graph {
  const constants = nodes.flatMap((node): [string, Constant][] => {
    if (node.op !== "conv") return [];
    const out = node.shape[3]!;
    const shape = [1, 1, 4 / node.attributes.groups, out];
    return [
      [`${node.output}.w`, { shape, data: new Float32Array((4 * out) / node.attributes.groups) }],
      [`${node.output}.b`, { shape: [out], data: new Float32Array(out) }],
    ];
  });
  return {
    label: "test",
    inputs: [{ name: "x", shape: [1, 2, 2, 4] }],
    outputs: outputs.map((value) => ({ name: value, value })),
    constants: new Map(constants),
    nodes,
  };
}

const channelSlices = (g: Graph): ReadonlyMap<string, BufferSlice> => finish(slicingChannels(g, ENGINE.ops));

describe("slicingChannels", () => {
  it("lets convolutions write their channels, and copies the rest", () => {
    const g = graph([conv("a", 8), conv("b", 3), concat("c", ["a", "x", "b"], 15)], ["c"]);
    expect(Object.fromEntries(channelSlices(g))).toEqual({
      a: { output: "c", first: 0, channels: 15 },
      b: { output: "c", first: 12, channels: 15 },
    });
    const program = lower(g, ENGINE, { elem: "f32" });
    expect(program.steps.map(({ kernel, output }) => `${kernel} -> ${output}`)).toEqual([
      "convDirect -> c",
      "convDirect -> c",
      "concatPart -> c",
    ]);
    expect(program.slots.length).toBe(2); // x and c; a and b have no buffer of their own
  });

  it("lets poolings write their channels", () => {
    const pool: Node = {
      ...{ op: "pool", output: "p", inputs: ["x"], shape: [1, 2, 2, 4], origin: ["p"] },
      attributes: { ...PLAIN_POOL, kernel: [1, 1], strides: [1, 1] },
    };
    const g = graph([pool, conv("a", 8), concat("c", ["a", "p"], 12)], ["c"]);
    expect(channelSlices(g).get("p")).toEqual({ output: "c", first: 8, channels: 12 });
    expect(lower(g, ENGINE, { elem: "f32" }).steps.map(({ kernel, output }) => `${kernel} -> ${output}`)).toEqual([
      "pool2d -> c",
      "convDirect -> c",
    ]);
  });

  it("leaves alone what is read elsewhere, joined twice, depthwise or joined along another axis", () => {
    const used = graph([conv("a", 4), conv("b", 4), concat("c", ["a", "b"], 8)], ["c", "a"]);
    expect([...channelSlices(used).keys()]).toEqual(["b"]);
    expect(channelSlices(graph([conv("a", 4), concat("c", ["a", "a"], 8)], ["c"])).size).toBe(0);
    expect(channelSlices(graph([conv("a", 4, 4), concat("c", ["a", "x"], 8)], ["c"])).size).toBe(0);
    expect(channelSlices(graph([conv("a", 4), concat("c", ["a", "x"], 4, 1)], ["c"])).size).toBe(0);
  });
});
