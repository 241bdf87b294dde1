import onnxProto, { type onnx } from "onnx-proto";
import { describe, expect, test } from "vitest";
import { EngineError, ModelError, UnsupportedError } from "../../../src/base/errors";
import { decodeModel, externalLocations, type DecodeOptions } from "../../../src/weights/onnx/decode";
import { toIntegers } from "../../../src/weights/numbers/dtype";
import { toFloat32 } from "../../../src/weights/numbers/floats";
import type { OnnxDType, OnnxModel, OnnxTensor } from "../../../src/weights/onnx/types";
import { buildModel, DATA_TYPES, node } from "../../../tools/onnx-writer";
import { thrownBy } from "../../shared/thrown";

const io = { inputs: [{ name: "x", shape: [1] }], outputs: [{ name: "y", shape: [1] }] };
const identity = [node("Identity", ["x"], ["y"])];

/** A model around `graph`, written by onnx-proto field by field. */
function modelOf(graph: onnx.IGraphProto, model: onnx.IModelProto = {}): Uint8Array {
  const bytes = onnxProto.onnx.ModelProto.encode({
    opsetImport: [{ domain: "", version: 13 }],
    graph,
    ...model,
  }).finish();
  return Uint8Array.from(bytes);
}

function tensorOf(tensor: onnx.ITensorProto, options: DecodeOptions = {}): OnnxTensor {
  return decodeModel(modelOf({ initializer: [{ name: "t", ...tensor }] }), options).initializers.get("t")!;
}

test("reads inputs, outputs, nodes, attributes and opsets into plain data", () => {
  const model = decodeModel(
    buildModel({
      opset: 13,
      producer: "exporter",
      inputs: [{ name: "x", shape: [1, "height", 3], dtype: "f16" }],
      outputs: [{ name: "y" }],
      nodes: [
        node("Conv", ["x", "", "b"], ["c"], { strides: [2, 1], alpha: 0.5, auto_pad: "SAME_UPPER", group: -3 }),
        node("Resize", ["c"], ["y"], { floats: { floats: [1, 2] }, one: { float: 1 }, names: ["p", "q"] }, "up"),
      ],
    }),
    { label: "m.onnx" },
  );
  expect(model).toEqual<OnnxModel>({
    label: "m.onnx",
    producer: "exporter",
    irVersion: 8,
    opsets: { "": 13 },
    inputs: [{ name: "x", dtype: "f16", shape: [1, "height", 3] }],
    outputs: [{ name: "y", dtype: "f32", shape: null }],
    nodes: [
      {
        name: "Conv(c)",
        op: "Conv",
        domain: "",
        inputs: ["x", "", "b"],
        outputs: ["c"],
        attributes: {
          strides: { type: "ints", value: [2, 1] },
          alpha: { type: "float", value: 0.5 },
          auto_pad: { type: "string", value: "SAME_UPPER" },
          group: { type: "int", value: -3 },
        },
      },
      {
        name: "up",
        op: "Resize",
        domain: "",
        inputs: ["c"],
        outputs: ["y"],
        attributes: {
          floats: { type: "floats", value: [1, 2] },
          one: { type: "float", value: 1 },
          names: { type: "strings", value: ["p", "q"] },
        },
      },
    ],
    initializers: new Map(),
  });
});

describe("tensors", () => {
  test("raw_data is a view of the file, not a copy", () => {
    const bytes = buildModel({
      ...io,
      nodes: identity,
      initializers: [{ name: "w", shape: [2, 3], data: [1, 2, 3, 4, 5, 6] }],
    });
    const tensor = decodeModel(bytes).initializers.get("w")!;
    expect(tensor.bytes.buffer).toBe(bytes.buffer);
    expect(tensor.shape).toEqual([2, 3]);
    expect([...toFloat32(tensor)]).toEqual([1, 2, 3, 4, 5, 6]);
  });

  test("a model inside a Node Buffer gives plain Uint8Arrays", () => {
    const bytes = Buffer.from(
      buildModel({ ...io, nodes: identity, initializers: [{ name: "w", shape: [1], data: [1] }] }),
    );
    expect(decodeModel(bytes).initializers.get("w")!.bytes.constructor).toBe(Uint8Array);
  });

  test.each<[OnnxDType, onnx.ITensorProto, number[]]>([
    ["f32", { floatData: [0.5, -2] }, [0.5, -2]],
    ["f64", { doubleData: [0.1, -2] }, [Math.fround(0.1), -2]],
    ["i32", { int32Data: [-5, 7] }, [-5, 7]],
    ["i16", { int32Data: [-5, 7] }, [-5, 7]],
    ["i8", { int32Data: [-128, 127] }, [-128, 127]],
    ["u8", { int32Data: [255, 1] }, [255, 1]],
    ["u16", { int32Data: [65535, 1] }, [65535, 1]],
    ["bool", { int32Data: [1, 0] }, [1, 0]],
    ["f16", { int32Data: [0x3c00, 0xc000] }, [1, -2]],
    ["bf16", { int32Data: [0x3f80, 0xc000] }, [1, -2]],
    ["i64", { int64Data: [-5, 2 ** 40] }, [-5, 2 ** 40]],
    ["u32", { uint64Data: [4294967295, 1] }, [4294967296, 1]],
    ["u64", { uint64Data: [2 ** 40, 1] }, [2 ** 40, 1]],
  ])("%s in its typed list", (dtype, fields, expected) => {
    const tensor = tensorOf({ dataType: DATA_TYPES[dtype], dims: [2], ...fields });
    expect(tensor.dtype).toBe(dtype);
    expect([...toFloat32(tensor)]).toEqual(expected);
  });

  test("scalars have one element, empty tensors none", () => {
    expect([...toFloat32(tensorOf({ dataType: 1, floatData: [3] }))]).toEqual([3]);
    expect(tensorOf({ dataType: 1, dims: [0, 4] }).bytes).toHaveLength(0);
  });

  test("the ends of the int64 range stand for 'to the end'; others beyond 2^53 are refused", () => {
    const ends = [
      { low: -1, high: 0x7fffffff },
      { low: 0, high: -0x80000000 },
      { low: 1, high: -0x80000000 },
    ];
    const list = ends.map((halves) => ({ ...halves, unsigned: false })) as unknown as number[];
    const max = 2 ** 63;
    expect(toIntegers(tensorOf({ dataType: 7, dims: [3], int64Data: list }))).toEqual([max, -max, -max]);
    const wide = [{ low: 0, high: 0x200000, unsigned: false }] as unknown as number[];
    const error = thrownBy(EngineError, () => toIntegers(tensorOf({ dataType: 7, dims: [1], int64Data: wide })));
    expect(error.received).toBe("about 9007199254740992");
    const attribute = [{ name: "a", type: 7, ints: list }];
    const model = decodeModel(modelOf({ node: [{ opType: "Slice", output: ["y"], attribute }] }));
    expect(model.nodes[0]!.attributes["a"]).toEqual({ type: "ints", value: [max, -max, -max] });
  });

  test.each<[string, onnx.ITensorProto, string, string]>([
    ["too few raw bytes", { dataType: 1, dims: [3], rawData: new Uint8Array(8) }, "12 bytes for f32[3]", "8 bytes"],
    ["too many list elements", { dataType: 3, dims: [1], int32Data: [1, 2] }, "1 bytes for i8[1]", "2 bytes"],
    ["a negative dimension", { dataType: 1, dims: [-1], floatData: [1] }, "dimensions of 0 or more", "-1"],
    ["a shape beyond memory", { dataType: 1, dims: [2 ** 30, 2 ** 30] }, "a tensor that fits in memory", "1073741824"],
    ["rank 33", { dataType: 1, dims: Array<number>(33).fill(1) }, "at most 32 dimensions", "33"],
    [
      "a segment",
      { dataType: 1, dims: [1], segment: { begin: 0, end: 1 }, floatData: [1] },
      "a whole tensor",
      "a segment",
    ],
  ])("%s", (_, tensor, expected, received) => {
    const error = thrownBy(EngineError, () => tensorOf(tensor));
    expect(error).toBeInstanceOf(ModelError);
    expect(error.where).toBe('model, tensor "t"');
    expect(error.expected).toBe(expected);
    expect(error.received).toContain(received);
  });
});

describe("external data", () => {
  const external = (entries: Record<string, string>): onnx.ITensorProto => ({
    dataType: 1,
    dims: [2],
    dataLocation: 1,
    externalData: Object.entries(entries).map(([key, value]) => ({ key, value })),
  });
  const file = new Uint8Array(Float32Array.of(9, 1, 2).buffer);
  const options = { externalData: () => file };

  test("is a view of the resolver's file at offset and length", () => {
    const tensor = tensorOf(external({ location: "sub/w.bin", offset: "4", length: "8" }), options);
    expect(tensor.bytes.buffer).toBe(file.buffer);
    expect([...toFloat32(tensor)]).toEqual([1, 2]);
    expect([...toFloat32(tensorOf(external({ location: "w.bin", offset: "4" }), options))]).toEqual([1, 2]);
  });

  test("files can be listed before decoding", async () => {
    const tensor = external({ location: "a.bin" });
    const bytes = modelOf({
      initializer: [
        { name: "t", ...tensor },
        { name: "u", ...tensor },
        { name: "v", dataType: 1, floatData: [1] },
      ],
      node: [
        {
          opType: "Constant",
          output: ["k"],
          attribute: [{ name: "value", type: 4, t: external({ location: "b.bin" }) }],
        },
      ],
    });
    expect(await externalLocations(bytes)).toEqual(["a.bin", "b.bin"]);
  });

  test.each([
    ["without a resolver", { location: "w.bin" }, undefined, "a resolver for external data"],
    ["'..'", { location: "../w.bin" }, options, "in the model's folder"],
    ["absolute", { location: "/etc/passwd" }, options, "in the model's folder"],
    ["a URL", { location: "https://example.com/w" }, options, "in the model's folder"],
    ["no location", {}, options, "in the model's folder"],
    ["past the end", { location: "w.bin", offset: "8", length: "8" }, options, 'bytes 8 to 16 in "w.bin"'],
    ["a negative offset", { location: "w.bin", offset: "-4" }, options, "offset as a whole number"],
    ["the wrong length", { location: "w.bin", length: "4" }, options, "8 bytes for f32[2]"],
  ])("%s is refused", (_, entries, given, expected) => {
    const error = thrownBy(EngineError, () => tensorOf(external(entries), given));
    expect(error).toBeInstanceOf(ModelError);
    expect(error.expected).toContain(expected);
  });
});

describe("what the engine does not read", () => {
  test("functions, sparse and string initializers and inputs of strings are refused together, by name", () => {
    const error = thrownBy(EngineError, () =>
      decodeModel(
        modelOf(
          {
            initializer: [{ name: "s", dataType: 8, dims: [1], stringData: [new Uint8Array(1)] }],
            sparseInitializer: [{ values: { name: "sp", dataType: 1 } }],
            input: [{ name: "text", type: { tensorType: { elemType: 8 } } }],
          },
          { functions: [{ name: "fn" }] },
        ),
      ),
    );
    expect(error).toBeInstanceOf(UnsupportedError);
    expect((error as UnsupportedError).items.map((item) => [item.node, item.reason])).toEqual([
      ["fn", "model-local functions; inline them when exporting"],
      ["sp", "sparse tensor"],
      ["s", "elements of string"],
      ["text", "elements of string"],
    ]);
  });

  test("subgraphs, sparse tensors, types and references are marked in attributes", () => {
    const attribute: onnx.IAttributeProto[] = [
      { name: "g", type: 5, g: { name: "body" } },
      { name: "s", type: 11, sparseTensor: {} },
      { name: "r", type: 1, refAttrName: "outer" },
      { name: "t", type: 4, t: { dataType: 8 } },
      { name: "n", type: 77 as onnx.AttributeProto.AttributeType },
    ];
    const model = decodeModel(modelOf({ node: [{ opType: "If", output: ["y"], attribute }] }));
    expect(Object.values(model.nodes[0]!.attributes)).toEqual(
      ["graph", "sparse tensor", "reference to a function's attribute", "tensor of string", "attribute type 77"].map(
        (kind) => ({ type: "unsupported", kind }),
      ),
    );
  });

  test("training info is passed over", () => {
    const bytes = modelOf({ output: [{ name: "y" }] }, { trainingInfo: [{ algorithm: { name: "a" } }] });
    expect(decodeModel(bytes).outputs[0]!.name).toBe("y");
  });
});

describe("graphs", () => {
  test("inputs that have an initializer are constants, as IR version 3 wrote them", () => {
    const initializers = [{ name: "w", shape: [1], data: [1] }];
    const inputs = [...io.inputs, { name: "w", shape: [1] }];
    expect(decodeModel(buildModel({ ...io, inputs, nodes: identity, initializers })).inputs.map((i) => i.name)).toEqual(
      ["x"],
    );
  });

  test("attributes without a type, which no file with an opset has, are unsupported", () => {
    const attribute = [{ name: "i", i: 3 }, { name: "z" }];
    const model = decodeModel(modelOf({ node: [{ opType: "Op", output: ["y"], attribute }] }));
    const unsupported = { type: "unsupported", kind: "undefined" };
    expect(model.nodes[0]!.attributes).toEqual({ i: unsupported, z: unsupported });
  });

  test("names such as __proto__ are names", () => {
    const attribute = [{ name: "__proto__", type: 2, i: 3 }];
    const { attributes } = decodeModel(modelOf({ node: [{ opType: "Op", output: ["y"], attribute }] })).nodes[0]!;
    expect(Object.keys(attributes)).toEqual(["__proto__"]);
    expect(attributes["constructor"]).toBeUndefined();
  });

  test("ai.onnx is the default domain; unknown sizes are null", () => {
    const dim = [{ dimValue: -1 }, {}, { dimParam: "n" }, { dimValue: 2 }];
    const input = [
      { name: "x", type: { tensorType: { elemType: 1, shape: { dim } } } },
      { name: "q", type: { sequenceType: {} } },
    ];
    const model = decodeModel(
      modelOf(
        { input, node: [{ opType: "Op", domain: "ai.onnx", output: ["y"] }] },
        {
          opsetImport: [
            { domain: "ai.onnx", version: 12 },
            { domain: "com.microsoft", version: 1 },
          ],
        },
      ),
    );
    expect(model.opsets).toEqual({ "": 12, "com.microsoft": 1 });
    expect(model.nodes[0]!.domain).toBe("");
    expect(model.inputs).toEqual([
      { name: "x", dtype: "f32", shape: [null, null, "n", 2] },
      { name: "q", dtype: "unknown", shape: null },
    ]);
  });

  test.each<[string, Uint8Array, string]>([
    ["no graph", Uint8Array.from([8, 8, 66, 2, 16, 17]), "a graph"],
    ["no operator set", modelOf({ name: "g" }, { opsetImport: [] }), "an operator set (opset_import)"],
    ["text", new TextEncoder().encode("<!doctype html><title>404</title>"), "graph as length-delimited"],
    [
      "two initializers of one name",
      modelOf({ initializer: [1, 2].map(() => ({ name: "t", dataType: 1, floatData: [1] })) }),
      "one tensor of this name",
    ],
    [
      "an initializer without a name",
      modelOf({ initializer: [{ dataType: 1, floatData: [1] }] }),
      "a name for every initializer",
    ],
    [
      "two attributes of one name",
      modelOf({ node: [{ opType: "Op", output: ["y"], attribute: [1, 2].map((i) => ({ name: "a", type: 2, i })) }] }),
      'one attribute "a"',
    ],
    ["a node without an op", modelOf({ node: [{ output: ["y"] }] }), "an op_type"],
  ])("%s", (_, bytes, expected) => {
    const error = thrownBy(EngineError, () => decodeModel(bytes, { label: "bad.onnx" }));
    expect(error).toBeInstanceOf(ModelError);
    expect(error.where).toContain("bad.onnx");
    expect(error.expected).toBe(expected);
    expect(error.hint).toBeTruthy();
  });
});
