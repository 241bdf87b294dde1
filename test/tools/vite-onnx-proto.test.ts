import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { createRequire } from "node:module";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { pathToFileURL } from "node:url";
import { gzipSync } from "node:zlib";
import onnxProto, { type onnx } from "onnx-proto";
import { build } from "vite";
import { expect, test } from "vitest";
import { decodeModel } from "../../src/weights/decode";
import { decodersOnly, onnxProtoDecoders } from "../../tools/vite-onnx-proto";
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

test("every decoder stays, what a page never calls goes", () => {
  const names = Object.keys(onnxProto.onnx) as (keyof typeof onnx)[];
  expect(Object.keys(decoders.onnx)).toEqual(names);
  const decodes = (text: string): number => text.match(/\.decode = function/g)!.length;
  expect(decodes(decodersOnly(source))).toBe(decodes(source));
  expect(decoders.onnx.ModelProto).not.toHaveProperty("encode");
  expect(decoders.onnx.TensorProto).not.toHaveProperty("verify");
  expect(decodersOnly(source).length).toBeLessThan(source.length * 0.55);
});

test("the decoders that are left read a model as before", () => {
  const bytes = buildModel({
    inputs: [{ name: "x", shape: [1, "n"] }],
    outputs: [{ name: "y" }],
    nodes: [
      node("Conv", ["x", "w"], ["y"], { pads: [1, 2], alpha: 0.5, value: { shape: [1], dtype: "i64", data: [-7] } }),
    ],
    initializers: [{ name: "w", shape: [2], data: [1, 2] }],
  });
  const whole = onnxProto.onnx.ModelProto.decode(bytes);
  expect(JSON.parse(JSON.stringify(flat(decoders.onnx.ModelProto.decode(bytes))))).toEqual(
    JSON.parse(JSON.stringify(flat(whole))),
  );
  expect(whole.graph!.node).toHaveLength(1);
});

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
    // 13 KB when this was written; the whole of onnx-proto and protobufjs takes it to 29 KB.
    expect(gzipSync(readFileSync(path)).length).toBeLessThan(20_000);
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
  } finally {
    rmSync(folder, { recursive: true });
  }
});

test("a changed onnx-proto is noticed", () => {
  expect(() => decodersOnly("module.exports = {};")).toThrow("onnx-proto is not written as it was");
});

/** Without classes, whose toJSON only the whole package has. */
function flat(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(flat);
  if (typeof value !== "object" || value === null || value instanceof Uint8Array) return value;
  return Object.fromEntries(Object.entries(value).map(([key, item]) => [key, flat(item)]));
}
