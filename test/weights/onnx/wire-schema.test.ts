import { readFileSync } from "node:fs";
import { createRequire } from "node:module";
import { expect, test } from "vitest";
import { SCHEMA, type MessageName } from "../../../src/weights/onnx/wire-schema";

/** The decoder's class for each message of the schema. */
const CLASSES: Readonly<Record<MessageName, string>> = {
  Model: "ModelProto",
  Graph: "GraphProto",
  Node: "NodeProto",
  Attribute: "AttributeProto",
  Tensor: "TensorProto",
  SparseTensor: "SparseTensorProto",
  Segment: "Segment",
  ValueInfo: "ValueInfoProto",
  Type: "TypeProto",
  TypeTensor: "Tensor",
  TypeSequence: "Sequence",
  TypeMap: "Map",
  Shape: "TensorShapeProto",
  Dimension: "Dimension",
  Entry: "StringStringEntryProto",
  OperatorSet: "OperatorSetIdProto",
  Annotation: "TensorAnnotation",
  Training: "TrainingInfoProto",
  Function: "FunctionProto",
};

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

test.each(Object.keys(CLASSES) as MessageName[])("the guard reads %s as onnx-proto does", (message) => {
  const ours = Object.entries(SCHEMA[message]).map(([number, { name, kind }]) => {
    const inner = CLASSES[kind as MessageName] as string | undefined;
    return [Number(number), [name, inner ?? kind]] as const;
  });
  // Optional and SparseTensor types have the fields of Sequence and Tensor.
  const theirs = Object.entries(decoderFields(source, CLASSES[message])).map(
    ([number, [name, kind]]) =>
      [Number(number), [name, { Optional: "Sequence", SparseTensor: "Tensor" }[kind!] ?? kind]] as const,
  );
  expect(Object.fromEntries(ours)).toEqual(Object.fromEntries(theirs));
});

test("the messages that share a schema have the same fields", () => {
  expect(decoderFields(source, "Optional")).toEqual(decoderFields(source, "Sequence"));
  expect(decoderFields(source, "SparseTensor")).toEqual(decoderFields(source, "Tensor"));
});
