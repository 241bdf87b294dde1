/** Models' 8-bit weights, from the file to the GPU. */
import { beforeAll, describe, expect, it, vi } from "vitest";
import { BoundProgram } from "../../src/gpu/bound-program";
import { CommandScope } from "../../src/gpu/command-scope";
import { importModel } from "../../src/graph/import";
import type { Graph } from "../../src/graph/ir";
import { lower } from "../../src/graph/lower/lower";
import { optimize } from "../../src/graph/optimize";
import { PipelineCache } from "../../src/gpu/pipelines";
import { quantized } from "../../src/graph/constants/int8";
import type { Program } from "../../src/graph/lower/program";
import { submitProgram } from "../../src/gpu/submit";
import { WeightStore } from "../../src/gpu/weight-store";
import { CONV_ALGORITHMS, convChoices, DEFAULT_CHOICE } from "../../src/kernels/conv/algorithms";
import { decodeModel } from "../../src/weights/onnx/decode";
import { expectClose } from "../shared/expect-close";
import { randoms } from "../shared/randoms";
import { decodeElems, readBuffer, testDevice, writeElems } from "../gpu";
import { buildModel, node, type InitializerSpec, type NodeSpec } from "../../tools/onnx-writer";
import { ENGINE } from "../../src/session/engine";

vi.setConfig({ testTimeout: 600_000 });

const SHAPE = [1, 6, 8, 10];

/** How the weights of all three convolutions come. */
type Kind = "per channel" | "per tensor" | "with zero points" | "floats";

const integers = (count: number, seed: number): Int8Array =>
  Int8Array.from(randoms(count, seed, -128, 127.99), Math.floor).fill(-128, 0, 1);

/**
 * 3x3 convolution of 6 -> 10 channels, batch normalisation that turns some around, ReLU, 2x2 maximum; then two 1x1
 * convolutions, one with 2 groups and one whose input is added to its result.
 */
function model(kind: Kind): Uint8Array {
  const initializers: InitializerSpec[] = [];
  const nodes: NodeSpec[] = [];
  const constant = (name: string, data: ArrayLike<number>, dtype?: "i8", shape = [data.length]): string => {
    initializers.push({ name, shape, data, ...(dtype && { dtype }) });
    return name;
  };
  const weights = (name: string, shape: readonly number[], seed: number): string => {
    const count = shape.reduce((a, b) => a * b, 1);
    const [channels = 0] = shape;
    if (kind === "floats") return constant(name, randoms(count, seed), undefined, [...shape]);
    const single = kind === "per tensor";
    const inputs = [
      constant(`${name}.q`, integers(count, seed), "i8", [...shape]),
      constant(
        `${name}.scale`,
        randoms(single ? 1 : channels, seed + 1, 0.002, 0.01),
        undefined,
        single ? [] : [channels],
      ),
      constant(
        `${name}.zero`,
        new Int8Array(single ? 1 : channels).fill(kind === "with zero points" ? 3 : 0),
        "i8",
        single ? [] : [channels],
      ),
    ];
    nodes.push(node("DequantizeLinear", inputs, [name], { axis: 0 }));
    return name;
  };
  const bias = (name: string, count: number, seed: number): string => constant(name, randoms(count, seed));
  nodes.push(
    node("Conv", ["x", weights("w1", [10, 6, 3, 3], 1)], ["c1"], { kernel_shape: [3, 3], pads: [1, 1, 1, 1] }),
  );
  const normalise = ["c1", bias("gamma", 10, 4), bias("beta", 10, 5), bias("mean", 10, 6)];
  nodes.push(node("BatchNormalization", [...normalise, constant("var", new Float32Array(10).fill(0.7))], ["n1"]));
  nodes.push(node("Relu", ["n1"], ["r1"]), node("MaxPool", ["r1"], ["p1"], { kernel_shape: [2, 2], strides: [2, 2] }));
  nodes.push(node("Conv", ["p1", weights("w2", [12, 5, 1, 1], 7), bias("b2", 12, 9)], ["c2"], { group: 2 }));
  nodes.push(node("Conv", ["c2", weights("w3", [12, 12, 1, 1], 10), bias("b3", 12, 12)], ["c3"]));
  nodes.push(node("Add", ["c3", "c2"], ["y"]));
  return buildModel({
    inputs: [{ name: "x", shape: SHAPE }],
    outputs: [{ name: "y", shape: [1, 12, 4, 5] }],
    nodes,
    initializers,
  });
}

function graphOf(kind: Kind): Graph {
  return optimize(
    importModel(decodeModel(model(kind), { label: kind }), ENGINE, { inputShapes: { x: SHAPE } }),
    ENGINE,
  );
}

const FLOATS = { elem: "f32" } as const;

/** Integers wherever they are offered. */
function lowerInt8(graph: Graph, elem: "f32" | "f16" = "f32"): Program {
  const anywhere = { features: new Set<string>(), workgroupBytes: 16_384 };
  const chooseConv: Parameters<typeof lower>[2]["chooseConv"] = (params) =>
    convChoices(CONV_ALGORITHMS, params, anywhere).find((choice) => choice.startsWith("int8/4")) ?? DEFAULT_CHOICE;
  return lower(graph, ENGINE, { elem, chooseConv });
}

const packedOf = ({ weights }: Program): readonly string[] =>
  weights.filter(({ packing }) => packing.layout === "conv2d" && packing.int8).map(({ constant }) => constant);

let device: GPUDevice;
let pipelines: PipelineCache;

async function run(graph: Graph, program: Program, x: Float32Array): Promise<{ y: Float32Array; bytes: number }> {
  const weights = new WeightStore(device, program.elem);
  const bound = await BoundProgram.create(device, program, ENGINE.kernels, graph.constants, pipelines, weights);
  try {
    writeElems(device, bound.input("x"), x, program.elem);
    const scope = new CommandScope(device, { where: "test" });
    scope.run(() => submitProgram(device, bound, scope));
    await scope.check();
    const y = decodeElems(await readBuffer(device, bound.output("y")), 12 * 4 * 5, program.elem);
    return { y, bytes: weights.bytes };
  } finally {
    bound.destroy();
    weights.destroy();
  }
}

describe("8-bit weights of a model", () => {
  beforeAll(async () => {
    device = await testDevice();
    pipelines = new PipelineCache(device);
  });

  it.each(["per channel", "per tensor"] as const)("give the numbers of floats, %s", async (kind) => {
    const graph = graphOf(kind);
    const x = randoms(
      SHAPE.reduce((a, b) => a * b),
      20,
    );
    const [floats, int8] = [lower(graph, ENGINE, FLOATS), lowerInt8(graph)];
    expect(packedOf(int8)).toHaveLength(3);
    expect(packedOf(floats)).toEqual([]);
    const expected = await run(graph, floats, x);
    const got = await run(graph, int8, x);
    expect(Math.max(...expected.y.map(Math.abs))).toBeGreaterThan(1);
    expectClose(got.y, expected.y, { abs: 1e-5 * Math.max(...expected.y.map(Math.abs)) });
    expect(got.bytes).toBe(int8.weightBytes);
    expect(expected.bytes).toBe(floats.weightBytes);
  });

  it("are what floats round from", () => {
    const { constants, nodes } = graphOf("per channel");
    const convolutions = nodes.filter(({ op }) => op === "conv");
    expect(convolutions).toHaveLength(3);
    for (const { inputs } of convolutions) {
      const { data, int8 } = constants.get(inputs[1]!)!;
      const { length } = int8!.scales;
      const values = Float32Array.from(int8!.data, (q, i) => q * int8!.scales[i % length]!);
      expectClose(values, data, { abs: 1e-6 * Math.max(...data.map(Math.abs)) });
    }
  });

  it("stay so where convolutions of the same input become one", () => {
    const attributes = { strides: [1, 1], pads: [0, 0, 0, 0], dilations: [1, 1], groups: 1 } as const;
    const conv = (output: string, x: string, weights: string): Graph["nodes"][number] => ({
      ...{ op: "conv", output, inputs: [x, weights, "b"], shape: [1, 2, 2, 8], origin: [] },
      attributes: { ...attributes, activation: { fn: "identity" } },
    });
    const weights = [1, 2].map((seed) => quantized([1, 1, 8, 8], randoms(64, seed)));
    const merged = optimize(
      {
        label: "siblings",
        inputs: [{ name: "x", shape: [1, 2, 2, 8] }],
        outputs: ["y1", "y2"].map((name) => ({ name, value: name })),
        constants: new Map([
          ["w1", weights[0]!],
          ["w2", weights[1]!],
          ["b", { shape: [8], data: new Float32Array(8) }],
        ]),
        nodes: [conv("c1", "x", "w1"), conv("c2", "x", "w2"), conv("y1", "c1", "w1"), conv("y2", "c2", "w2")],
      },
      ENGINE,
    );
    const only = merged.nodes.find(({ op, shape }) => op === "conv" && shape[3] === 16);
    const { data, int8 } = merged.constants.get(only!.inputs[1]!)!;
    expectClose(
      Float32Array.from(int8!.data, (q, i) => q * int8!.scales[i % 16]!),
      data,
      { abs: 1e-6 },
    );
    expect(data[16 + 8]).toBe(weights[1]!.data[8]);
  });

  it("are floats again where the model has zero points, and where it never had integers", () => {
    for (const kind of ["with zero points", "floats"] as const) {
      const graph = graphOf(kind);
      expect(packedOf(lowerInt8(graph))).toEqual([]);
      expect([...graph.constants.values()].filter(({ int8 }) => int8)).toEqual([]);
    }
  });

  it("take a quarter of the memory of f32 and half of f16", () => {
    const [channels, size] = [64, [3, 3, 64, 64]];
    const data = randoms(9 * channels * channels, 1);
    const shape = [1, 8, 8, channels];
    const pads = [1, 1, 1, 1] as const;
    const graph: Graph = {
      label: "large",
      inputs: [{ name: "x", shape }],
      outputs: [{ name: "y", value: "y" }],
      constants: new Map([
        ["w", quantized(size, data)],
        ["b", { shape: [channels], data: new Float32Array(channels) }],
      ]),
      nodes: [
        {
          op: "conv",
          output: "y",
          inputs: ["x", "w", "b"],
          attributes: { strides: [1, 1], pads, dilations: [1, 1], groups: 1, activation: { fn: "identity" } },
          shape,
          origin: [],
        },
      ],
    };
    expect(lower(graph, ENGINE, FLOATS).weightBytes / lowerInt8(graph).weightBytes).toBeGreaterThan(3.9);
    const halves = lower(graph, ENGINE, { elem: "f16" }).weightBytes;
    expect(halves / lowerInt8(graph, "f16").weightBytes).toBeGreaterThan(1.95);
  });
});

describe("rounding to 8 bits", () => {
  it("is off by half a step at most, and nothing for what is of 8 bits already", () => {
    const data = randoms(300, 3);
    const { data: rounded, int8 } = quantized([60, 5], data);
    const [first = 0] = int8!.scales;
    expectClose(rounded, data, { abs: 0.51 * Math.max(...int8!.scales) });
    expect(Math.max(...[...data.keys()].filter((i) => i % 5 === 0).map((i) => Math.abs(data[i]!)))).toBeCloseTo(
      127 * first,
      6,
    );
    expectClose(quantized([60, 5], rounded).data, rounded, { abs: 1e-6 });
  });
});
