/** The seed's networks with seeded weights, and `natural` as shipped, against onnxruntime's CPU provider on the same files and inputs. */
import { readFileSync } from "node:fs";
import * as ort from "onnxruntime-node";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { Session, type Precision } from "../src/session/session";
import type { Tensor } from "../src/session/inputs";
import type { Shape } from "../src/graph/ir";
import { sizeOf } from "../src/graph/ir";
import { expectClose } from "./shared/expect-close";
import { randoms } from "./shared/randoms";
import { testDevice } from "./gpu";
import { inceptionResNetV2, stridedNetwork, tableNetwork } from "./shared/networks";

type Feeds = Readonly<Record<string, Tensor>>;

const feed = (shapes: Readonly<Record<string, Shape>>): Feeds =>
  Object.fromEntries(
    Object.entries(shapes).map(([name, shape], i) => [name, { data: randoms(sizeOf(shape), 100 + i), shape }]),
  );

/** onnxruntime's outputs, float32. */
async function reference(model: Uint8Array, feeds: Feeds): Promise<Record<string, Tensor>> {
  const session = await ort.InferenceSession.create(model, { intraOpNumThreads: 2 });
  const inputs = Object.entries(feeds).map(([name, { data, shape }]) => [
    name,
    new ort.Tensor("float32", data, [...shape]),
  ]);
  const results = await session.run(Object.fromEntries(inputs) as Record<string, ort.Tensor>);
  await session.release();
  return Object.fromEntries(
    Object.entries(results).map(([name, { data, dims }]) => [
      name,
      { data: data as Float32Array, shape: dims as Shape },
    ]),
  );
}

/** Milliseconds of one test; a busy machine takes minutes. */
const LIMIT = 600_000;

/** Largest error allowed, relative to the range of the output's values. */
const TOLERANCE = { f32: 1e-3, f16: 2e-2 };

interface Case {
  readonly name: string;
  /** The ONNX file. */
  readonly make: () => Uint8Array;
  readonly shapes: readonly Readonly<Record<string, Shape>>[];
}

const networks: readonly Case[] = [
  { name: "Inception-ResNet-v2", make: inceptionResNetV2, shapes: [{ image: [1, 3, 299, 299] }] },
  {
    name: "table network",
    make: tableNetwork,
    shapes: [
      { luminance: [1, 1, 256, 256], embedding: [1, 1000] },
      { luminance: [1, 1, 200, 328], embedding: [1, 1000] },
    ],
  },
  { name: "strided network", make: stridedNetwork, shapes: [{ luminance: [1, 1, 224, 224], embedding: [1, 1001] }] },
  {
    name: "natural",
    make: () => readFileSync("models/natural/natural.onnx"),
    shapes: [{ luminance: [1, 1, 224, 224] }, { luminance: [1, 1, 96, 160] }],
  },
];

for (const { name, make, shapes } of networks) {
  describe(name, () => {
    let model: Uint8Array;
    beforeAll(() => void (model = make()));
    const expected = new Map<string, Promise<Record<string, Tensor>>>();
    const sessions: Session[] = [];
    afterAll(() => sessions.forEach((session) => session.dispose()));

    const agree = async (device: GPUDevice, precision: Precision): Promise<void> => {
      const session = await Session.load(model, { device, precision, label: name });
      sessions.push(session);
      for (const shape of shapes) {
        const feeds = feed(shape);
        const key = JSON.stringify(shape);
        if (!expected.has(key)) expected.set(key, reference(model, feeds));
        const wanted = await expected.get(key)!;
        const outputs = await session.run(feeds);
        expect(Object.keys(outputs)).toEqual(Object.keys(wanted));
        for (const [output, { data, shape }] of Object.entries(wanted)) {
          expect(outputs[output]!.shape).toEqual(shape);
          expectClose(outputs[output]!.data, data, { range: TOLERANCE[session.elem] }, `${output} of ${key}`);
        }
      }
    };

    it(
      "agrees in f32 at WebGPU's default limits",
      async () => agree(await testDevice({ defaultLimits: true }), "f32"),
      LIMIT,
    );

    it("agrees in f32 with all that the adapter has", async () => agree(await testDevice(), "f32"), LIMIT);

    it(
      "agrees in f16 where the adapter has it",
      async (context) => {
        const device = await testDevice();
        context.skip(!device.features.has("shader-f16"), "this adapter has no shader-f16");
        await agree(device, "f16");
      },
      LIMIT,
    );
  });
}
