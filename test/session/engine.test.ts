/** Checks that the engine is complete and consistent. */
import { describe, expect, it } from "vitest";
import { importModel } from "../../src/graph/import";
import { lower } from "../../src/graph/lower/lower";
import { optimize } from "../../src/graph/optimize";
import { ENGINE } from "../../src/session/engine";
import { decodeModel } from "../../src/weights/onnx/decode";
import { REFERENCES } from "../reference/all";
import { buildModel, node, type NodeSpec } from "../../tools/onnx-writer";

/** Names of kernels that a model of x [1,4,6,6] and w, or the shape of w, is lowered to. */
function kernelsOf(weights: readonly number[], ...nodes: NodeSpec[]): string[] {
  const model = buildModel({
    inputs: [{ name: "x", shape: [1, 4, 6, 6] }],
    initializers: [
      { name: "w", shape: weights, data: new Float32Array(weights.reduce((a, b) => a * b, 1)).fill(1) },
      { name: "scales", shape: [4], data: [1, 1, 2, 2] },
    ],
    nodes,
    outputs: [{ name: "y" }],
  });
  const graph = optimize(importModel(decodeModel(model), ENGINE), ENGINE);
  return lower(graph, ENGINE, { elem: "f32" }).steps.map(({ kernel }) => kernel);
}

describe("an output that no node computes is copied", () => {
  it.each([
    ["an input", node("Identity", ["x"], ["y"])],
    ["a constant", node("Identity", ["w"], ["y"])],
    ["another view of an input", node("Flatten", ["x"], ["y"])],
  ])("%s", (_, spec) => expect(kernelsOf([4], spec)).toEqual(["unary"]));
});

it("has every kernel that ops and convolution algorithms name", () => {
  const named = [
    ...kernelsOf([4, 1, 3, 3], node("Conv", ["x", "w"], ["y"], { group: 4 })),
    ...kernelsOf([4, 2, 3, 3], node("ConvTranspose", ["x", "w"], ["y"])),
    ...kernelsOf([4], node("Resize", ["x", "", "scales"], ["y"], { mode: "linear" })),
    ...kernelsOf([4], node("Softmax", ["x"], ["y"])),
    ...kernelsOf([4, 4, 3, 3], node("Conv", ["x", "w"], ["y"])),
  ];
  expect(named).toEqual(
    expect.arrayContaining(["depthwiseConv2d", "convTranspose2d", "resize2d", "softmax", "convDirect"]),
  );
  expect(named.filter((name) => !Object.hasOwn(ENGINE.kernels, name))).toEqual([]);
  for (const { kernels } of Object.values(ENGINE.ops))
    for (const [name, kernel] of Object.entries(kernels)) expect(ENGINE.kernels[name]).toBe(kernel);
});

it("rejects an op whose name is a property of Object.prototype", () => {
  expect(() => kernelsOf([4], node("constructor", ["x"], ["y"]))).toThrow(/constructor.*not implemented/s);
});

it("has an op for every reference, and a reference for every op", () => {
  expect([...REFERENCES.keys()].sort()).toEqual(Object.keys(ENGINE.ops).sort());
});
