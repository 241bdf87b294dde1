import { execFile } from "node:child_process";
import { createHash } from "node:crypto";
import { existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { promisify } from "node:util";
import { afterAll, describe, expect, test } from "vitest";
import { ModelError } from "../../../src/base/errors";
import { decodeModel } from "../../../src/weights/onnx/decode";
import { convert, writeModel } from "../../../tools/convert/main";
import { openKerasFile } from "../../../tools/convert/hdf5";
import { writeKerasFile, writeTfjsModel } from "./keras-files";

const folder = mkdtempSync(join(tmpdir(), "convert-main-"));
afterAll(() => rmSync(folder, { recursive: true }));

const layers = new Map([["conv", [{ name: "conv/kernel:0", shape: [1, 1, 1, 2], data: Float32Array.of(1, 2) }]]]);
const sequential = {
  class_name: "Sequential",
  config: {
    layers: [
      { class_name: "Conv2D", config: { name: "conv", batch_input_shape: [null, 8, 8, 1], activation: "tanh" } },
    ],
  },
};

test("a Sequential model whose input is stated by its first layer", async () => {
  const path = join(folder, "sequential.h5");
  await writeKerasFile(path, layers, sequential);
  const model = decodeModel(await convert(path, { precision: "int8" }));
  expect(model.inputs[0]).toEqual({ name: "luminance", dtype: "f32", shape: [1, 1, "height", "width"] });
  expect(model.nodes.map((node) => node.op)).toEqual(["Conv", "Tanh", "Identity"]);
});

describe("files that are refused with a ModelError", () => {
  const failure = async (path: string): Promise<ModelError> => {
    const error: unknown = await convert(path, { precision: "f32" }).catch((caught: unknown) => caught);
    if (!(error instanceof ModelError)) throw new Error(`no ModelError: ${String(error)}`);
    return error;
  };

  test("no file, no HDF5, no Keras", async () => {
    expect((await failure(join(folder, "none.h5"))).received).toBe("no file");
    writeFileSync(join(folder, "text.h5"), "not HDF5");
    expect((await failure(join(folder, "text.h5"))).expected).toBe("an HDF5 file");
    await writeKerasFile(join(folder, "bare.h5"), layers);
    expect((await failure(join(folder, "bare.h5"))).expected).toContain("203 layers named conv2d_1");
  });

  test("tfjs: a graph model, and a shard that is cut off", async () => {
    const graph = join(folder, "graph.json");
    writeFileSync(graph, JSON.stringify({ format: "graph-model", modelTopology: { node: [] } }));
    expect((await failure(graph)).hint).toContain("graph models");
    mkdirSync(join(folder, "cut"));
    const path = writeTfjsModel(join(folder, "cut"), layers, sequential);
    writeFileSync(join(folder, "cut", "group1-shard1of1.bin"), Buffer.alloc(7));
    expect((await failure(path)).expected).toBe("8 bytes in the shards");
  });
});

test("tfjs weights quantised to uint8 and float16 are restored", async () => {
  mkdirSync(join(folder, "quantised"));
  const path = writeTfjsModel(join(folder, "quantised"), layers, sequential);
  const json = JSON.parse(readFileSync(path, "utf8")) as { weightsManifest: { weights: object[] }[] };
  const kernel = async (quantization: object, bytes: number[]): Promise<Float32Array> => {
    json.weightsManifest[0]!.weights[0] = { ...json.weightsManifest[0]!.weights[0], quantization };
    writeFileSync(path, JSON.stringify(json));
    writeFileSync(join(folder, "quantised", "group1-shard1of1.bin"), Uint8Array.from(bytes));
    const weight = decodeModel(await convert(path, { precision: "f32" })).initializers.get("conv_weight")!;
    return new Float32Array(weight.bytes.slice().buffer);
  };
  expect([...(await kernel({ dtype: "uint8", scale: 0.5, min: -1 }, [0, 6]))]).toEqual([-1, 2]);
  expect([...(await kernel({ dtype: "float16" }, [0x00, 0x3c, 0x00, 0xc0]))]).toEqual([1, -2]);
});

test("names in pieces, as h5py writes long lists", async () => {
  const path = join(folder, "pieces.h5");
  const { default: h5wasm } = await import("h5wasm/node");
  await writeKerasFile(path, layers);
  const file = new h5wasm.File(path, "a");
  file.delete_attribute("layer_names");
  file.create_attribute("layer_names0", ["absent"]);
  file.create_attribute("layer_names1", ["conv"]);
  file.close();
  const keras = await openKerasFile(path);
  expect(keras.layerNames).toEqual(["conv"]);
  expect([...keras.weights({ name: "conv", group: "conv" })[0]!.data]).toEqual([1, 2]);
  keras.close();
});

test("a model.json beside the file gets its size and hash", async () => {
  const manifest = join(folder, "model.json");
  writeFileSync(manifest, JSON.stringify({ name: "m", files: { a: { path: "a.onnx" }, b: { path: "b.onnx" } } }));
  const bytes = Uint8Array.of(1, 2, 3);
  expect((await writeModel(join(folder, "b.onnx"), bytes)).manifest).toBe(manifest);
  expect(JSON.parse(readFileSync(manifest, "utf8"))).toEqual({
    name: "m",
    files: {
      a: { path: "a.onnx" },
      b: { path: "b.onnx", bytes: 3, sha256: createHash("sha256").update(bytes).digest("hex") },
    },
  });
  expect((await writeModel(join(folder, "c.onnx"), bytes)).manifest).toBeUndefined();
  writeFileSync(manifest, "{ cut");
  await expect(writeModel(join(folder, "d.onnx"), bytes)).rejects.toThrow(
    /model\.json: expected the manifest of a model, as JSON/,
  );
  expect(existsSync(join(folder, "d.onnx")), "nothing is written").toBe(false);
  rmSync(manifest);
});

test("the command converts, and does not overwrite", async () => {
  const path = join(folder, "command.h5");
  const out = join(folder, "command.onnx");
  await writeKerasFile(path, layers, sequential);
  const run = (): Promise<{ stdout: string; stderr: string }> =>
    promisify(execFile)("node", ["--import", "./tools/register.mjs", "tools/convert/main.ts", path, "--out", out]);
  expect((await run()).stdout).toContain("command.onnx: 0.00 MB");
  expect(existsSync(out)).toBe(true);
  await expect(run()).rejects.toMatchObject({
    code: 1,
    stderr: expect.stringContaining("Pass --overwrite.") as string,
  });
});
