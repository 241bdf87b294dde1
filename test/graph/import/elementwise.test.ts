import { describe, expect, it } from "vitest";
import { node } from "../../../tools/onnx-writer";
import { interpretAll } from "../../reference/interpret";
import { agree, floats, importSketch, int64s, opsOf, type Sketch } from "./harness";

const X = [2, 3, 4, 5];
const unary = (op: string, attributes: Parameters<typeof node>[3] = {}, more: Partial<Sketch> = {}): Sketch => ({
  inputs: { x: X },
  nodes: [node(op, ["x"], ["y"], attributes)],
  range: [-3, 3],
  ...more,
});

describe("functions of one tensor", () => {
  const positive = { range: [0.1, 4] as const };
  const cases: [string, Sketch][] = [
    ...["Relu", "Sigmoid", "Tanh", "Exp", "Abs", "Neg", "Floor", "Ceil", "Softplus", "Erf"].map(
      (op): [string, Sketch] => [op, unary(op)],
    ),
    ...["Sqrt", "Log", "Reciprocal"].map((op): [string, Sketch] => [op, unary(op, {}, positive)]),
    ["LeakyRelu", unary("LeakyRelu", { alpha: 0.2 })],
    ["LeakyRelu by default", unary("LeakyRelu")],
    ["Elu", unary("Elu", { alpha: 1.5 })],
    ["Celu", unary("Celu", { alpha: 0.7 })],
    ["Celu by default", unary("Celu")],
    ["Celu of an alpha below the normal numbers of f32", unary("Celu", { alpha: 1e-38 })],
    ["Celu of an alpha whose inverse is too large for f32", unary("Celu", { alpha: 1e-44 })],
    ["Selu", unary("Selu")],
    ["HardSigmoid", unary("HardSigmoid", { alpha: 0.3, beta: 0.4 })],
    ["HardSwish", unary("HardSwish")],
    ["Mish", unary("Mish", {}, { opset: 18 })],
    ["Softsign", unary("Softsign")],
    ["Gelu", unary("Gelu", {}, { opset: 20 })],
    ["Gelu tanh", unary("Gelu", { approximate: "tanh" }, { opset: 20 })],
    ["Clip with attributes", unary("Clip", { min: -0.5, max: { float: 1 } }, { opset: 9 })],
    ["Clip above only, opset 7", unary("Clip", { max: 0.5 }, { opset: 7 })],
    [
      "Identity and Dropout",
      {
        ...unary("Dropout"),
        nodes: [node("Identity", ["x"], ["i"]), node("Dropout", ["i"], ["d"]), node("Relu", ["d"], ["y"])],
      },
    ],
  ];
  for (const [name, sketch] of cases) it(name, async () => void (await agree(sketch)));

  it("Clip with optional inputs", async () => {
    const graph = await agree({
      inputs: { x: X },
      weights: { low: floats([-0.25], []) },
      nodes: [node("Clip", ["x", "low"], ["a"]), node("Clip", ["a", "", "low"], ["y"])],
    });
    expect(graph.nodes[0]).toMatchObject({ op: "unary", attributes: { activation: { fn: "clip", min: -0.25 } } });
    expect(graph.nodes[0]!.attributes).toMatchObject({ activation: { max: Infinity } });
  });

  it("refuses attributes that are NaN, of which shaders would not compile", () => {
    for (const [op, name] of [
      ["Clip", "min"],
      ["LeakyRelu", "alpha"],
      ["Elu", "alpha"],
      ["HardSigmoid", "beta"],
    ] as const)
      expect(() => importSketch(unary(op, { [name]: { float: NaN } }, { opset: 10 }))).toThrow(
        new RegExp(`attribute ${name}=NaN`),
      );
    expect(() =>
      importSketch(unary("Pad", { pads: [0, 1, 0, 0, 0, 0, 0, 0], value: { float: NaN } }, { opset: 10 })),
    ).toThrow(/value=NaN/);
    const bounded = { inputs: { x: X }, weights: { nan: floats([NaN], []) } };
    const padded = { ...bounded, weights: { ...bounded.weights, pads: int64s([0, 1, 0, 0, 0, 0, 0, 0]) } };
    expect(() => importSketch({ ...padded, nodes: [node("Pad", ["x", "pads", "nan"], ["y"])] })).toThrow(/value=NaN/);
    expect(opsOf(importSketch({ ...bounded, nodes: [node("Clip", ["x", "nan"], ["y"])] }))).toEqual(["binary"]);
  });

  it("the largest float as a bound means no bound", () => {
    const graph = importSketch(
      unary("Clip", { min: { float: 0 }, max: { float: 3.4028234663852886e38 } }, { opset: 7 }),
    );
    expect(graph.nodes[0]!.attributes).toEqual({ activation: { fn: "clip", min: 0, max: Infinity } });
  });
});

describe("functions of two tensors and more", () => {
  const two = (op: string, b: number[], more: Partial<Sketch> = {}): Sketch => ({
    inputs: { x: X, b },
    nodes: [node(op, ["x", "b"], ["y"])],
    range: [0.5, 2],
    ...more,
  });
  const cases: [string, Sketch][] = [
    ["Add same shape", two("Add", X)],
    ["Sub per channel", two("Sub", [3, 1, 1])],
    [
      "Mul with more dimensions on the right",
      { ...two("Mul", X), nodes: [node("Mul", ["b", "x"], ["y"])], inputs: { x: X, b: [1, 5] } },
    ],
    ["Div both ways", { ...two("Div", [2, 1, 4, 1]), inputs: { x: [3, 1, 5], b: [2, 1, 4, 1] } }],
    ["Pow of tensors", two("Pow", [5])],
    ["PRelu", { inputs: { x: X }, weights: { s: [3, 1, 1] }, nodes: [node("PRelu", ["x", "s"], ["y"])] }],
    [
      "Min and Max of three",
      {
        inputs: { a: X, b: [5], c: [4, 1] },
        nodes: [node("Min", ["a", "b", "c"], ["m"]), node("Max", ["b", "m", "c"], ["y"])],
      },
    ],
    [
      "Sum and Mean of three",
      {
        inputs: { a: X, b: [5], c: [4, 1] },
        nodes: [node("Sum", ["a", "b", "c"], ["m"]), node("Mean", ["b", "m", "c"], ["y"])],
      },
    ],
  ];
  for (const [name, sketch] of cases) it(name, async () => void (await agree(sketch)));

  for (const [exponent, ops] of [
    [1, []],
    [2, ["binary"]],
    [3, ["binary", "binary"]],
    [0.5, ["unary"]],
    [-1, ["unary"]],
    [1.7, ["binary"]],
  ] as const)
    it(`Pow ${exponent}`, async () => {
      const range = exponent > 0.9 && Number.isInteger(exponent) ? ([-2, 2] as const) : ([0.2, 2] as const);
      const nodes = [node("Pow", ["x", "n"], ["p"]), node("Neg", ["p"], ["y"])];
      const graph = await agree({ inputs: { x: X }, weights: { n: floats([exponent], []) }, nodes, range });
      expect(opsOf(graph).slice(0, -1)).toEqual(ops);
    });

  it("Where with a constant condition", async () => {
    const condition = { name: "", dtype: "bool" as const, shape: [4, 1], data: [1, 0, 0, 1] };
    const weights = { c: condition, minus: floats([-Infinity], []) };
    await agree({ inputs: { x: X, z: [5] }, weights, nodes: [node("Where", ["c", "x", "z"], ["y"])] });
    await agree({
      inputs: { x: X },
      weights,
      nodes: [node("Where", ["c", "x", "minus"], ["m"]), node("Softmax", ["m"], ["y"], { axis: 2 })],
    });
  });

  it("Where, comparisons and logic at run time", async () => {
    const weights = { half: floats([0.25], []), minus: floats([-Infinity], []), zero: floats([0], []) };
    for (const op of ["Less", "LessOrEqual", "Greater", "GreaterOrEqual", "Equal"])
      await agree({
        inputs: { x: X, z: [4, 5] },
        weights,
        nodes: [
          node("Round", ["half"], ["r"]),
          node("Floor", ["x"], ["whole"]),
          node(op, ["whole", "r"], ["c"]),
          node("Where", ["c", "x", "z"], ["y"]),
        ],
      });
    const logic = [
      node("Less", ["x", "half"], ["a"]),
      node("Greater", ["x", "z"], ["b"]),
      node("And", ["a", "b"], ["both"]),
      node("Or", ["a", "b"], ["any"]),
      node("Xor", ["both", "any"], ["one"]),
      node("Not", ["one"], ["not"]),
      node("Cast", ["not"], ["f"], { to: 1 }),
      node("Log", ["f"], ["log"]),
      node("Where", ["one", "zero", "log"], ["chosen"]),
      node("Where", ["any", "chosen", "x"], ["y"]),
    ];
    await agree({ inputs: { x: X, z: [4, 5] }, weights, nodes: logic });
  });

  it("a selected value does not depend on an infinite one beside it", async () => {
    const graph = importSketch({
      inputs: { x: [2] },
      weights: { c: { name: "", dtype: "bool", shape: [2], data: [1, 0] }, zero: floats([0], []) },
      nodes: [node("Log", ["x"], ["log"]), node("Where", ["c", "zero", "log"], ["y"])],
    });
    const y = interpretAll(graph, { x: Float32Array.of(0, 1) }).get("y")!;
    expect([...y.data]).toEqual([0, 0]);
  });

  it.each([0, -0.5].map((float) => [float, { float }] as const))(
    "Celu of alpha %s, which its formula does not have, is refused",
    (_, alpha) => {
      expect(() => importSketch(unary("Celu", { alpha }))).toThrow(/attribute alpha=/);
    },
  );

  it("whole numbers exist in constants only", () => {
    const nodes = [node("Cast", ["x"], ["i"], { to: 7 }), node("Relu", ["i"], ["y"])];
    expect(() => importSketch({ inputs: { x: X }, nodes })).toThrow(/Cast .*from f32 to i64.*run time/);
  });

  it("shapes that do not fit are the model's fault, by node", () => {
    const nodes = [node("Add", ["x", "b"], ["y"], {}, "bad add")];
    expect(() => importSketch({ inputs: { x: X, b: [2] }, nodes })).toThrow(
      /Add "bad add": expected shapes that broadcast, received \[2, 3, 4, 5\] and \[2\]/,
    );
    expect(() =>
      importSketch({ inputs: { x: X }, weights: { a: int64s([7]) }, nodes: [node("Squeeze", ["x", "a"], ["y"])] }),
    ).toThrow(/an axis of a tensor of rank 4, received 7/);
  });
});
