/** `npm run models -- add`: a model folder of an ONNX file, whole or not at all. */
import { mkdtemp, readdir, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, expect, test } from "vitest";
import { readModelFiles } from "../../../src/node/model-files";
import { folderReader } from "../../../src/node/model-files";
import { loadModel } from "../../../src/weights/model/files";
import { decodeModel } from "../../../src/weights/onnx/decode";
import { addModel } from "../../../tools/models/add";
import { answer } from "../../shared/answering-server";
import { buildModel, node } from "../../../tools/onnx-writer";
import onnxProto from "onnx-proto";

let folder: string;
beforeEach(async () => void (folder = await mkdtemp(join(tmpdir(), "colorize-models-"))));
afterEach(() => rm(folder, { recursive: true, force: true }));

const WEIGHTS = [0.5, -0.25];
const network = buildModel({
  inputs: [{ name: "data_l", shape: [1, 1, "h", "w"] }],
  outputs: [{ name: "color_ab", shape: [1, 2, "h", "w"] }],
  nodes: [node("Conv", ["data_l", "weights"], ["color_ab"], { kernel_shape: [1, 1] })],
  initializers: [{ name: "weights", shape: [2, 1, 1, 1], data: WEIGHTS }],
});

/** The network with its weights in the file beside it, as torch.onnx's newer exporter writes them. */
function withExternalData(location: string): { model: Uint8Array; data: Uint8Array } {
  const proto = onnxProto.onnx.ModelProto.decode(network);
  const tensor = proto.graph!.initializer![0]!;
  const data = Uint8Array.from(tensor.rawData as Uint8Array);
  tensor.rawData = new Uint8Array();
  tensor.dataLocation = onnxProto.onnx.TensorProto.DataLocation.EXTERNAL;
  tensor.externalData = Object.entries({ location, offset: "0", length: `${data.length}` }).map(([key, value]) => ({ key, value }));
  return { model: Uint8Array.from(onnxProto.onnx.ModelProto.encode(proto).finish()), data };
}

test("writes the file and a manifest with hash, licence and origin", async () => {
  const file = join(folder, "my eccv16.onnx");
  await writeFile(file, network);
  const out = await addModel(file, { out: join(folder, "models", "eccv16") });
  expect((await readdir(out)).sort()).toEqual(["model.json", "my_eccv16.onnx"]);
  expect(await readdir(join(folder, "models"))).toEqual(["eccv16"]);
  const { manifest, files } = await readModelFiles(out);
  expect(manifest).toMatchObject({ name: "my eccv16", origin: "my eccv16.onnx" });
  expect(manifest.license).toMatch(/^BSD-2-Clause/);
  expect(Buffer.from(files["network"]!).equals(network)).toBe(true);
  await expect(addModel(file, { out })).rejects.toThrow(/--out: expected a folder that does not exist yet/);
});

test("takes an address, and what the user says of the model", async () => {
  const server = await answer((_, response) => void response.end(network));
  try {
    const options = { out: join(folder, "m"), name: "mine", license: "CC0-1.0" };
    const { manifest } = await readModelFiles(await addModel(`${server.url}a/net.onnx?v=1`, options));
    expect(manifest).toMatchObject({ name: "mine", license: "CC0-1.0", origin: `${server.url}a/net.onnx?v=1` });
  } finally {
    server.close();
  }
});

test("external data are read beside a bare file, and move into the file of a folder", async () => {
  const { model, data } = withExternalData("net.onnx.data");
  const file = join(folder, "net.onnx");
  await writeFile(file, model);
  await writeFile(`${file}.data`, data);
  let read: Uint8Array | undefined;
  await loadModel(file, {
    read: folderReader(folder),
    onFile: (_, __, ___, external) => void (read = external!("net.onnx.data")),
  });
  expect(Buffer.from(read!).equals(data)).toBe(true);
  const out = await addModel(file, { out: join(folder, "m") });
  const tensor = decodeModel(await readFile(join(out, "net.onnx"))).initializers.get("weights")!;
  expect(Array.from(new Float32Array(Uint8Array.from(tensor.bytes).buffer))).toEqual(WEIGHTS);
});

test("refuses external data outside of the folder", async () => {
  const { model } = withExternalData("../other.data");
  const load = loadModel("/m/net.onnx", { read: async () => model });
  await expect(load).rejects.toThrow(/expected external data beside the file, received a path that leaves its folder/);
});

test("leaves nothing behind when the file fits no preset or does not exist", async () => {
  const file = join(folder, "other.onnx");
  await writeFile(file, network);
  await expect(addModel(file, { preset: "ddcolor", out: join(folder, "m") })).rejects.toThrow(/of the preset ddcolor/);
  await expect(addModel(join(folder, "none.onnx"), { out: join(folder, "m") })).rejects.toThrow(/expected an ONNX file/);
  expect(await readdir(folder)).toEqual(["other.onnx"]);
});
