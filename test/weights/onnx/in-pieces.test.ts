/** Models decoded in pieces are those that onnx-proto decodes at once. */
import onnxProto, { type onnx } from "onnx-proto";
import { expect, test } from "vitest";
import { finish } from "../../../src/base/pacer";
import { modelInPieces } from "../../../src/weights/onnx/in-pieces";
import { randoms } from "../../shared/randoms";

const { ModelProto } = onnxProto.onnx;

function encoded(model: onnx.IModelProto): Uint8Array {
  return Uint8Array.from(ModelProto.encode(model).finish());
}

/** Whole numbers of all sizes and both signs, whose varints have 1 to 10 bytes. */
function integers(count: number, most: number): number[] {
  return Array.from(randoms(count, 3, -1, 1), (value, i) => Math.trunc(value * most ** ((i % 7) / 6)));
}

function raw(length: number, value: number): onnx.ITensorProto {
  return { name: `${value}`, rawData: new Uint8Array(length).fill(value) };
}

const large = {
  dims: integers(12_000, 2 ** 40),
  name: "large",
  int32Data: integers(20_000, 2 ** 31 - 1),
  int64Data: integers(20_000, 2 ** 53),
  uint64Data: integers(20_000, 2 ** 53).map(Math.abs),
  floatData: [...randoms(20_000, 1)],
  doubleData: [...randoms(10_000, 2)],
  externalData: [{ key: "location", value: "beside" }],
};
const attributes = [
  { name: "before", i: 3 },
  { name: "ints", ints: integers(20_000, 2 ** 53), floats: [...randoms(20_000, 4)] },
  { name: "t", t: large },
  { name: "tensors", tensors: [large, { name: "small" }] },
  { name: "g", g: { name: "inner", initializer: [large], node: [{ opType: "Relu", input: ["a"] }] } },
];

/** The message with lists in place of its arrays of numbers; `bytes` stay. */
function withLists<T>(message: T): T {
  for (const [name, value] of Object.entries(message as Record<string, unknown>))
    if (value instanceof Float32Array || value instanceof Float64Array || value instanceof Int32Array)
      Object.assign(message as object, { [name]: [...value] });
    else if (typeof value === "object" && value !== null && !(value instanceof Uint8Array)) withLists(value);
  return message;
}

test.each<[string, () => Uint8Array]>([
  ["nothing", () => new Uint8Array()],
  [
    "many nodes",
    () =>
      encoded({ graph: { node: Array.from({ length: 20_000 }, (_, i) => ({ opType: "Relu", input: [`x${i}`] })) } }),
  ],
  [
    "lists of all kinds",
    () => encoded({ irVersion: 8, graph: { name: "g", initializer: [large, { name: "b" }, large] } }),
  ],
  [
    "lists in attributes",
    () => encoded({ graph: { node: [{ opType: "A", attribute: attributes }, { opType: "B" }] }, domain: "d" }),
  ],
  [
    "messages of all kinds",
    () => {
      const text = "x".repeat(40_000);
      const tensorType = { elemType: 1, shape: { dim: [{ dimParam: text, denotation: text }, { dimValue: 3 }] } };
      const type = { sequenceType: { elemType: { mapType: { keyType: 7, valueType: { tensorType } } } } };
      const entry = { key: text, value: text };
      const info = { name: "i", type };
      return encoded({
        metadataProps: [entry, { key: "k" }],
        opsetImport: [{ domain: text + text, version: 17 }, { version: 3 }],
        graph: {
          input: [info, { name: "j" }],
          output: [info],
          valueInfo: [{ name: "v", type: { tensorType } }, info],
          quantizationAnnotation: [{ tensorName: "q", quantParameterTensorNames: [entry, entry] }],
          sparseInitializer: [{ values: large, indices: large, dims: large.dims }],
          initializer: [{ name: "s", segment: { begin: 1, end: 2 }, externalData: [entry] }],
        },
        trainingInfo: [{ initialization: { initializer: [large] }, updateBinding: [entry] }],
        functions: [{ name: text, input: [text, "b"], node: [{ opType: "A", attribute: attributes }] }],
      });
    },
  ],
  ["weights as raw bytes", () => encoded({ graph: { initializer: [raw(100_000, 1), raw(10, 2), raw(70_000, 3)] } })],
])("%s", (_, make) => {
  const bytes = make();
  expect(withLists(finish(modelInPieces(bytes)))).toEqual(ModelProto.decode(bytes));
});

test("raw bytes stay views of the file", () => {
  const bytes = encoded({ graph: { initializer: [raw(200_000, 7)] } });
  const { rawData } = finish(modelInPieces(bytes)).graph!.initializer![0]!;
  expect(rawData!.buffer).toBe(bytes.buffer);
});
