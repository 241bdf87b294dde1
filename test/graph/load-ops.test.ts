/** What is loaded only for models and adapters that need it. Modules are fresh: the test set-up has loaded everything. */
import { readFileSync } from "node:fs";
import { beforeEach, describe, expect, it, vi } from "vitest";
import type { Pass } from "../../src/graph/ir";
import { decodeModel } from "../../src/weights/decode";
import type { OnnxModel } from "../../src/weights/types";
import { buildModel, node, type NodeSpec } from "../onnx-builder";

const modules = async () => ({
  ...(await import("../../src/colorizer-tuning")),
  ...(await import("../../src/graph/conv-choice")),
  ...(await import("../../src/graph/conv-rules")),
  ...(await import("../../src/graph/import")),
  ...(await import("../../src/graph/import/registry")),
  ...(await import("../../src/graph/load-ops")),
  ...(await import("../../src/graph/lower")),
  ...(await import("../../src/graph/optimize")),
  ...(await import("../../src/graph/passes/drop-last-upsampling")),
  ...(await import("../../src/graph/passes/sum-grey-input")),
  ...(await import("../../src/graph/registry")),
  ...(await import("../../src/kernels/conv/algorithms")),
});
type Modules = Awaited<ReturnType<typeof modules>>;

let fresh: Modules;

beforeEach(async () => {
  vi.resetModules();
  fresh = await modules();
});

async function unknownKernels(
  model: OnnxModel,
  inputShapes: Readonly<Record<string, number[]>>,
  passes: readonly Pass[] = [],
): Promise<string[]> {
  const imported = fresh.importModel(model, { inputShapes });
  const graph = fresh.optimize(imported, { passes: [...fresh.PASSES, ...passes] });
  await fresh.loadKernels(graph);
  const { steps } = fresh.lower(graph, { elem: "f32" });
  return steps.map(({ kernel }) => kernel).filter((kernel) => !(kernel in fresh.KERNELS));
}

function shipped(name: string): OnnxModel {
  return decodeModel(readFileSync(`models/inception-table/${name}.onnx`), { label: name });
}

const oneNode = (spec: NodeSpec, weights: number[]): OnnxModel =>
  decodeModel(
    buildModel({
      inputs: [{ name: "x", shape: [1, 4, 6, 6] }],
      initializers: [{ name: "w", shape: weights, data: new Float32Array(weights.reduce((a, b) => a * b, 1)).fill(1) }],
      nodes: [spec],
      outputs: [{ name: "y" }],
    }),
    { label: "one node" },
  );

describe("ops", () => {
  it.each([
    ["embedder", 299, 299],
    ["colorizer", 224, 224],
    ["colorizer", 8, 8],
    ["colorizer", 512, 344],
  ])("of the shipped %s need no loading at %i x %i", async (name, height, width) => {
    const model = shipped(name);
    const shapes = Object.fromEntries(
      model.inputs.map((input) => [
        input.name,
        input.shape!.map((n, axis) => (typeof n === "number" ? n : [1, 1, height, width][axis]!)),
      ]),
    );
    await fresh.loadOps(model);
    // As networks.ts has them.
    const passes = name === "colorizer" ? [fresh.dropLastUpsampling] : [fresh.sumGreyInput("image")];
    expect(await unknownKernels(model, shapes, passes)).toEqual([]);
    expect(fresh.OPS.has("Softmax")).toBe(false);
  });

  it.each([
    ["Softmax", oneNode(node("Softmax", ["x"], ["y"]), [])],
    ["a depthwise Conv", oneNode(node("Conv", ["x", "w"], ["y"], { group: 4 }), [4, 1, 3, 3])],
    ["ConvTranspose", oneNode(node("ConvTranspose", ["x", "w"], ["y"]), [4, 2, 3, 3])],
    ["arithmetic with weights", oneNode(node("Mul", ["x", "w"], ["y"]), [1, 4, 1, 1])],
    ["arithmetic of weights", oneNode(node("Sqrt", ["w"], ["y"]), [4])],
    ["a product of weights with a factor", oneNode(node("Gemm", ["w", "w"], ["y"], { alpha: 0.5 }), [4, 4])],
    ["a Resize that interpolates", oneNode(node("Resize", ["x", "", "w"], ["y"], { mode: "linear" }), [4])],
  ])("of other models are loaded: %s", async (_, model) => {
    await fresh.loadOps(model);
    expect(await unknownKernels(model, {})).toEqual([]);
    expect(fresh.OPS.has("Softmax")).toBe(true);
  });
});

it("says that a file of the package did not arrive", async () => {
  vi.doMock("../../src/graph/more-ops", () => Promise.reject(new TypeError("offline")));
  try {
    await expect(fresh.loadOps(oneNode(node("Softmax", ["x"], ["y"]), []))).rejects.toMatchObject({
      name: "DownloadError",
      expected: "a file of this package",
    });
  } finally {
    vi.doUnmock("../../src/graph/more-ops");
  }
});

describe("kernels", () => {
  const model = (...nodes: NodeSpec[]): OnnxModel =>
    decodeModel(
      buildModel({
        inputs: [{ name: "x", shape: [1, 4, 6, 6] }],
        initializers: [
          { name: "w", shape: [4, 4, 1, 1], data: new Float32Array(16).fill(1) },
          { name: "scales", shape: [4], data: [1, 1, 2, 2] },
        ],
        nodes,
        outputs: [{ name: "y" }],
      }),
      { label: "kernels" },
    );
  const conv = node("Conv", ["x", "w"], ["c"]);
  const repeat = { mode: "nearest", coordinate_transformation_mode: "asymmetric", nearest_mode: "floor" };

  it.each([
    ["a sum that is part of a convolution", false, model(conv, node("Add", ["c", "x"], ["y"]))],
    ["a sum of its own", true, model(node("Add", ["x", "x"], ["y"]))],
    ["a function that is part of a convolution", false, model(conv, node("Relu", ["c"], ["y"]))],
    ["a function of its own", true, model(node("Relu", ["x"], ["y"]), conv)],
    ["an input that is an output", true, model(node("Identity", ["x"], ["y"]))],
    ["a constant that is an output", true, model(node("Identity", ["w"], ["y"]))],
    ["another view of an input", true, model(node("Flatten", ["x"], ["y"]))],
    ["pixels repeated at the end", true, model(conv, node("Resize", ["c", "", "scales"], ["y"], repeat))],
  ])("are loaded after passes where they are left: %s", async (_, more, onnx) => {
    await fresh.loadOps(onnx);
    expect(fresh.OPS.has("Softmax")).toBe(false);
    expect(await unknownKernels(onnx, {})).toEqual([]);
    expect(fresh.OPS.has("Softmax")).toBe(more);
  });
});

it("that are not loaded are named where they are missing", async () => {
  const model = decodeModel(
    buildModel({
      inputs: [{ name: "x", shape: [1, 4] }],
      nodes: [node("Add", ["x", "x"], ["y"])],
      outputs: [{ name: "y" }],
    }),
  );
  const graph = fresh.optimize(fresh.importModel(model, {}));
  expect(() => fresh.lower(graph, { elem: "f32" })).toThrow("%y (binary): expected code that is loaded by bind()");
});
