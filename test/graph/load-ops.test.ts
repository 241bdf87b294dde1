/** What is loaded only for models and adapters that need it. Modules are fresh: the test set-up has loaded everything. */
import { readFileSync } from "node:fs";
import { beforeEach, describe, expect, it, vi } from "vitest";
import { decodeModel } from "../../src/weights/decode";
import type { OnnxModel } from "../../src/weights/types";
import { buildModel, node, type NodeSpec } from "../onnx-builder";

const modules = async () => ({
  ...(await import("../../src/graph/conv-choice")),
  ...(await import("../../src/graph/conv-rules")),
  ...(await import("../../src/graph/import")),
  ...(await import("../../src/graph/import/registry")),
  ...(await import("../../src/graph/load-ops")),
  ...(await import("../../src/graph/lower")),
  ...(await import("../../src/graph/optimize")),
  ...(await import("../../src/graph/registry")),
  ...(await import("../../src/kernels/conv-algorithms")),
});
type Modules = Awaited<ReturnType<typeof modules>>;

let fresh: Modules;

beforeEach(async () => {
  vi.resetModules();
  fresh = await modules();
});

function unknownKernels(model: OnnxModel, inputShapes: Readonly<Record<string, number[]>>): string[] {
  const graph = fresh.optimize(fresh.importModel(model, { inputShapes }));
  const { steps } = fresh.lower(graph, { elem: "f32" });
  return steps.map(({ kernel }) => kernel).filter((kernel) => !(kernel in fresh.KERNELS));
}

function shipped(name: string): OnnxModel {
  return decodeModel(readFileSync(`models/inception-table/${name}.onnx`), { label: name });
}

describe("ops", () => {
  it("of shipped models need no loading", async () => {
    for (const name of ["embedder", "colorizer"]) {
      const model = shipped(name);
      const shapes = Object.fromEntries(
        model.inputs.map((input) => [
          input.name,
          input.shape!.map((n, axis) => (typeof n === "number" ? n : axis === 0 ? 1 : 224)),
        ]),
      );
      await fresh.loadOps(model);
      expect(fresh.OPS.has("Softmax"), name).toBe(false);
      expect(unknownKernels(model, shapes)).toEqual([]);
    }
  });

  const oneNode = (spec: NodeSpec, weights: number[]): OnnxModel =>
    decodeModel(
      buildModel({
        inputs: [{ name: "x", shape: [1, 4, 6, 6] }],
        initializers: [{ name: "w", shape: weights, data: new Float32Array(weights.reduce((a, b) => a * b, 1)) }],
        nodes: [spec],
        outputs: [{ name: "y" }],
      }),
      { label: "one node" },
    );

  it.each([
    ["Softmax", oneNode(node("Softmax", ["x"], ["y"]), [])],
    ["a depthwise Conv", oneNode(node("Conv", ["x", "w"], ["y"], { group: 4 }), [4, 1, 3, 3])],
    ["ConvTranspose", oneNode(node("ConvTranspose", ["x", "w"], ["y"]), [4, 2, 3, 3])],
  ])("of other models are loaded: %s", async (_, model) => {
    await fresh.loadOps(model);
    expect(unknownKernels(model, {})).toEqual([]);
  });
});

describe("ways of convolution", () => {
  const choicesOn = (description: string) =>
    new fresh.ConvChoices({
      adapterInfo: { description, vendor: "", architecture: "" } as GPUAdapterInfo,
      features: new Set(),
      limits: { maxComputeWorkgroupStorageSize: 16384 } as GPUSupportedLimits,
    });

  it("are loaded for drivers in software", async () => {
    await choicesOn("SwiftShader Device").ready;
    expect(fresh.ALGORITHMS.map(({ name }) => name)).toContain("winograd");
    expect(fresh.KERNELS).toHaveProperty("winogradInput");
  });

  it("are not loaded for others, whose rules name no others", async () => {
    await choicesOn("a GPU").ready;
    const names = fresh.ALGORITHMS.map(({ name }) => name);
    expect(names).not.toContain("winograd");
    const sizes = { batch: 1, inHeight: 8, inWidth: 8, outHeight: 8, outWidth: 8, padTop: 1, padLeft: 1 };
    const one = [1, 1] as const;
    const plain = { strides: one, dilations: one, groups: 1, activation: { fn: "identity" }, residual: false } as const;
    for (const elem of ["f32", "f16"] as const)
      for (const side of [1, 3, 4])
        for (const channels of [4, 64]) {
          const shape = { inChannels: channels, outChannels: channels, kernel: [side, side] as const };
          const rules = fresh.ruleChoices({ ...sizes, ...plain, ...shape, elem }, "nvidia ampere");
          expect(rules.map((choice) => choice.split("/")[0]!).filter((name) => !names.includes(name))).toEqual([]);
        }
  });
});
