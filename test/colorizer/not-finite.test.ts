/** Numbers that are not finite, wherever they arise, end in an error and never in a picture. */
import { describe, expect, it } from "vitest";
import { Colorizer, DeviceError } from "../../src/index";
import type { Elem } from "../../src/kernels/kernel";
import { Session } from "../../src/session/session";
import { randoms } from "../shared/randoms";
import { testDevice } from "../gpu";
import { buildModel, node, type NodeSpec } from "../../tools/onnx-writer";
import { COLORIZER_PORTS, tinyReader } from "../shared/tiny-model";

const LAYERS = ["first", "middle", "last"] as const;
type Layer = (typeof LAYERS)[number];
const CHANNELS = 8;

/**
 * luminance -> 3x3 convolution, `between` -> 3x3 convolution, relu -> 1x1 convolution, tanh. `broken` is the bias of one
 * channel of one layer.
 */
function network(layer: Layer | undefined, broken: number, between: readonly NodeSpec[]): Uint8Array {
  const bias = (own: Layer, count: number): number[] =>
    Array.from({ length: count }, (_, i) => (own === layer && i === 1 ? broken : 0.1));
  const conv = (name: Layer, x: string, out: string, size: number): NodeSpec =>
    node("Conv", [x, `${name}.weights`, `${name}.bias`], [out], {
      kernel_shape: [size, size],
      pads: [0, 0, 0, 0].fill((size - 1) / 2),
    });
  const weights = (shape: number[], seed: number): number[] => [
    ...randoms(
      shape.reduce((a, b) => a * b, 1),
      seed,
      -0.3,
      0.3,
    ),
  ];
  const shapes: Record<Layer, number[]> = {
    first: [CHANNELS, 1, 3, 3],
    middle: [CHANNELS, CHANNELS, 3, 3],
    last: [2, CHANNELS, 1, 1],
  };
  return buildModel({
    ...COLORIZER_PORTS,
    nodes: [
      node("ReduceMean", ["embedding"], ["mean"], { keepdims: 0 }),
      node("Add", ["luminance", "mean"], ["x"]),
      conv("first", "x", "a", 3),
      ...between,
      conv("middle", "b", "c", 3),
      node("Relu", ["c"], ["d"]),
      conv("last", "d", "e", 1),
      node("Tanh", ["e"], ["ab"]),
    ],
    initializers: [
      { name: "zero", shape: [], data: [0] },
      { name: "six", shape: [], data: [6] },
      ...LAYERS.flatMap((name, i) => [
        { name: `${name}.weights`, shape: shapes[name], data: weights(shapes[name], i + 1) },
        { name: `${name}.bias`, shape: [shapes[name][0]!], data: bias(name, shapes[name][0]!) },
      ]),
    ],
  });
}

const pool = { kernel_shape: [3, 3], strides: [1, 1], pads: [1, 1, 1, 1] };
const WAYS: Record<string, readonly NodeSpec[]> = {
  relu: [node("Relu", ["a"], ["b"])],
  "clip and pool": [node("Clip", ["a", "zero", "six"], ["p"]), node("MaxPool", ["p"], ["b"], pool)],
  sigmoid: [node("Sigmoid", ["a"], ["b"])],
  "leaky relu": [node("LeakyRelu", ["a"], ["b"], { alpha: { float: 0.2 } })],
};

const picture = { data: Uint8Array.from(randoms(4 * 24 * 18, 5, 0, 256), Math.floor), width: 24, height: 18 };

async function colorize(elem: Elem, file: Uint8Array): Promise<Uint8ClampedArray> {
  const device = await testDevice();
  const read = tinyReader({ network: file });
  const colorizer = await Colorizer.load({ model: "tiny", read, device, precision: elem });
  try {
    return (await colorizer.colorize(picture)).data;
  } finally {
    colorizer.dispose();
  }
}

const hints = { f16: /not finite.*65,?504.*precision: 'f32'/, f32: /not finite.*weight/ };

describe("a bias that is not a number", () => {
  for (const [way, between] of Object.entries(WAYS))
    for (const elem of ["f32", "f16"] as const)
      it(`is an error in ${elem}, with ${way}`, async (context) => {
        if (elem === "f16" && !(await testDevice()).features.has("shader-f16"))
          context.skip("this adapter has no shader-f16");
        expect((await colorize(elem, network(undefined, 0, between))).length).toBe(picture.data.length);
        for (const layer of LAYERS) {
          const error = await colorize(elem, network(layer, NaN, between)).catch((reason: unknown) => reason);
          expect(error, layer).toBeInstanceOf(DeviceError);
          expect((error as Error).message, layer).toMatch(hints[elem]);
        }
      });
});

describe("a bias of 70,000 in f16", () => {
  for (const way of ["relu", "leaky relu"])
    it(`is an error, with ${way}`, async (context) => {
      if (!(await testDevice()).features.has("shader-f16")) context.skip("this adapter has no shader-f16");
      for (const layer of LAYERS) {
        const error = await colorize("f16", network(layer, 70_000, WAYS[way]!)).catch((reason: unknown) => reason);
        expect(error, layer).toBeInstanceOf(DeviceError);
        expect((error as Error).message, layer).toMatch(hints.f16);
      }
    });
});

it("an activation keeps what is not a number", async () => {
  const device = await testDevice();
  for (const [op, attributes] of [
    ["Relu", {}],
    ["Sigmoid", {}],
    ["Tanh", {}],
    ["Clip", { min: { float: -1 }, max: { float: 2 } }],
    ["HardSigmoid", {}],
    ["LeakyRelu", {}],
    ["Elu", {}],
    ["Softplus", {}],
    ["Gelu", {}],
    ["Gelu", { approximate: "tanh" }],
  ] as const) {
    const model = buildModel({
      inputs: [{ name: "x", shape: [5] }],
      outputs: [{ name: "y" }],
      nodes: [node(op, ["x"], ["y"], attributes)],
      opset: op === "Gelu" ? 20 : op === "Clip" ? 7 : 13,
    });
    const session = await Session.load(model, { device, precision: "f32" });
    const { y } = await session.run({ x: { data: Float32Array.of(1, NaN, -1, -NaN, 0), shape: [5] } });
    expect([...y!.data].map(Number.isNaN), `${op} ${JSON.stringify(attributes)}`).toEqual([
      false,
      true,
      false,
      true,
      false,
    ]);
    session.dispose();
  }
});
