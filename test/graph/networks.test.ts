/** The project's networks, in the form of exporters, after import and all passes. */
import { describe, expect, it } from "vitest";
import { importModel } from "../../src/graph/import";
import type { Graph, OpName, Shape } from "../../src/graph/ir";
import { lower } from "../../src/graph/lower/lower";
import { optimize } from "../../src/graph/optimize";
import { dropLastUpsampling } from "../../src/graph/passes/drop-last-upsampling";
import { sumGreyInput } from "../../src/graph/passes/sum-grey-input";
import { decodeModel } from "../../src/weights/onnx/decode";
import { inceptionResNetV2, stridedNetwork, tableNetwork } from "../shared/networks";
import { expectSameNumbers } from "./make";
import { ENGINE } from "../../src/session/engine";

function load(bytes: Uint8Array, inputShapes: Record<string, Shape>): Graph {
  return importModel(decodeModel(bytes, { label: "network" }), ENGINE, { inputShapes });
}

function countOps(graph: Graph): Partial<Record<OpName, number>> {
  const counts: Partial<Record<OpName, number>> = {};
  for (const { op } of graph.nodes) counts[op] = (counts[op] ?? 0) + 1;
  return counts;
}

describe("optimised networks", () => {
  it("Inception-ResNet-v2 becomes convolutions, pools and concats: all other ops are folded into them", () => {
    const result = optimize(load(inceptionResNetV2(), { image: [1, 3, 299, 299] }), ENGINE);
    // Concats: 40 residual blocks, 3 mixed blocks. The transpose converts the 3-channel image to NHWC.
    // Of 244 convolutions, 43 are merged with a sibling, whose channels are read by slices, which cost nothing.
    expect(countOps(result)).toEqual({
      conv: 201,
      concat: 43,
      slice: 85,
      pool: 5,
      transpose: 1,
      reduce: 1,
      reshape: 1,
      matmul: 1,
    });
    const residuals = result.nodes.filter((node) => node.op === "conv" && node.inputs.length === 4);
    expect(residuals.length).toBe(40);
    const steps = lower(result, ENGINE, { elem: "f32" }).steps.map(({ kernel }) => kernel);
    // Slices are read in place, and convolutions and pools write into the concatenations.
    expect(steps.filter((kernel) => kernel === "slice" || kernel === "concatPart")).toEqual([]);
  });

  // Convolutions include the pools after and the resizes before them. The transpose makes the output [1,2,H,W]. The reshapes are
  // those of the luminance and of the fused bias.
  it.each([
    ["table", tableNetwork(), 1000, { conv: 16, resize: 1, reshape: 2, matmul: 1, transpose: 1 }],
    ["strided", stridedNetwork(), 1001, { conv: 14, resize: 1, reshape: 2, matmul: 1, transpose: 1 }],
  ])("the %s network does not store the repeated embedding, and its results stay the same", (_, bytes, width, ops) => {
    const graph = load(bytes, { luminance: [1, 1, 8, 16], embedding: [1, width] });
    const result = optimize(graph, ENGINE);
    expect(countOps(result)).toEqual(ops);
    expectSameNumbers(result, graph);
  });

  it("with the Colorizer's passes, the embedder reads one channel and the colorizers have no upsampling at the end", () => {
    const grey = optimize(load(inceptionResNetV2(), { image: [1, 3, 299, 299] }), {
      ...ENGINE,
      passes: [...ENGINE.passes, sumGreyInput("image")],
    });
    expect(grey.inputs).toEqual([{ name: "image", shape: [1, 1, 299, 299] }]);
    expect(countOps(grey)["transpose"]).toBeUndefined();
    for (const [bytes, width] of [
      [tableNetwork(), 1000],
      [stridedNetwork(), 1001],
    ] as const) {
      const result = optimize(load(bytes, { luminance: [1, 1, 8, 16], embedding: [1, width] }), {
        ...ENGINE,
        passes: [...ENGINE.passes, dropLastUpsampling],
      });
      expect(result.nodes.at(-1)!.shape).toEqual([1, 2, 4, 8]);
    }
  });
});
