import { readFileSync } from "node:fs";
import { createRequire } from "node:module";
import onnxProto, { type onnx } from "onnx-proto";
import { expect, test } from "vitest";
import { decodersOnly } from "../../tools/vite-onnx-proto";
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

test("a changed onnx-proto is noticed", () => {
  expect(() => decodersOnly("module.exports = {};")).toThrow("onnx-proto is not written as it was");
});

/** Without classes, whose toJSON only the whole package has. */
function flat(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(flat);
  if (typeof value !== "object" || value === null || value instanceof Uint8Array) return value;
  return Object.fromEntries(Object.entries(value).map(([key, item]) => [key, flat(item)]));
}
