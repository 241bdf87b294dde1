import * as ort from "onnxruntime-node";
import { describe, expect, test } from "vitest";
import { ModelError } from "../../../src/base/errors";
import { decodeModel } from "../../../src/weights/onnx/decode";
import { inceptionResNetV2, UNNAMED } from "../../../tools/convert/inception-resnet-v2";
import { parseTopology, type KerasLayer, type KerasTensor } from "../../../tools/convert/keras-model";
import { quantise } from "../../../tools/convert/network-writer";
import { kerasToOnnx } from "../../../tools/convert/to-onnx";
import { expectClose } from "../../shared/expect-close";
import { randoms } from "../../shared/randoms";

const layer = (className: string, name: string, inputs: string[], config: object = {}): KerasLayer => ({
  className,
  name,
  inputs,
  config: config as Record<string, unknown>,
  group: name,
});

const tensor = (name: string, shape: number[], data: number[]): KerasTensor => ({
  name,
  shape,
  data: Float32Array.from(data),
});

/** Channels of a value, each a list of rows of `width` numbers. */
type Planes = number[][];

/** Runs layers on `luminance` [1, 1, H, W]; returns `ab` [1, 2, H', W'] as two planes. */
async function run(
  layers: readonly KerasLayer[],
  weights: Readonly<Record<string, readonly KerasTensor[]>>,
  input: { height: number; width: number; data: number[] },
): Promise<{ planes: Planes; ops: string[] }> {
  const topology = {
    layers: [layer("InputLayer", "grey", [], { batch_shape: [null, null, null, 1] }), ...layers],
    outputs: [layers.at(-1)!.name],
  };
  const bytes = kerasToOnnx(topology, ({ name }) => weights[name] ?? [], { label: "test", precision: "f32" });
  const session = await ort.InferenceSession.create(bytes);
  const luminance = new ort.Tensor("float32", input.data, [1, 1, input.height, input.width]);
  const { ab } = await session.run({ luminance });
  const data = Array.from(ab!.data as Float32Array);
  const size = data.length / 2;
  return { planes: [data.slice(0, size), data.slice(size)], ops: decodeModel(bytes).nodes.map((node) => node.op) };
}

/** A convolution from one channel to two: x * 1 and x * 2. */
const TWICE = { two: [tensor("kernel", [1, 1, 1, 2], [1, 2])] };
const two = (config: object = {}): KerasLayer => layer("Conv2D", "two", ["grey"], config);
const PICTURE = { height: 2, width: 2, data: [1, 2, 3, -4] };

const NORM = [
  tensor("gamma", [2], [2, 1]),
  tensor("beta", [2], [10, 20]),
  tensor("moving_mean", [2], [1, 0]),
  tensor("moving_variance", [2], [3, 0.25]),
];
const norm = layer("BatchNormalization", "norm", ["two"], { epsilon: 1 });

/** (x - mean) / sqrt(variance + 1) * gamma + beta */
const normalised = (x: number, c: number): number =>
  c === 0 ? ((x - 1) / 2) * 2 + 10 : (x / Math.sqrt(1.25)) * 1 + 20;

describe("batch norm", () => {
  const expected = [PICTURE.data.map((x) => normalised(x, 0)), PICTURE.data.map((x) => normalised(2 * x, 1))];

  test("is folded into the convolution before it", async () => {
    const { planes, ops } = await run([two(), norm], { ...TWICE, norm: NORM }, PICTURE);
    planes.forEach((plane, c) => expectClose(plane, expected[c]!, { abs: 1e-5 }));
    expect(ops).toEqual(["Conv", "Identity"]);
  });

  test("is not folded when the convolution has an activation or another reader", async () => {
    const positive = PICTURE.data.map((x) => Math.max(x, 0));
    const relu = await run([two({ activation: "relu" }), norm], { ...TWICE, norm: NORM }, PICTURE);
    expectClose(
      relu.planes[0]!,
      positive.map((x) => normalised(x, 0)),
      { abs: 1e-5 },
    );
    const sum = await run([two(), norm, layer("Add", "sum", ["norm", "two"])], { ...TWICE, norm: NORM }, PICTURE);
    expectClose(
      sum.planes[1]!,
      PICTURE.data.map((x, i) => expected[1]![i]! + 2 * x),
      { abs: 1e-5 },
    );
  });
});

describe("residual sums", () => {
  const more = { again: [tensor("kernel", [1, 1, 2, 2], [1, 0, 0, 1]), tensor("bias", [2], [1, 1])] };
  const again = layer("Conv2D", "again", ["two"]);

  test.each([
    ["CustomScaleLayer", "anything", { scale: 0.5 }],
    ["Lambda", "block17_3", { arguments: { scale: 0.5 } }],
  ])("%s %s: the factor is folded into the convolution", async (className, name, config) => {
    const layers = [two(), again, layer(className, name, ["two", "again"], config)];
    const { planes, ops } = await run(layers, { ...TWICE, ...more }, PICTURE);
    expectClose(
      planes[0]!,
      PICTURE.data.map((x) => x + 0.5 * (x + 1)),
      { abs: 1e-6 },
    );
    expect(ops).toEqual(["Conv", "Conv", "Add", "Identity"]);
  });

  test("after another layer, the factor is a multiplication", async () => {
    const layers = [two(), layer("Activation", "act", ["two"], { activation: "relu" })];
    layers.push(layer("CustomScaleLayer", "sum", ["two", "act"], { scale: 0.5 }));
    const { planes } = await run(layers, TWICE, PICTURE);
    expect(planes[0]).toEqual([1.5, 3, 4.5, -4]);
  });

  test("other Lambdas are unsupported", async () => {
    const lambda = layer("Lambda", "mystery", ["two", "two"], { arguments: { scale: 1 } });
    await expect(run([two(), lambda], TWICE, PICTURE)).rejects.toThrow('Lambda "mystery"');
  });
});

describe("layers", () => {
  const after = (className: string, config: object): Promise<{ planes: Planes }> =>
    run([two(), layer(className, "last", ["two"], config)], TWICE, PICTURE);

  test.each<[string, object, number[]]>([
    ["LeakyReLU", { alpha: 0.5 }, [1, 2, 3, -2]],
    ["LeakyReLU", { negative_slope: 0.25 }, [1, 2, 3, -1]],
    ["ReLU", {}, [1, 2, 3, 0]],
    ["Activation", { activation: "linear" }, [1, 2, 3, -4]],
    ["Dropout", { rate: 0.5 }, [1, 2, 3, -4]],
    ["MaxPooling2D", { pool_size: 2 }, [3]],
    ["AveragePooling2D", { pool_size: [3, 3], strides: 1, padding: "same" }, [0.5, 0.5, 0.5, 0.5]],
    ["UpSampling2D", { size: [1, 2] }, [1, 1, 2, 2, 3, 3, -4, -4]],
    ["UpSampling2D", { size: [1, 2], interpolation: "bilinear" }, [1, 1.25, 1.75, 2, 3, 1.25, -2.25, -4]],
    [
      "ZeroPadding2D",
      {
        padding: [
          [1, 0],
          [0, 1],
        ],
      },
      [0, 0, 0, 1, 2, 0, 3, -4, 0],
    ],
  ])("%s %j", async (className, config, expected) => {
    expectClose((await after(className, config)).planes[0]!, expected, { abs: 1e-6 });
  });

  test("same padding of a strided convolution adds the odd pixel at the end", async () => {
    const sum = { two: [tensor("kernel", [3, 3, 1, 2], Array<number>(18).fill(1))] };
    const data = Array.from({ length: 16 }, (_, i) => i);
    const { planes } = await run([two({ strides: [2, 2], padding: "same" })], sum, { height: 4, width: 4, data });
    // TensorFlow pads a 4x4 picture by 0 before and 1 after: windows start at 0 and 2.
    expect(planes[0]).toEqual([45, 39, 66, 50]);
  });

  test.each([
    [
      "a kernel for other channels",
      { two: [tensor("kernel", [1, 1, 3, 2], Array<number>(6).fill(1))] },
      "a kernel for 1 channels",
    ],
    ["no kernel", {}, 'a weight "kernel"'],
  ])("%s is a ModelError that names the layer", async (_, weights, expected) => {
    const error: unknown = await run([two()], weights, PICTURE).catch((caught: unknown) => caught);
    expect(error).toBeInstanceOf(ModelError);
    expect((error as ModelError).where).toBe('layer "two" (Conv2D)');
    expect((error as ModelError).expected).toBe(expected);
  });
});

test("int8 weights: one scale per row, errors of at most half a step, exact zeros", () => {
  const data = randoms(40, 3, -2, 2);
  data.fill(0, 10, 20);
  const { values, scales } = quantise(data, 4);
  expect(scales[1]).toBe(1);
  values.forEach((value, i) => {
    const scale = scales[Math.floor(i / 10)]!;
    expect(Math.abs(value * scale - data[i]!)).toBeLessThanOrEqual(scale / 2 + 1e-7);
  });
  for (const row of [0, 2, 3]) expect(Math.max(...values.slice(row * 10, row * 10 + 10).map(Math.abs))).toBe(127);
});

describe("Inception-ResNet-v2 by its layer names", () => {
  const names = (first: number): string[] => [
    ...Array.from({ length: UNNAMED }, (_, i) => `conv2d_${first + i}`),
    ...Array.from({ length: UNNAMED }, (_, i) => `batch_normalization_${first + i}`),
    ...["conv_7b", "conv_7b_bn", "predictions", "block35_1_conv", "block8_10_conv"],
  ];

  test("numbers may start anywhere, in any order", () => {
    const convs = inceptionResNetV2(names(204).reverse(), "f").layers.filter((l) => l.className === "Conv2D");
    expect(convs).toHaveLength(244);
    expect(convs[0]!.name).toBe("conv2d_204");
    expect(convs.at(-2)!.name).toBe("block8_10_conv");
    expect(convs.at(-3)!.name).toBe("conv2d_406");
  });

  test("other files are rejected, with a message about what they lack", () => {
    expect(() =>
      inceptionResNetV2(
        names(1).filter((n) => n !== "predictions"),
        "f",
      ),
    ).toThrow(/notop/);
    expect(() => inceptionResNetV2(names(1).slice(1), "f")).toThrow(
      "203 layers named conv2d_1, conv2d_2, ..., received 202",
    );
  });
});

describe("topologies", () => {
  const dense = { class_name: "Dense", config: { name: "d" }, name: "d" };
  test.each<[string, unknown, string]>([
    ["a subclassed model", { class_name: "MyModel", config: {} }, "a Sequential or functional Keras model"],
    ["no model", null, "a layer with class_name and config"],
    [
      "a cycle",
      {
        class_name: "Model",
        config: { layers: [{ ...dense, inbound_nodes: [[["d", 0, 0, {}]]] }], input_layers: [], output_layers: [] },
      },
      "layers without a cycle",
    ],
    [
      "a layer called twice",
      {
        class_name: "Model",
        config: {
          layers: [{ ...dense, inbound_nodes: [[["a", 0, 0]], [["b", 0, 0]]] }],
          input_layers: [],
          output_layers: [],
        },
      },
      "supported",
    ],
  ])("%s", (_, json, expected) => {
    expect(() => parseTopology(json, "file")).toThrow(expected);
  });
});
