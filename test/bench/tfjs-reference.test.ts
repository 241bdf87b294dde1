/** The tfjs peer, which is built from our graph, gives the results of onnxruntime (on the CPU backend of tfjs). */
import * as tf from "@tensorflow/tfjs-core";
import "@tensorflow/tfjs-backend-cpu";
import * as ort from "onnxruntime-node";
import { beforeAll, expect, it } from "vitest";
import { referenceGraph, TfjsNetwork } from "../../bench/tfjs-reference";
import { sizeOf, type Shape } from "../../src/graph/ir";
import { expectClose } from "../shared/expect-close";
import { randoms } from "../shared/randoms";
import { buildModel, node, type InitializerSpec, type NodeSpec } from "../../tools/onnx-writer";

beforeAll(async () => void (await tf.setBackend("cpu")));

const weights = (name: string, shape: readonly number[], seed: number): InitializerSpec => ({
  name,
  shape,
  data: randoms(
    shape.reduce((a, b) => a * b, 1),
    seed,
  ),
});

async function agree(
  shapes: Readonly<Record<string, Shape>>,
  nodes: readonly NodeSpec[],
  initializers: readonly InitializerSpec[],
): Promise<void> {
  const inputs = Object.entries(shapes).map(([name, shape]) => ({ name, shape }));
  const bytes = buildModel({ inputs, outputs: [{ name: "y", shape: ["a", "b", "c", "d"] }], nodes, initializers });
  const feeds = Object.fromEntries(
    inputs.map(({ name, shape }, i) => [name, { data: randoms(sizeOf(shape), 50 + i), shape }]),
  );
  const session = await ort.InferenceSession.create(bytes);
  const tensors = Object.entries(feeds).map(([name, { data, shape }]) => [
    name,
    new ort.Tensor("float32", data, [...shape]),
  ]);
  const expected = (await session.run(Object.fromEntries(tensors) as Record<string, ort.Tensor>))["y"]!;
  const network = new TfjsNetwork(tf, referenceGraph({ name: "test", bytes, shapes }));
  const kept = tf.memory().numTensors;
  for (let i = 0; i < 2; i++)
    expectClose(await network.run(feeds, "y"), expected.data as Float32Array, { range: 1e-5 });
  expect(tf.memory().numTensors).toBe(kept); // intermediates are gone
  network.dispose();
  expect(tf.memory().numTensors).toBe(0);
  await session.release();
}

it("convolutions with uneven pads, strides and batch norm, pooling that does not count its padding, branches", async () => {
  await agree(
    { x: [1, 3, 11, 9] },
    [
      node("Conv", ["x", "w1"], ["c1"], { kernel_shape: [3, 3], strides: [2, 2], pads: [1, 0, 2, 1] }),
      node("BatchNormalization", ["c1", "gamma", "beta", "mean", "var"], ["n1"]),
      node("Relu", ["n1"], ["r1"]),
      node("AveragePool", ["r1"], ["p1"], { kernel_shape: [3, 3], pads: [1, 1, 1, 1] }),
      node("Conv", ["r1", "w2", "b2"], ["c2"], { kernel_shape: [1, 4], pads: [0, 1, 0, 2] }),
      node("Concat", ["p1", "c2"], ["j"], { axis: 1 }),
      node("Conv", ["j", "w3"], ["c3"], { kernel_shape: [1, 1] }),
      node("Mul", ["c3", "factor"], ["s3"]),
      node("Add", ["r1", "s3"], ["sum"]),
      node("Relu", ["sum"], ["rs"]),
      node("MaxPool", ["rs"], ["y"], { kernel_shape: [3, 3], strides: [2, 2] }),
    ],
    [
      weights("w1", [4, 3, 3, 3], 1),
      weights("gamma", [4], 2),
      weights("beta", [4], 3),
      weights("mean", [4], 4),
      { name: "var", shape: [4], data: [0.5, 1, 2, 3] },
      weights("w2", [5, 4, 1, 4], 5),
      weights("b2", [5], 6),
      weights("w3", [4, 9, 1, 1], 7),
      { name: "factor", shape: [], data: [0.17] },
    ],
  );
});

it("an embedding tiled over the map, nearest upsampling, tanh", async () => {
  await agree(
    { x: [1, 2, 3, 5], e: [1, 6] },
    [
      node("Gemm", ["e", "dense", "db"], ["g"], { transB: 1 }),
      node("Unsqueeze", ["g", "axes"], ["pixel"]),
      node("Expand", ["pixel", "size"], ["tiled"]),
      node("Concat", ["x", "tiled"], ["j"], { axis: 1 }),
      node("Conv", ["j", "w"], ["c"], { kernel_shape: [1, 1] }),
      node("Resize", ["c", "", "scales"], ["up"], {
        mode: "nearest",
        coordinate_transformation_mode: "asymmetric",
        nearest_mode: "floor",
      }),
      node("Tanh", ["up"], ["y"]),
    ],
    [
      weights("dense", [4, 6], 1),
      weights("db", [4], 2),
      { name: "axes", shape: [2], data: [2, 3], dtype: "i64" },
      { name: "size", shape: [4], data: [1, 4, 3, 5], dtype: "i64" },
      weights("w", [2, 6, 1, 1], 3),
      { name: "scales", shape: [4], data: [1, 1, 2, 2] },
    ],
  );
});
