import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { pathToFileURL } from "node:url";
import { gzipSync } from "node:zlib";
import onnxProto from "onnx-proto";
import { build } from "vite";
import { expect, test } from "vitest";
import { decodeModel } from "../../src/weights/decode";
import type { OnnxModel } from "../../src/weights/types";
import { onnxProtoDecoders } from "../../tools/vite-onnx-proto";
import { buildModel, node } from "../onnx-builder";

test("bundled for pages, where 64-bit integers are numbers, models read the same", async () => {
  const folder = mkdtempSync(join(tmpdir(), "onnx-proto-"));
  try {
    await build({
      configFile: false,
      logLevel: "error",
      plugins: [onnxProtoDecoders()],
      build: { outDir: folder, lib: { entry: { decode: "src/weights/decode.ts" }, formats: ["es"] } },
    });
    const path = join(folder, "decode.js");
    // 7 KB when this was written; the whole of onnx-proto and protobufjs takes it to 29 KB.
    expect(gzipSync(readFileSync(path)).length).toBeLessThan(10_000);
    const bundle = (await import(/* @vite-ignore */ pathToFileURL(path).href)) as { decodeModel: typeof decodeModel };
    const bytes = buildModel({
      inputs: [{ name: "x", shape: [1, "n"] }],
      outputs: [{ name: "y", shape: [2 ** 40] }],
      nodes: [
        node("Slice", ["x"], ["a"], {
          starts: [-(2 ** 33)],
          ends: [2 ** 63],
          axis: -1,
          scale: 0.25,
          text: "grau\u00df",
        }),
        node("Constant", [], ["y"], { value: { shape: [3], dtype: "i64", data: [-1, 2 ** 63, 2 ** 40] } }),
      ],
      initializers: [{ name: "w", shape: [2, 1], dtype: "f16", data: [1, 2] }],
    });
    expect(bundle.decodeModel(bytes)).toEqual(decodeModel(bytes));
    expect(() => bundle.decodeModel(bytes.subarray(0, 100))).toThrow("byte");
    for (const name of ["embedder", "colorizer"]) {
      const file = readFileSync(`models/inception-table/${name}.onnx`);
      expect(lengths(bundle.decodeModel(file))).toEqual(lengths(decodeModel(file)));
    }
    // What buildModel() does not write.
    const proto = {
      irVersion: 8,
      opsetImport: [{ version: 17 }, { domain: "com.x", version: 2 }],
      graph: {
        node: [{ opType: "Relu", input: ["x"], output: ["y"] }],
        output: [{ name: "y", type: { tensorType: { elemType: 1, shape: { dim: [{ dimParam: "n" }, {}] } } } }],
        initializer: [
          {
            name: "outside",
            dims: [2],
            dataType: 1,
            dataLocation: 1,
            externalData: [
              { key: "location", value: "w.bin" },
              { key: "offset", value: "4" },
            ],
          },
          { name: "listed", dims: [3], dataType: 11, doubleData: [1, Math.PI, -1e300] },
          { name: "unsigned", dims: [2], dataType: 12, uint64Data: [7, 2 ** 32 - 1] },
        ],
      },
    };
    const { ModelProto } = onnxProto.onnx;
    const other = ModelProto.encode(ModelProto.fromObject(proto)).finish();
    const externalData = () => new Uint8Array(12).map((_, i) => i);
    expect(bundle.decodeModel(other, { externalData })).toEqual(decodeModel(other, { externalData }));
    const refused = ModelProto.fromObject({
      ...proto,
      functions: [{ name: "f" }, { name: "g" }],
      graph: { ...proto.graph, sparseInitializer: [{ values: { name: "s" } }, { values: { name: "t" } }] },
    });
    const bad = ModelProto.encode(refused).finish();
    expect(complaint(() => bundle.decodeModel(bad))).toBe(complaint(() => decodeModel(bad)));
  } finally {
    rmSync(folder, { recursive: true });
  }
});

/** With the tensors' sizes for their bytes: comparing millions takes long. */
function lengths(model: OnnxModel): unknown {
  const initializers = [...model.initializers.values()].map((tensor) => ({ ...tensor, bytes: tensor.bytes.length }));
  return { ...model, initializers };
}

function complaint(decode: () => unknown): string {
  try {
    decode();
  } catch (error) {
    return String(error);
  }
  return "none";
}
