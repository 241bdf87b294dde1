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
import { decodersOnly, onnxProtoDecoders, READ } from "../../tools/vite-onnx-proto";
import { buildModel, node } from "../onnx-builder";

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

test("the decoders of what is read stay, what a page never calls goes", () => {
  const nested = ["Segment", "Dimension", "Tensor"];
  expect(Object.keys(decoders.onnx).sort()).toEqual(Object.keys(READ).filter((name) => !nested.includes(name)));
  expect(Object.keys(decoders.onnx.TypeProto)).toEqual(["decode", "Tensor"]);
  expect(decoders.onnx.ModelProto).not.toHaveProperty("encode");
  expect(decoders.onnx.TensorProto).not.toHaveProperty("verify");
});

/** Every field of onnx-proto's classes: name, class. From the text of its constructors and defaults. */
function fieldsOf(name: string): string[] {
  const lists = new RegExp(`function ${name}\\(properties\\)[^]*?if \\(properties\\)`).exec(source)![0];
  const others = source.matchAll(new RegExp(`\\b${name}\\.prototype\\.(\\w+) = (?!\\$util.emptyArray|function)`, "g"));
  return [...[...lists.matchAll(/this\.(\w+) = \[\]/g)], ...others].map(([, field]) => field!);
}

test.each(Object.entries(READ))("of %s, the fields that are named are read and no others", (name, read) => {
  const kept = read.split(" ").filter(Boolean);
  expect(fieldsOf(name)).toEqual(expect.arrayContaining(kept));
  const text = decodersOnly(source);
  const body = new RegExp(`\\b${name}\\.decode = function[^]*?return message;`).exec(text)![0];
  expect([...new Set([...body.matchAll(/message\.(\w+)/g)].map(([, field]) => field))].sort()).toEqual(kept.sort());
});

test("the decoders that are left read a model as before", () => {
  const { functions, ...model } = flat(onnxProto.onnx.ModelProto.decode(manyFields())) as Record<string, unknown>;
  const { functions: ours, ...left } = flat(decoders.onnx.ModelProto.decode(manyFields())) as Record<string, unknown>;
  expect(model).toMatchObject(left);
  expect(ours).toEqual([{ name: "f" }]);
  expect(functions).toMatchObject(ours as object[]);
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
    // 13 KB when this was written; the whole of onnx-proto and protobufjs takes it to 29 KB.
    expect(gzipSync(readFileSync(path)).length).toBeLessThan(20_000);
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
