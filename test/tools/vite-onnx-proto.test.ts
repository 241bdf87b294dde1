import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { createRequire } from "node:module";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { pathToFileURL } from "node:url";
import { gzipSync } from "node:zlib";
import onnxProto from "onnx-proto";
import { build } from "vite";
import { expect, test } from "vitest";
import { decodeModel, readModel } from "../../src/weights/onnx/decode";
import { decodersOnly, onnxProtoDecoders } from "../../tools/vite-onnx-proto";
import { buildModel, node } from "../../tools/onnx-writer";

const path = createRequire(import.meta.url).resolve("onnx-proto");
const source = readFileSync(path, "utf8");

/** Runs the text as the CommonJS module it is, with a protobufjs of its own. */
function evaluate(text: string): typeof onnxProto {
  const require = createRequire(path);
  const module = { exports: {} };
  const minimal = { ...(require("protobufjs/minimal") as object), roots: {} };
  new Function("require", "module", text)(() => minimal, module);
  return module.exports as typeof onnxProto;
}

const decoders = evaluate(decodersOnly(source));

test("decoders stay, what nothing here calls goes", () => {
  expect(Object.keys(decoders.onnx)).toEqual(Object.keys(onnxProto.onnx));
  expect(decoders.onnx.ModelProto).toHaveProperty("decode");
  expect(decoders.onnx.ModelProto).not.toHaveProperty("encode");
  expect(decoders.onnx.TensorProto).not.toHaveProperty("verify");
});

test("the decoders that are left read a model as before", () => {
  expect(flat(decoders.onnx.ModelProto.decode(manyFields()))).toEqual(
    flat(onnxProto.onnx.ModelProto.decode(manyFields())),
  );
});

test("bundled for pages, where 64-bit integers are numbers, models read the same", async () => {
  const folder = mkdtempSync(join(tmpdir(), "onnx-proto-"));
  try {
    await build({
      configFile: false,
      logLevel: "error",
      plugins: [onnxProtoDecoders()],
      build: { outDir: folder, lib: { entry: { decode: "src/weights/onnx/decode.ts" }, formats: ["es"] } },
    });
    const path = join(folder, "decode.js");
    expect(gzipSync(readFileSync(path)).length).toBeLessThan(24_000); // with all of onnx-proto 10 KB more
    const bundle = (await import(/* @vite-ignore */ pathToFileURL(path).href)) as { readModel: typeof readModel };
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
    expect(await bundle.readModel(bytes)).toEqual(decodeModel(bytes));
    await expect(bundle.readModel(bytes.subarray(0, 100))).rejects.toThrow("byte");
    const external = (): Uint8Array => new Uint8Array(4);
    const options = { label: "m", externalData: external };
    expect(await bundle.readModel(manyFields({ readable: true }), options)).toEqual(
      decodeModel(manyFields({ readable: true }), options),
    );
    const refusal = (read: typeof readModel): Promise<string> => read(manyFields()).then(String, String);
    expect(await refusal(readModel)).toMatch(/function "f" .*initializer "values" \(sparse/);
    expect(await refusal(bundle.readModel)).toBe(await refusal(readModel));
  } finally {
    rmSync(folder, { recursive: true });
  }
});

test("a changed onnx-proto is noticed", () => {
  expect(() => decodersOnly("module.exports = {};")).toThrow("onnx-proto is not written as it was");
});

/** A model with fields that pages read and fields that they step over, at every level. */
function manyFields({ readable = false } = {}): Uint8Array {
  const { onnx } = onnxProto;
  const tensor = { name: "w", dims: [1], dataType: 1, floatData: [1], docString: "not read", stringData: [] };
  const info = {
    name: "x",
    docString: "not read",
    type: {
      denotation: "not read",
      tensorType: { elemType: 1, shape: { dim: [{ dimParam: "n", denotation: "not read" }] } },
    },
  };
  const attribute = [
    { name: "list", type: 7, ints: [1, -2], docString: "not read" },
    { name: "branch", type: 5, g: { node: [{ opType: "Relu" }], input: [info] } },
    { name: "kinds", type: 14, typeProtos: [{ mapType: { keyType: 1 } }] },
    { name: "reference", refAttrName: "outer" },
  ];
  return onnx.ModelProto.encode({
    irVersion: 8,
    producerName: "test",
    domain: "not read",
    opsetImport: [{ domain: "", version: 13 }],
    metadataProps: [{ key: "not", value: "read" }],
    trainingInfo: [{ algorithm: { name: "not read" } }],
    functions: readable ? [] : [{ name: "f", input: ["a"], node: [{ opType: "Relu" }] }],
    graph: {
      name: "not read",
      node: [{ input: ["x"], output: ["y"], opType: "Relu", docString: "not read", attribute }],
      initializer: [
        tensor,
        {
          ...tensor,
          name: "outside",
          floatData: [],
          dataLocation: 1,
          externalData: [{ key: "location", value: "w.bin" }],
        },
      ],
      sparseInitializer: readable ? [] : [{ values: { ...tensor, name: "values" }, indices: tensor, dims: [4] }],
      quantizationAnnotation: [{ tensorName: "not read" }],
      input: [info],
      output: [{ ...info, name: "y" }],
      valueInfo: [info],
    },
  }).finish();
}

/** Without classes, whose toJSON only the whole package has. */
function flat(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(flat);
  if (typeof value !== "object" || value === null || value instanceof Uint8Array) return value;
  return Object.fromEntries(Object.entries(value).map(([key, item]) => [key, flat(item)]));
}
