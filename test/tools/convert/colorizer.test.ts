import { mkdirSync, mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import * as ort from "onnxruntime-node";
import { afterAll, describe, expect, test } from "vitest";
import { UnsupportedError } from "../../../src/base/errors";
import { importModel } from "../../../src/graph/import/index";
import { decodeModel } from "../../../src/weights/onnx/decode";
import { toFloat32 } from "../../../src/weights/numbers/floats";
import { convert } from "../../../tools/convert/main";
import { dequantized } from "../../shared/dequantize";
import { expectClose } from "../../shared/expect-close";
import { randoms } from "../../shared/randoms";
import { stridedNetwork, tableNetwork } from "../../shared/networks";
import { writeKerasFile, writeTfjsModel, type WrittenTensor } from "./keras-files";
import { ENGINE } from "../../../src/session/engine";

const folder = mkdtempSync(join(tmpdir(), "convert-colorizer-"));
afterAll(() => rmSync(folder, { recursive: true }));

/** Kernels (HWIO) and biases of a network of test/networks.ts, in order, under the given layer names. */
function kerasLayers(onnx: Uint8Array, names: readonly string[]): Map<string, WrittenTensor[]> {
  const model = decodeModel(onnx);
  const convs = model.nodes.filter((node) => node.op === "Conv");
  expect(convs).toHaveLength(names.length);
  return new Map(
    convs.map((node, index) => {
      const [values, scale] = model.nodes
        .find((source) => source.outputs[0] === node.inputs[1])!
        .inputs.map((input) => model.initializers.get(input)!);
      const [oc, c, kh, kw] = values!.shape as [number, number, number, number];
      const weight = dequantized(values!, scale!);
      const kernel = new Float32Array(weight.length);
      for (let o = 0; o < oc; o++)
        for (let i = 0; i < c; i++)
          for (let t = 0; t < kh * kw; t++) kernel[(t * c + i) * oc + o] = weight[(o * c + i) * kh * kw + t]!;
      const name = names[index]!;
      const bias = toFloat32(model.initializers.get(node.inputs[2]!)!);
      return [
        name,
        [
          { name: `${name}/kernel:0`, shape: [kh, kw, c, oc], data: kernel },
          { name: `${name}/bias:0`, shape: [oc], data: bias },
        ],
      ];
    }),
  );
}

async function colorize(model: Uint8Array, height: number, width: number, classes: number): Promise<Float32Array> {
  const session = await ort.InferenceSession.create(model);
  const { ab } = await session.run({
    luminance: new ort.Tensor("float32", randoms(height * width, 6), [1, 1, height, width]),
    embedding: new ort.Tensor("float32", randoms(classes, 7), [1, classes]),
  });
  await session.release();
  expect(ab!.dims).toEqual([1, 2, height, width]);
  return ab!.data as Float32Array;
}

type Layer = Record<string, unknown>;

/** Keras 2: inbound_nodes are lists. */
function layer(className: string, name: string, config: object, ...inputs: string[]): Layer {
  const inbound = inputs.length === 0 ? [] : [inputs.map((input) => [input, 0, 0, {}])];
  return { class_name: className, name, config: { name, ...config }, inbound_nodes: inbound };
}

/** Keras 3: inbound_nodes hold tensors with a history. */
function layer3(className: string, name: string, config: object, ...inputs: string[]): Layer {
  const tensors = inputs.map((input) => ({ class_name: "__keras_tensor__", config: { keras_history: [input, 0, 0] } }));
  const args = tensors.length > 1 ? [tensors] : tensors;
  return {
    class_name: className,
    name,
    config: { name, ...config },
    inbound_nodes: args.length > 0 ? [{ args, kwargs: {} }] : [],
  };
}

function conv2d(filters: number, size: number, more: object = {}): object {
  const config = { filters, kernel_size: [size, size], strides: [1, 1], padding: "same", dilation_rate: [1, 1] };
  return { ...config, data_format: "channels_last", activation: "relu", use_bias: true, ...more };
}

const TABLE_CONVS = Array.from({ length: 16 }, (_, i) => `conv2d_${i + 1}`);
const POOL = { pool_size: [2, 2], padding: "valid", strides: [2, 2], data_format: "channels_last" };
const UP = { size: [2, 2], data_format: "channels_last", interpolation: "nearest" };

/** The table network as a Keras 2 functional model: the embedding repeated, reshaped and concatenated. */
function tableConfig(): object {
  const layers: Layer[] = [
    layer("InputLayer", "embedding_input", { batch_input_shape: [null, 1000] }),
    layer("InputLayer", "grey", { batch_input_shape: [null, 256, 256, 1] }),
  ];
  let x = "grey";
  let next = 0;
  const add = (className: string, name: string, config: object, ...more: string[]): void => {
    layers.push(layer(className, name, config, x, ...more));
    x = name;
  };
  const chain = (
    ...steps: readonly (readonly [filters: number, size: number, more?: object] | "pool" | "up")[]
  ): void => {
    for (const step of steps)
      if (step === "pool") add("MaxPooling2D", `pool_${next}`, POOL);
      else if (step === "up") add("UpSampling2D", `up_${next}`, UP);
      else add("Conv2D", TABLE_CONVS[next++]!, conv2d(...step));
  };
  chain([128, 3], "pool", [128, 4], [128, 3], "pool", [256, 4], [256, 3], "pool", [256, 4], [256, 3], [256, 3]);
  layers.push(layer("RepeatVector", "repeat", { n: 1024 }, "embedding_input"));
  layers.push(layer("Reshape", "spread", { target_shape: [32, 32, 1000] }, "repeat"));
  add("Concatenate", "fusion", { axis: 3 }, "spread");
  chain([256, 1], [128, 3], [64, 3], "up", [128, 3], "up", [64, 4], [64, 3], [32, 2]);
  chain([2, 3, { activation: "tanh" }], "up");
  const config = {
    name: "table",
    layers,
    input_layers: [
      ["embedding_input", 0, 0],
      ["grey", 0, 0],
    ],
    output_layers: [[x, 0, 0]],
  };
  return { class_name: "Model", config };
}

const STRIDED_CONVS = [
  ...Array.from({ length: 8 }, (_, i) => `encoder_${i}`),
  "fuse",
  ...Array.from({ length: 5 }, (_, i) => `decoder_${i}`),
];

/** The strided network in Keras 3's format: encoder and decoder are Sequential models inside. */
function stridedConfig(): object {
  const half = { strides: [2, 2] };
  const filters: [number, object?][] = [[64, half], [128], [128, half], [256], [256, half], [512], [512], [256]];
  const encoder = filters.map(([count, more], i) => layer3("Conv2D", `encoder_${i}`, conv2d(count, 3, more)));
  encoder.unshift(layer3("InputLayer", "encoder_input", { batch_shape: [null, null, null, 1] }));
  const up = (name: string): Layer => layer3("UpSampling2D", name, UP);
  const conv = (i: number, count: number, more: object = {}): Layer =>
    layer3("Conv2D", `decoder_${i}`, conv2d(count, 3, more));
  const decoder = [conv(0, 128), up("up_0"), conv(1, 64), conv(2, 64), up("up_1"), conv(3, 32)];
  decoder.push(
    conv(4, 2, { activation: "linear" }),
    layer3("Activation", "squash", { activation: "tanh" }),
    up("up_2"),
  );
  const layers = [
    layer3("InputLayer", "grey", { batch_shape: [null, null, null, 1] }),
    layer3("InputLayer", "scores", { batch_shape: [null, 1001] }),
    layer3("Sequential", "encoder", { layers: encoder }, "grey"),
    layer3("FusionLayer", "fusion", {}, "encoder", "scores"),
    layer3("Conv2D", "fuse", conv2d(256, 1), "fusion"),
    layer3("Sequential", "decoder", { layers: decoder }, "fuse"),
  ];
  const config = { name: "strided", layers, input_layers: ["grey", 0, 0], output_layers: ["decoder", 0, 0] };
  return { class_name: "Functional", config };
}

describe("the table network", () => {
  const original = tableNetwork({ seed: 9 });
  const layers = kerasLayers(original, TABLE_CONVS);

  test.each([
    [64, 64],
    [40, 56],
  ])("from Keras HDF5, %i x %i", async (height, width) => {
    const path = join(folder, `table-${height}.h5`);
    await writeKerasFile(path, layers, tableConfig());
    const expected = await colorize(original, height, width, 1000);
    const f32 = await convert(path, { precision: "f32" });
    expectClose(await colorize(f32, height, width, 1000), expected, { range: 1e-5 }, "f32");
    const f16 = await convert(path, { precision: "f16" });
    expectClose(await colorize(f16, height, width, 1000), expected, { range: 5e-3 }, "f16");
    // The weights were int8 before: rounding them again may move each by half a step.
    const int8 = await convert(path, { precision: "int8" });
    expectClose(await colorize(int8, height, width, 1000), expected, { range: 0.05 }, "int8");
    expect(int8.length).toBeLessThan(4.8e6);
    // The engine takes all of it.
    const shapes = { luminance: [1, 1, height, width] };
    expect(
      importModel(decodeModel(int8), ENGINE, { inputShapes: shapes }).outputs.map((output) => output.name),
    ).toEqual(["ab"]);
  });

  test("from tfjs shards, through the middle of tensors", async () => {
    mkdirSync(join(folder, "tfjs"));
    const path = writeTfjsModel(join(folder, "tfjs"), layers, tableConfig(), 1_000_003);
    const f32 = await convert(path, { precision: "f32" });
    expectClose(await colorize(f32, 64, 64, 1000), await colorize(original, 64, 64, 1000), { range: 1e-5 });
  });
});

test("the strided network, of Keras 3, with nested models", async () => {
  const original = stridedNetwork({ seed: 10 });
  const flat = kerasLayers(original, STRIDED_CONVS);
  // Keras stores the weights of a nested model under its name.
  const layers = new Map<string, WrittenTensor[]>([
    ["encoder", []],
    ["fuse", flat.get("fuse")!],
    ["decoder", []],
  ]);
  for (const [name, tensors] of flat) if (name !== "fuse") layers.get(name.split("_")[0]!)!.push(...tensors);
  const path = join(folder, "strided.h5");
  await writeKerasFile(path, layers, stridedConfig());
  const f32 = await convert(path, { precision: "f32" });
  expectClose(await colorize(f32, 48, 64, 1001), await colorize(original, 48, 64, 1001), { range: 1e-5 });
});

test("layers that cannot be converted are named, all of them", async () => {
  const layers = [
    layer("InputLayer", "grey", { batch_input_shape: [null, 8, 8, 1] }),
    layer("LSTM", "memory", {}, "grey"),
    layer("Activation", "odd", { activation: "softsign" }, "grey"),
    layer("Attention", "look", {}, "memory"),
  ];
  const path = join(folder, "odd.h5");
  const config = { layers, input_layers: [["grey", 0, 0]], output_layers: [["look", 0, 0]] };
  await writeKerasFile(path, new Map([["grey", []]]), { class_name: "Functional", config });
  const error: unknown = await convert(path, { precision: "f32" }).catch((caught: unknown) => caught);
  expect(error).toBeInstanceOf(UnsupportedError);
  expect((error as UnsupportedError).items.map(({ node, reason }) => `${node}: ${reason}`)).toEqual([
    "memory: not a known layer",
    "odd: with this configuration",
    "look: not a known layer",
  ]);
});

describe("--features", () => {
  const classifier = async (dense: boolean): Promise<string> => {
    const layers = [
      layer("InputLayer", "picture", { batch_input_shape: [null, null, null, 3] }),
      layer("GlobalAveragePooling2D", "pool", {}, "picture"),
      ...(dense ? [layer("Dense", "scores", { units: 2, activation: "softmax", use_bias: false }, "pool")] : []),
    ];
    const path = join(folder, `classifier-${dense}.h5`);
    const config = { layers, input_layers: [["picture", 0, 0]], output_layers: [[dense ? "scores" : "pool", 0, 0]] };
    const weights = { name: "scores/kernel:0", shape: [3, 2], data: Float32Array.from([1, 2, 3, 4, 5, 6]) };
    const stored = new Map<string, WrittenTensor[]>([["scores", dense ? [weights] : []]]);
    await writeKerasFile(path, stored, { class_name: "Functional", config });
    return path;
  };

  test("leaves out the classifier: the output is what it takes", async () => {
    const model = decodeModel(await convert(await classifier(true), { precision: "f32", features: true }));
    expect(model.outputs.map(({ shape }) => shape)).toEqual([[1, 3]]);
    expect(model.nodes.map(({ op }) => op)).not.toContain("Gemm");
    expect(model.initializers.size).toBe(0);
  });

  test("is refused where no classifier is at the end", async () => {
    const path = await classifier(false);
    await expect(convert(path, { precision: "f32", features: true })).rejects.toThrow(
      "a classifier that ends in a Dense layer",
    );
  });
});
