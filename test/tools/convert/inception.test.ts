import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import * as ort from "onnxruntime-node";
import { afterAll, expect, test } from "vitest";
import { decodeModel } from "../../../src/weights/onnx/decode";
import { toFloat32 } from "../../../src/weights/numbers/floats";
import type { OnnxModel } from "../../../src/weights/onnx/types";
import { PARAMETERS } from "../../../tools/convert/inception-resnet-v2";
import { convert } from "../../../tools/convert/main";
import { expectClose } from "../../shared/expect-close";
import { randoms } from "../../shared/randoms";
import { dequantized } from "../../shared/dequantize";
import { inceptionResNetV2 } from "../../shared/networks";
import { writeKerasFile, type WrittenTensor } from "./keras-files";

const folder = mkdtempSync(join(tmpdir(), "convert-inception-"));
afterAll(() => rmSync(folder, { recursive: true }));

/**
 * The weights of test/networks.ts as keras.applications would save them: unnamed convolutions numbered in order, those of
 * the residual sums (which have a bias) and the last named. `first` is the first number.
 */
function kerasLayers(model: OnnxModel, first: number): Map<string, WrittenTensor[]> {
  const layers = new Map<string, WrittenTensor[]>();
  const vector = (name: string): Float32Array => toFloat32(model.initializers.get(name)!);
  const weightOf = (name: string): Float32Array => {
    const source = model.nodes.find((node) => node.outputs[0] === name)!;
    const [values, scale] = source.inputs.map((input) => model.initializers.get(input)!);
    return dequantized(values!, scale!);
  };
  const blocks = [10, 20, 10].flatMap((count, i) =>
    Array.from({ length: count }, (_, n) => `block${[35, 17, 8][i]}_${n + 1}_conv`),
  );
  const convs = model.nodes.filter((node) => node.op === "Conv");
  let unnamed = first;
  for (const node of convs) {
    const [oc, c, kh, kw] = model.initializers.get(
      model.nodes.find((n) => n.outputs[0] === node.inputs[1])!.inputs[0]!,
    )!.shape as [number, number, number, number];
    const weight = weightOf(node.inputs[1]!);
    const kernel = new Float32Array(weight.length);
    for (let o = 0; o < oc; o++)
      for (let i = 0; i < c; i++)
        for (let t = 0; t < kh * kw; t++) kernel[(t * c + i) * oc + o] = weight[(o * c + i) * kh * kw + t]!;
    const shape = [kh, kw, c, oc];
    const bias = node.inputs[2];
    if (bias !== undefined) {
      const name = blocks.shift()!;
      layers.set(name, [
        { name: `${name}/kernel:0`, shape, data: kernel },
        { name: `${name}/bias:0`, shape: [oc], data: vector(bias) },
      ]);
      continue;
    }
    const last = node === convs.at(-1);
    const number = unnamed++;
    const name = last ? "conv_7b" : number === 0 ? "conv2d" : `conv2d_${number}`;
    const norm = last ? "conv_7b_bn" : number === 0 ? "batch_normalization" : `batch_normalization_${number}`;
    const [, , beta, mean, variance] = model.nodes.find((n) => n.inputs[0] === node.outputs[0])!.inputs;
    layers.set(name, [{ name: `${name}/kernel:0`, shape, data: kernel }]);
    layers.set(norm, [
      { name: `${norm}/beta:0`, shape: [oc], data: vector(beta!) },
      { name: `${norm}/moving_mean:0`, shape: [oc], data: vector(mean!) },
      { name: `${norm}/moving_variance:0`, shape: [oc], data: vector(variance!) },
    ]);
  }
  const gemm = model.nodes.find((node) => node.op === "Gemm")!;
  const dense = weightOf(gemm.inputs[1]!);
  const kernel = Float32Array.from(dense, (_, i) => dense[(i % 1000) * 1536 + Math.floor(i / 1000)]!);
  layers.set("predictions", [
    { name: "predictions/kernel:0", shape: [1536, 1000], data: kernel },
    { name: "predictions/bias:0", shape: [1000], data: vector(gemm.inputs[2]!) },
  ]);
  return layers;
}

async function embed(model: Uint8Array): Promise<Float32Array> {
  const session = await ort.InferenceSession.create(model);
  const image = new ort.Tensor("float32", randoms(3 * 139 * 139, 4), [1, 3, 139, 139]);
  const { embedding } = await session.run({ image });
  await session.release();
  return embedding!.data as Float32Array;
}

test("weights in Keras's layout give the network they came from", { timeout: 240_000 }, async () => {
  const original = inceptionResNetV2({ seed: 5 });
  const layers = kerasLayers(decodeModel(original), 1);
  const count = [...layers.values()].flat().reduce((sum, { data }) => sum + data.length, 0);
  expect(count).toBe(PARAMETERS);
  // Keras lists layers by depth, not by number.
  const path = join(folder, "weights.h5");
  await writeKerasFile(path, new Map([...layers].reverse()));

  const expected = await embed(original);
  expectClose(await embed(await convert(path, { precision: "f32" })), expected, { range: 1e-4 }, "f32");
  const int8 = await convert(path, { precision: "int8" });
  expect(int8.length).toBeLessThan(57e6);
  expectClose(await embed(int8), expected, { range: 0.05 }, "int8");
});
