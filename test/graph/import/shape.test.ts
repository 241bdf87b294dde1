import { describe, expect, it } from "vitest";
import { node } from "../../../tools/onnx-writer";
import { interpretAll } from "../../reference/interpret";
import { agree, floats, importSketch, int64s, opsOf, type Sketch } from "./harness";

const X = [2, 3, 4, 5];
type Attributes = Parameters<typeof node>[3];

/** One op on x with int64 lists as further inputs; "" leaves one out. */
function withLists(
  op: string,
  lists: readonly (readonly number[] | "")[],
  attributes: Attributes = {},
  opset = 17,
  x: readonly number[] = X,
): Sketch {
  const names = lists.map((list, i) => (list === "" ? "" : `list${i}`));
  const given = lists.flatMap((list, i) => (list === "" ? [] : [[`list${i}`, int64s(list)] as const]));
  return {
    opset,
    inputs: { x },
    weights: Object.fromEntries(given),
    nodes: [node(op, ["x", ...names], ["y"], attributes)],
  };
}

describe("reshaping", () => {
  const cases: [string, Sketch][] = [
    ["Reshape", withLists("Reshape", [[6, 20]])],
    ["Reshape with 0 and -1", withLists("Reshape", [[0, -1, 5]])],
    ["Flatten", withLists("Flatten", [])],
    ["Flatten axis 0", withLists("Flatten", [], { axis: 0 })],
    ["Flatten axis -1", withLists("Flatten", [], { axis: -1 })],
    ["Flatten axis 4", withLists("Flatten", [], { axis: 4 })],
    ["Squeeze by attribute", withLists("Squeeze", [], { axes: [0, -2] }, 11, [1, 3, 1, 1])],
    ["Squeeze by input", withLists("Squeeze", [[2, -4]], {}, 13, [1, 3, 1, 1])],
    ["Squeeze of everything", withLists("Squeeze", [], {}, 13, [1, 3, 1, 1])],
    ["Unsqueeze by attribute", withLists("Unsqueeze", [], { axes: [3, 0] }, 11, [3, 4])],
    ["Unsqueeze by input", withLists("Unsqueeze", [[-1, 1]], {}, 13, [3, 4])],
  ];
  for (const [name, sketch] of cases)
    it(name, async () => expect(opsOf(await agree(sketch)).every((op) => op === "reshape")).toBe(true));
});

describe("broadcasting and copies", () => {
  const cases: [string, Sketch, string[]][] = [
    ["Expand", withLists("Expand", [[2, 3, 4, 5]], {}, 17, [2, 1, 4, 1]), ["expand"]],
    ["Expand to more dimensions", withLists("Expand", [[2, 1, 4, 5]], {}, 17, [3, 1, 1]), ["reshape", "expand"]],
    ["Expand keeps sizes where 1 is asked", withLists("Expand", [[1, 1]], {}, 17, [3, 4]), []],
    ["Tile of single pixels", withLists("Tile", [[1, 1, 4, 3]], {}, 17, [2, 3, 1, 1]), ["expand"]],
    ["Tile", withLists("Tile", [[2, 3, 1]], {}, 17, [1, 2, 3]), ["expand", "concat"]],
  ];
  for (const [name, sketch, ops] of cases) it(name, async () => expect(opsOf(await agree(sketch))).toEqual(ops));
});

describe("rearranging", () => {
  const end = 2 ** 63;
  const slices: [string, Sketch][] = [
    ["by attributes, opset 9", withLists("Slice", [], { starts: [1, -2], ends: [end, -1], axes: [1, 3] }, 9)],
    [
      "without axes",
      withLists(
        "Slice",
        [
          [0, 1],
          [1, 3],
        ],
        {},
        10,
      ),
    ],
    [
      "negative axes and steps",
      withLists(
        "Slice",
        [
          [-1, 3],
          [-end, 0],
          [-1, 2],
          [-2, -1],
        ],
        {},
        11,
      ),
    ],
    ["step 3 past the end", withLists("Slice", [[1], [100], [3], [3]], {}, 13)],
    ["reversed from beyond the end", withLists("Slice", [[100], [-100], [2], [-3]])],
  ];
  for (const [name, sketch] of slices)
    it(`Slice ${name}`, async () => expect(opsOf(await agree(sketch))).toEqual(["slice"]));

  const pads: [string, Sketch][] = [
    ["constant by attribute", withLists("Pad", [], { pads: [0, 0, 1, 2, 0, 1, 0, 3], value: 0.5 }, 9)],
    ["reflect", withLists("Pad", [[0, 0, 3, 2, 0, 0, 1, 4]], { mode: "reflect" })],
    ["edge", withLists("Pad", [[1, 0, 3, 7, 0, 2, 1, 0]], { mode: "edge" })],
    ["negative", withLists("Pad", [[0, 0, -1, 2, 0, -2, 3, -1]])],
    ["along axes", withLists("Pad", [[1, 2, 0, 3], "", [-1, 1]], {}, 18)],
  ];
  for (const [name, sketch] of pads) it(`Pad ${name}`, async () => void (await agree(sketch)));
  it("Pad with a value", async () => {
    const sketch = withLists("Pad", [[0, 1, 0, 0, 0, 0, 0, 2]]);
    const weights = { ...sketch.weights, value: floats([2.5], []) };
    await agree({ ...sketch, weights, nodes: [node("Pad", ["x", "list0", "value"], ["y"])] });
  });

  const splits: [string, Sketch][] = [
    ["equal", withLists("Split", [], { axis: -1 }, 11, [2, 6])],
    ["by attribute", withLists("Split", [], { axis: 1, split: [1, 5] }, 11, [2, 6])],
    ["by input", withLists("Split", [[4, 2]], { axis: 1 }, 13, [2, 6])],
    ["num_outputs with a smaller last part", withLists("Split", [], { axis: 1, num_outputs: 2 }, 18, [2, 7])],
  ];
  for (const [name, sketch] of splits)
    it(`Split ${name}`, async () => {
      const [only] = sketch.nodes;
      const graph = await agree({ ...sketch, nodes: [{ ...only!, outputs: ["y", "z"] }] });
      expect(graph.nodes.map(({ op, output }) => `${op} ${output}`)).toEqual(["slice y", "slice z"]);
    });

  const gathers: [string, Sketch, string[]][] = [
    ["scattered", withLists("Gather", [[2, 0, -1, 1]], { axis: 2 }), ["gather"]],
    ["in a row", withLists("Gather", [[1, 2, 3]], { axis: 3 }), ["slice"]],
    ["backwards", withLists("Gather", [[2, 0]], { axis: 1 }), ["slice"]],
    ["repeated", withLists("Gather", [[1, 1, 1]], { axis: 0 }), ["gather"]],
  ];
  for (const [name, sketch, ops] of gathers)
    it(`Gather ${name}`, async () => expect(opsOf(await agree(sketch))).toEqual(ops));
  it("Gather with a scalar drops the axis, with a matrix adds one", async () => {
    const nodes = (i: string) => [node("Gather", ["x", i], ["y"], { axis: -2 })];
    const weights = { one: int64s([-3], []), four: int64s([3, 0, 0, 2], [2, 2]) };
    expect(opsOf(await agree({ inputs: { x: X }, weights, nodes: nodes("one") }))).toEqual(["slice", "reshape"]);
    expect(opsOf(await agree({ inputs: { x: X }, weights, nodes: nodes("four") }))).toEqual(["gather", "reshape"]);
  });

  it("Transpose", async () => {
    await agree(withLists("Transpose", [], { perm: [2, 0, 3, 1] }));
    await agree(withLists("Transpose", []));
  });
  it("Concat of runtime values and constants", async () => {
    await agree({
      inputs: { x: X, z: [2, 1, 4, 5] },
      weights: { w: [2, 2, 4, 5] },
      nodes: [node("Concat", ["x", "w", "z"], ["y"], { axis: -3 })],
    });
  });
  it("SpaceToDepth of opset 28 in mode CRD keeps the pixels of a channel together", () => {
    const x = [0, 6, 1, 7, 12, 18, 13, 19, 24, 30, 25, 31];
    const graph = importSketch({
      opset: 28,
      inputs: { x: [1, 3, 2, 2] },
      nodes: [node("SpaceToDepth", ["x"], ["y"], { blocksize: 2, mode: "CRD" })],
    });
    // Blocks of 2x2 pixels are whole pictures here, so their order is that of x.
    expect([...interpretAll(graph, { x: Float32Array.from(x) }).get(graph.outputs[0]!.value)!.data]).toEqual(x);
  });

  it("DepthToSpace and SpaceToDepth", async () => {
    const x = { x: [2, 12, 3, 2] };
    for (const mode of ["DCR", "CRD"])
      await agree({ inputs: x, nodes: [node("DepthToSpace", ["x"], ["y"], { blocksize: 2, mode })] });
    await agree({ inputs: { x: [2, 3, 4, 6] }, nodes: [node("SpaceToDepth", ["x"], ["y"], { blocksize: 2 })] });
  });
  it("refuses pads and modes that it does not do", () => {
    expect(() => importSketch(withLists("Pad", [[0, 0, 0, 5, 0, 0, 0, 0]], { mode: "reflect" }))).toThrow(
      /reflection over/,
    );
    expect(() => importSketch(withLists("Pad", [[0, 0, 0, 1, 0, 0, 0, 0]], { mode: "mirror" }, 19))).toThrow(
      /mode=mirror/,
    );
  });
});

it("a list as an input is refused in opsets that have it as an attribute", () => {
  expect(() => importSketch(withLists("ReduceSumSquare", [[1]], {}, 16))).toThrow(
    /expected axes as an attribute, as in opset 16, received an input 1/,
  );
  expect(opsOf(importSketch(withLists("ReduceSumSquare", [[1]], {}, 18)))).toContain("reduce");
});
