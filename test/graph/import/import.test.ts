/** Inputs, names and errors of importModel. */
import { describe, expect, it } from "vitest";
import { InputError, ModelError, UnsupportedError } from "../../../src/base/errors";
import { importModel, type ImportOptions } from "../../../src/graph/import/index";
import { decodeModel } from "../../../src/weights/onnx/decode";
import { buildModel, node, type ModelSpec } from "../../../tools/onnx-writer";
import { thrownBy } from "../../shared/thrown";
import { agree, importSketch, int64s, opsOf } from "./harness";
import { ENGINE } from "../../../src/session/engine";

function load(spec: Partial<ModelSpec>, options?: ImportOptions) {
  const whole = { inputs: [], outputs: [{ name: "y" }], nodes: [], ...spec };
  return importModel(decodeModel(buildModel(whole), { label: "m.onnx" }), ENGINE, options);
}

const open: Partial<ModelSpec> = {
  inputs: [{ name: "photo", shape: ["batch", 3, "height", "width"] }],
  nodes: [node("Relu", ["photo"], ["y"])],
};

describe("inputs", () => {
  it("need sizes where the model leaves them open", () => {
    const error = thrownBy(Error, () => load(open));
    expect(error).toBeInstanceOf(InputError);
    expect(error.message).toBe(
      'input "photo": expected a shape that is known at load, received [batch, 3, height, width]. Pass inputShapes: { "photo": [...] }.',
    );
    const graph = load(open, { inputShapes: { photo: [1, 3, 8, 6] } });
    expect(graph.inputs).toEqual([{ name: "photo", shape: [1, 3, 8, 6] }]);
    expect(graph.label).toBe("m.onnx");
  });

  it("must fit what the model states", () => {
    for (const photo of [
      [1, 4, 8, 8],
      [1, 3, 8],
      [1, 3, 0, 8],
      [1, 3, 8.5, 8],
    ])
      expect(thrownBy(Error, () => load(open, { inputShapes: { photo } }))).toBeInstanceOf(InputError);
    expect(() => load(open, { inputShapes: { foto: [1] } })).toThrow(/expected an input of the model: "photo"/);
  });

  it("that are frozen become constants and leave the interface", async () => {
    const spec: Partial<ModelSpec> = {
      inputs: [
        { name: "x", shape: [2, 6] },
        { name: "shape", shape: ["n"], dtype: "i64" },
      ],
      nodes: [node("Reshape", ["x", "shape"], ["y"])],
    };
    const graph = load(spec, { freeze: { shape: { data: [3, -1], shape: [2] } } });
    expect(graph.inputs.map(({ name }) => name)).toEqual(["x"]);
    expect(graph.nodes[0]).toMatchObject({ op: "reshape", shape: [3, 4] });
    expect(() => load(spec, { freeze: { shape: { data: [3], shape: [2] } } })).toThrow(
      /freeze "shape": expected 2 elements/,
    );
    expect(() => load(spec, { inputShapes: { shape: [2] } })).toThrow(/Reshape .*shape computed at run time/);
  });

  it("with an initializer are constants, as in old files", () => {
    const graph = load({
      inputs: [
        { name: "x", shape: [2] },
        { name: "w", shape: [2] },
      ],
      initializers: [{ name: "w", shape: [2], data: [1, 2] }],
      nodes: [node("Add", ["x", "w"], ["y"])],
    });
    expect(graph.inputs.map(({ name }) => name)).toEqual(["x"]);
    expect([...graph.constants.get("w")!.data]).toEqual([1, 2]);
  });
});

describe("names", () => {
  it("of values are the model's, made-up ones avoid them", async () => {
    const graph = await agree({
      inputs: { x: [1, 2, 4, 4] },
      weights: { w: [2, 2, 1, 1] },
      nodes: [
        node("Relu", ["x"], ["y.conv"], {}, "first"),
        node("Conv", ["y.conv", "w"], ["y"], {}, "second"),
        node("Add", ["y", "y.conv"], ["z"], {}, "third"),
      ],
    });
    expect(new Set(graph.nodes.map(({ output }) => output)).size).toBe(graph.nodes.length);
    expect(graph.nodes.map(({ origin }) => origin.join())).toEqual(["first", "second", "second", "second", "third"]);
    expect(graph.outputs).toEqual([{ name: "z", value: "z" }]);
  });

  it("one constant serves all its users", () => {
    const graph = importSketch({
      inputs: { x: [4] },
      weights: { w: [4] },
      nodes: [node("Add", ["x", "w"], ["a"]), node("Mul", ["a", "w"], ["y"])],
    });
    expect([...graph.constants.keys()]).toEqual(["w"]);
  });
});

describe("refusals", () => {
  it("come all at once, by node, without their dependants", () => {
    const error = thrownBy(Error, () =>
      load({
        inputs: [{ name: "x", shape: [1, 2, 4, 4] }],
        nodes: [
          node("LSTM", ["x"], ["a"], {}, "recurrent"),
          node("Relu", ["a"], ["b"], {}, "dependant"),
          node("GridSample", ["b", "x"], ["c"], {}, "sum"),
          node("Conv", ["x", "c"], ["d"], {}, "dependant too"),
          { ...node("FusedConv", ["x"], ["e"], {}, "fused"), domain: "com.microsoft" },
          node("Pad", ["x", "p"], ["f"], { mode: "fold" }, "round"),
          node("Conv", ["x", "f"], ["y"], {}, "dependant three"),
        ],
        initializers: [{ ...int64s([0, 0, 0, 0, 0, 0, 0, 1]), name: "p" }],
      }),
    );
    expect(error).toBeInstanceOf(UnsupportedError);
    expect((error as UnsupportedError).items).toEqual([
      { node: "recurrent", op: "LSTM", reason: "not implemented" },
      { node: "sum", op: "GridSample", reason: "not implemented" },
      { node: "fused", op: "FusedConv", reason: "domain com.microsoft" },
      { node: "round", op: "Pad", reason: "attribute mode=fold" },
    ]);
  });

  it("of weights that are computed at run time", () => {
    const nodes = [node("Conv", ["x", "w"], ["y"], {}, "dynamic")];
    expect(() => importSketch({ inputs: { x: [1, 2, 4, 4], w: [2, 2, 1, 1] }, nodes })).toThrow(
      /Conv "dynamic" \(weights computed at run time\)/,
    );
  });

  it("of untested opsets", () => {
    expect(() => load({ ...open, opset: 6 }, { inputShapes: { photo: [1, 3, 4, 4] } })).toThrow(/opset 6/);
    expect(() => load({ ...open, opset: 99 }, { inputShapes: { photo: [1, 3, 4, 4] } })).toThrow(/opset 99/);
  });
});

describe("damaged models", () => {
  const x = { name: "x", shape: [2, 3] };
  const cases: [string, Partial<ModelSpec>, RegExp][] = [
    [
      "a value that no node computes",
      { nodes: [node("Relu", ["nobody"], ["y"], {}, "r")] },
      /Relu "r": .*received "nobody"/,
    ],
    [
      "nodes out of order",
      { nodes: [node("Relu", ["b"], ["y"]), node("Relu", ["x"], ["b"])] },
      /the output of an earlier node/,
    ],
    ["a cycle", { nodes: [node("Add", ["x", "y"], ["y"], {}, "loop")] }, /Add "loop".*received "y"/],
    ["an output that no node computes", { nodes: [node("Relu", ["x"], ["z"])] }, /output "y"/],
    [
      "a name made twice",
      { nodes: [node("Relu", ["x"], ["y"], {}, "a"), node("Neg", ["x"], ["y"], {}, "b")] },
      /Neg "b": expected a new name/,
    ],
    ["a missing operand", { nodes: [node("Add", ["x"], ["y"], {}, "half")] }, /Add "half": expected an input 1/],
    ["an operand left out", { nodes: [node("Add", ["", "x"], ["y"], {}, "half")] }, /Add "half": expected an input 0/],
    [
      "an attribute of another type",
      { nodes: [node("Flatten", ["x"], ["y"], { axis: "one" }, "f")] },
      /Flatten "f": expected attribute axis of type int/,
    ],
    ["a wrong rank", { nodes: [node("GlobalAveragePool", ["x"], ["y"], {}, "g")] }, /GlobalAveragePool "g".*\[2, 3\]/],
    [
      "two open sizes",
      { nodes: [node("Reshape", ["x", "s"], ["y"], {}, "r")], initializers: [{ ...int64s([-1, -1]), name: "s" }] },
      /Reshape "r": expected at most one -1/,
    ],
  ];
  for (const [name, spec, message] of cases)
    it(name, () => {
      const error = thrownBy(Error, () => load({ inputs: [x], ...spec }));
      expect(error).toBeInstanceOf(ModelError);
      expect(error.message).toMatch(message);
    });
});

describe("tensors that a hostile file asks for", () => {
  const inputs = { x: [1] };
  it("are refused by node before they are made", () => {
    const weights = { s: int64s([100_000, 100_000]) };
    const large = /100000000.*elements, more than/;
    expect(() => importSketch({ inputs, weights, nodes: [node("ConstantOfShape", ["s"], ["y"])] })).toThrow(large);
    expect(() => importSketch({ inputs, weights, nodes: [node("Expand", ["x", "s"], ["y"])] })).toThrow(large);
    expect(() =>
      importSketch({ inputs: { x: [2] }, weights: { n: int64s([1e6]) }, nodes: [node("Tile", ["x", "n"], ["y"])] }),
    ).toThrow(/1000000 copies/);
  });
  it("may be larger where they are computed at run time", () => {
    const relu = [node("Relu", ["x"], ["y"])];
    const at = (side: number) => importSketch({ inputs: { x: [1, 2, side, side] }, nodes: relu });
    // The first map of the colorizer for a picture of 1024 x 1024 has just over 2^27 elements.
    expect(at(2 ** 14).nodes).toHaveLength(1);
    expect(() => at(2 ** 14 + 8)).toThrow(/elements, more than 536870912/);
  });
  it("cannot have negative or broken sizes", () => {
    const expand = [node("Expand", ["x", "s"], ["y"])];
    expect(() => importSketch({ inputs, weights: { s: int64s([-4]) }, nodes: expand })).toThrow(/negative numbers/);
    const s = { name: "", shape: [1], data: [0.5] };
    expect(() => importSketch({ inputs, weights: { s }, nodes: expand })).toThrow(/shape of whole numbers.*0\.5/);
  });
});

describe("importers", () => {
  it("has every op that is promised", () => {
    const promised =
      "Conv ConvTranspose MaxPool AveragePool GlobalAveragePool ReduceMean Gemm MatMul BatchNormalization Add Sub Mul Div Pow Sqrt " +
      "Min Max Relu LeakyRelu PRelu Elu Sigmoid Tanh Clip HardSigmoid Erf Gelu Softmax Concat Split Slice Pad Reshape Flatten " +
      "Squeeze Unsqueeze Transpose Expand Tile Gather Shape Cast Constant ConstantOfShape Identity Dropout Resize Upsample " +
      "DepthToSpace SpaceToDepth InstanceNormalization LayerNormalization QuantizeLinear DequantizeLinear";
    expect(promised.split(" ").filter((op) => !(op in ENGINE.importers))).toEqual([]);
  });

  it("imports an old and a new opset alike", async () => {
    for (const opset of [7, 22])
      expect(opsOf(await agree({ opset, inputs: { x: [2, 3] }, nodes: [node("Softmax", ["x"], ["y"])] }))).toEqual([
        "softmax",
      ]);
  });
});

it("a model without the version of ONNX's operators is refused", () => {
  const model = {
    ...decodeModel(buildModel({ inputs: [], outputs: [{ name: "y" }], nodes: [] })),
    opsets: { other: 5 },
  };
  const error = thrownBy(ModelError, () => importModel(model, ENGINE));
  expect(error.message).toMatch(
    /expected the version of ONNX's own operators .*, received those of \["other"\]\. Versions/,
  );
});
