import { describe, expect, it } from "vitest";
import { cumSum } from "../../../src/kernels/cum-sum";
import { describeCases } from "../../kernels/check-case";
import { node } from "../../../tools/onnx-writer";
import { cases } from "../../reference/ops/cum-sum";
import { agree, importSketch, int64s, opsOf } from "../import/harness";

describeCases("cumSum", cases);

it("refuses sizes that are not positive", () => {
  const rows = { outer: 1, axis: 0, inner: 1 };
  expect(() => cumSum.plan({ ...rows, exclusive: false, reverse: false, elem: "f32" })).toThrow(/positive/);
});

describe("import", () => {
  const modes = [0, 1].flatMap((exclusive) => [0, 1].map((reverse) => ({ exclusive, reverse })));

  it.each(modes)("of a runtime value agrees with onnxruntime: %o", async (attributes) => {
    for (const axis of [0, 1, -1]) {
      const weights = { axis: int64s([axis], []) };
      const graph = await agree({
        inputs: { x: [2, 3, 4] },
        weights,
        nodes: [node("CumSum", ["x", "axis"], ["y"], attributes)],
      });
      expect(opsOf(graph)).toEqual(["cumSum"]);
    }
  });

  it.each(modes)("of constants is evaluated, whole numbers as such: %o", async (attributes) => {
    const graph = await agree({
      inputs: { x: [2, 3] },
      weights: { c: [2, 3], n: int64s([1, 2 ** 31, 3, 4, 5, 6], [2, 3]), axis: int64s([1]) },
      nodes: [
        node("CumSum", ["n", "axis"], ["m"], attributes),
        node("Cast", ["m"], ["f"], { to: 1 }),
        node("CumSum", ["c", "axis"], ["s"], attributes),
        node("Sum", ["x", "s", "f"], ["y"]),
      ],
    });
    expect(opsOf(graph)).toEqual(["binary", "binary"]);
  });

  it("refuses more than one axis, and one that x does not have", () => {
    const sum = [node("CumSum", ["x", "axis"], ["y"])];
    expect(() => importSketch({ inputs: { x: [2, 3] }, weights: { axis: int64s([0, 1]) }, nodes: sum })).toThrow(
      /one axis/,
    );
    expect(() => importSketch({ inputs: { x: [2, 3] }, weights: { axis: int64s([2]) }, nodes: sum })).toThrow(
      /an axis of a tensor of rank 2/,
    );
  });
});
