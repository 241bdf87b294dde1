import { readFileSync } from "node:fs";
import { createRequire } from "node:module";
import { expect, test } from "vitest";
import { SCHEMA, type MessageName } from "../../../src/weights/onnx/wire-schema";

/** Field number -> [name, what the decoder reads], taken from the text of onnx-proto's decoder. */
function decoderFields(source: string, className: string): Record<number, string[]> {
  const body = new RegExp(`\\b${className}\\.decode = function decode[\\s\\S]*?return message;`).exec(source)?.[0];
  if (body === undefined) throw new Error(`onnx-proto has no ${className}.decode`);
  const fields: Record<number, string[]> = {};
  for (const [, number, text] of body.matchAll(/case (\d+):([\s\S]*?)(?=case \d+:|default:)/g)) {
    const name = /message\.(\w+)/.exec(text!)![1]!.replace(/[A-Z]/g, (c) => `_${c.toLowerCase()}`);
    const message = /\$root\.onnx\.([\w.]+)\.decode/.exec(text!)?.[1]?.split(".").at(-1);
    const scalar = /reader\.(string|bytes|int32|int64|uint64|float|double)\(\)/
      .exec(text!)?.[1]
      ?.replace("uint", "int");
    fields[Number(number)] = [name, message ?? scalar + (text!.includes("end2") ? "s" : "")];
  }
  return fields;
}

const source = readFileSync(createRequire(import.meta.url).resolve("onnx-proto"), "utf8");

/** The name of a class inside its outer class. */
const last = (name: string): string => name.split(".").at(-1)!;

test.each(Object.keys(SCHEMA) as MessageName[])("the schema has the fields of %s that onnx-proto reads", (message) => {
  const ours = Object.entries(SCHEMA[message]).map(
    ([number, { name, kind, list }]) => [Number(number), [name, last(kind) + (list ? "s" : "")]] as const,
  );
  // Optional and SparseTensor types have the fields of Sequence and Tensor.
  const theirs = Object.entries(decoderFields(source, last(message))).map(
    ([number, [name, kind]]) =>
      [Number(number), [name, { Optional: "Sequence", SparseTensor: "Tensor" }[kind!] ?? kind]] as const,
  );
  expect(Object.fromEntries(ours)).toEqual(Object.fromEntries(theirs));
});

test("the messages that share a schema have the same fields", () => {
  expect(decoderFields(source, "Optional")).toEqual(decoderFields(source, "Sequence"));
  expect(decoderFields(source, "SparseTensor")).toEqual(decoderFields(source, "Tensor"));
});
