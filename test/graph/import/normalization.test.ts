import { describe, expect, it } from "vitest";
import { Session } from "../../../src/session/session";
import { testDevice } from "../../gpu";
import { buildModel, node } from "../../../tools/onnx-writer";
import { interpretAll } from "../../reference/interpret";
import { expectClose } from "../../shared/expect-close";
import { randoms } from "../../shared/randoms";
import { agree, floats, importSketch, int64s, opsOf, type Sketch } from "./harness";

const C = 6;
const X = [2, C, 4, 5];
const perChannel = { scale: [C], bias: [C], mean: [C], variance: floats([...randoms(C, 3, 0.1, 2)]) };

describe("BatchNormalization", () => {
  const bn = (x: number[], opset = 17, attributes: Parameters<typeof node>[3] = { epsilon: 1e-3 }): Sketch => ({
    opset,
    inputs: { x },
    weights: perChannel,
    nodes: [node("BatchNormalization", ["x", "scale", "bias", "mean", "variance"], ["y"], attributes, "bn")],
  });
  it("is a product and a sum per channel", async () => {
    const graph = await agree(bn(X));
    expect(graph.nodes).toMatchObject([
      { op: "binary", attributes: { fn: "mul" } },
      { op: "binary", attributes: { fn: "add" }, output: "y", origin: ["bn"] },
    ]);
    expect(graph.constants.get(graph.nodes[0]!.inputs[1]!)!.shape).toEqual([C, 1, 1]);
  });
  it("of other ranks and opsets", async () => {
    await agree(bn([3, C]));
    await agree(bn([2, C, 7], 14));
    await agree(bn(X, 9));
    await agree(bn(X, 7, {}));
  });
  it("in training mode takes the statistics of the batch", () => {
    const nodes = [
      node("BatchNormalization", ["x", "scale", "bias", "mean", "variance"], ["y", "m", "v"], {
        training_mode: 1,
        momentum: 0.75,
        epsilon: 0.5,
      }),
    ];
    const weights = { scale: floats([2]), bias: floats([3]), mean: floats([10]), variance: floats([20]) };
    const graph = importSketch({ opset: 15, inputs: { x: [2, 1, 2] }, weights, nodes, outputs: ["y", "m", "v"] });
    const values = interpretAll(graph, { x: Float32Array.of(1, 2, 3, 6) });
    // Mean 3, variance (4 + 1 + 0 + 9) / 4 = 3.5, and 3.5 + 0.5 = 4.
    expect([...values.get("y")!.data]).toEqual([1, 2, 3, 6]);
    expect([...values.get("m")!.data]).toEqual([8.25]);
    expect([...values.get("v")!.data]).toEqual([15.875]);
  });
  it("refuses statistics for each pixel", () => {
    expect(() => importSketch(bn(X, 7, { spatial: 0 }))).toThrow(/spatial=0/);
  });
});

describe("other normalisations", () => {
  const norm = (op: string, x: number[], s: number[], attributes: Parameters<typeof node>[3], opset = 17): Sketch => ({
    opset,
    inputs: { x },
    weights: { s, b: s },
    nodes: [node(op, ["x", "s", "b"], ["y"], attributes)],
  });
  it("InstanceNormalization", async () => {
    const graph = await agree(norm("InstanceNormalization", X, [C], { epsilon: 1e-2 }));
    expect(opsOf(graph)).toEqual(["transpose", "instanceNorm", "transpose"]);
    await agree(norm("InstanceNormalization", [2, C, 9], [C], {}));
  });
  it("LayerNormalization", async () => {
    await agree(norm("LayerNormalization", X, [5], {}));
    await agree(norm("LayerNormalization", X, [4, 5], { axis: 2, epsilon: 1e-3 }));
    await agree({ ...norm("LayerNormalization", X, [5], {}), nodes: [node("LayerNormalization", ["x", "s"], ["y"])] });
  });
  it("GroupNormalization", async () => {
    await agree(norm("GroupNormalization", X, [C], { num_groups: 3, epsilon: 1e-2 }, 21));
    await agree(norm("GroupNormalization", X, [2], { num_groups: 2 }, 18));
  });
  it.each([0, 1, -2, -1])("LayerNormalization with mean and inverse deviation, axis %i", async (axis) => {
    const nodes = [node("LayerNormalization", ["x", "s"], ["y", "mean", "inverse"], { axis, epsilon: 1e-2 })];
    await agree({ ...norm("LayerNormalization", X, X.slice(axis), {}), nodes, outputs: ["y", "mean", "inverse"] });
  });

  it("LayerNormalization's inverse deviation where squares overflow f16", async (context) => {
    const device = await testDevice();
    context.skip(!device.features.has("shader-f16"), "this adapter has no shader-f16");
    const model = buildModel({
      opset: 17,
      inputs: [{ name: "x", shape: [3, 64] }],
      outputs: [{ name: "y" }, { name: "mean" }, { name: "inverse" }],
      nodes: [node("LayerNormalization", ["x", "s"], ["y", "mean", "inverse"])],
      initializers: [{ name: "s", shape: [64], data: new Array<number>(64).fill(1) }],
    });
    // Deviations of about 600, 0.06 and 0; the last row has epsilon alone.
    const data = randoms(192, 3, -1000, 1000).map((v, i) => (i < 64 ? v : i < 128 ? v / 10_000 : 5));
    const run = async (precision: "f16" | "f32"): Promise<Float32Array> => {
      const session = await Session.load(model, { device, precision });
      const { inverse } = await session.run({ x: { data, shape: [3, 64] } });
      session.dispose();
      return inverse!.data;
    };
    const expected = Float32Array.from([0, 1, 2], (row) => {
      const x = data.subarray(64 * row, 64 * (row + 1));
      const mean = x.reduce((sum, v) => sum + v / 64, 0);
      return 1 / Math.sqrt(x.reduce((sum, v) => sum + (v - mean) ** 2 / 64, 1e-5));
    });
    for (const [precision, rel] of [
      ["f32", 1e-4],
      ["f16", 0.02],
    ] as const) {
      const shares = (await run(precision)).map((v, i) => v / expected[i]!);
      expectClose(shares, Float32Array.of(1, 1, 1), { abs: rel });
    }
  });
  it("LayerNormalization as exporters before opset 17 write it", async () => {
    await agree({
      opset: 13,
      inputs: { x: [2, 7, 16] },
      weights: { two: floats([2], []), epsilon: floats([1e-5], []), s: [16], b: [16] },
      nodes: [
        node("ReduceMean", ["x"], ["m"], { axes: [-1] }),
        node("Sub", ["x", "m"], ["d"]),
        node("Pow", ["d", "two"], ["d2"]),
        node("ReduceMean", ["d2"], ["v"], { axes: [-1] }),
        node("Add", ["v", "epsilon"], ["ve"]),
        node("Sqrt", ["ve"], ["sd"]),
        node("Div", ["d", "sd"], ["n"]),
        node("Mul", ["n", "s"], ["ns"]),
        node("Add", ["ns", "b"], ["y"]),
      ],
    });
  });
  it("GroupNorm as torch.onnx writes it", async () => {
    await agree({
      opset: 17,
      inputs: { x: X },
      weights: {
        to: int64s([0, 3, -1]),
        ones: floats([1, 1, 1]),
        zeros: floats([0, 0, 0]),
        s: [C, 1, 1],
        b: [C, 1, 1],
      },
      nodes: [
        node("Reshape", ["x", "to"], ["g"]),
        node("InstanceNormalization", ["g", "ones", "zeros"], ["n"], { epsilon: 1e-5 }),
        node("Shape", ["x"], ["shape"]),
        node("Reshape", ["n", "shape"], ["r"]),
        node("Mul", ["r", "s"], ["m"]),
        node("Add", ["m", "b"], ["y"]),
      ],
    });
  });
});

describe("softmax", () => {
  const soft = (op: string, opset: number, attributes: Parameters<typeof node>[3] = {}): Sketch => ({
    opset,
    inputs: { x: X },
    nodes: [node(op, ["x"], ["y"], attributes)],
    range: [-4, 4],
  });
  for (const op of ["Softmax", "LogSoftmax"]) {
    it(`${op} over one axis since opset 13`, async () => {
      expect(opsOf(await agree(soft(op, 13)))).not.toContain("reshape");
      await agree(soft(op, 13, { axis: 1 }));
    });
    it(`${op} over all trailing axes before`, async () => {
      expect(opsOf(await agree(soft(op, 11)))).toContain("reshape");
      await agree(soft(op, 11, { axis: 2 }));
      expect(opsOf(await agree(soft(op, 11, { axis: -1 })))).not.toContain("reshape");
    });
  }
  it("LogSoftmax stays finite where the softmax underflows", async () => {
    await agree({ ...soft("LogSoftmax", 13), range: [-400, 400] });
  });
});

it.each(["LayerNormalization", "InstanceNormalization", "GroupNormalization"])(
  "%s with an epsilon below 0 is refused",
  (op) => {
    const nodes = [
      node(op, ["x", "s", "b"], ["y"], { epsilon: -0.5, ...(op.startsWith("Group") && { num_groups: C }) }),
    ];
    const sketch: Sketch = { opset: 21, inputs: { x: [1, C, 4, C] }, weights: { s: [C], b: [C] }, nodes };
    expect(() => importSketch(sketch)).toThrow(/expected an epsilon of at least 0, received -0.5/);
  },
);

describe("reductions", () => {
  const reduce = (op: string, attributes: Parameters<typeof node>[3], opset: number, axes?: number[]): Sketch => ({
    opset,
    inputs: { x: X },
    weights: axes ? { axes: int64s(axes) } : {},
    nodes: [node(op, axes ? ["x", "axes"] : ["x"], ["y"], attributes)],
  });
  for (const op of ["ReduceMean", "ReduceMax", "ReduceMin", "ReduceL1", "ReduceL2", "ReduceSumSquare", "ReduceSum"]) {
    it(op, async () => {
      await agree(reduce(op, { axes: [-1, 1], keepdims: 0 }, op === "ReduceSum" ? 12 : 17));
      await agree(reduce(op, {}, 18, [-1, -2]));
      await agree(reduce(op, { keepdims: 0 }, 18));
    });
  }
  it("without axes may mean no reduction", async () => {
    const nodes = [node("ReduceSum", ["x"], ["r"], { noop_with_empty_axes: 1 }), node("Neg", ["r"], ["y"])];
    expect(opsOf(await agree({ opset: 13, inputs: { x: X }, nodes }))).toEqual(["unary"]);
  });
});
