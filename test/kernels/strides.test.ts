import { describe, expect, it } from "vitest";
import { rowsAlong } from "../../src/kernels/reduce";
import { stridesOf } from "../../src/base/strides";
import { collapseAxes, operandStrides, toMaxAxes } from "../../src/kernels/strides";

describe("strides", () => {
  it("are row-major", () => {
    expect(stridesOf([2, 3, 5])).toEqual([15, 5, 1]);
    expect(stridesOf([])).toEqual([]);
  });

  it("are zero where an axis is repeated", () => {
    expect(operandStrides("k", [3, 1], [2, 3, 5])).toEqual([0, 1, 0]);
    expect(operandStrides("k", [2, 3, 5], [2, 3, 5])).toEqual([15, 5, 1]);
    expect(() => operandStrides("k", [3], [4])).toThrow(/broadcasts to \[4\]/);
    expect(() => operandStrides("k", [1, 4], [4])).toThrow(/broadcasts to \[4\]/);
  });
});

describe("collapseAxes", () => {
  it("merges what every operand walks as one", () => {
    const dims = [2, 3, 5, 4];
    expect(collapseAxes(dims, [stridesOf(dims)])).toEqual({ dims: [120], strides: [[1]] });
    expect(collapseAxes(dims, [stridesOf(dims), [0, 0, 0, 1]])).toEqual({
      dims: [30, 4],
      strides: [
        [4, 1],
        [0, 1],
      ],
    });
  });

  it("drops axes of size 1 and keeps at least one axis", () => {
    expect(collapseAxes([2, 1, 3], [[3, 99, 1]])).toEqual({ dims: [6], strides: [[1]] });
    expect(collapseAxes([1, 1], [[5, 7]]).dims).toEqual([1]);
  });

  it("keeps apart what moves apart", () => {
    expect(collapseAxes([3, 2], [[1, 3]])).toEqual({ dims: [3, 2], strides: [[1, 3]] });
    expect(collapseAxes([4, 6], [[6, -1]]).dims).toEqual([4, 6]);
  });
});

it("fills in front up to the axes that shaders unroll", () => {
  expect(toMaxAxes("k", [4, 5], 1)).toEqual([1, 1, 1, 1, 4, 5]);
  expect(() => toMaxAxes("k", [2, 2, 2, 2, 2, 2, 2], 1)).toThrow(/at most 6 axes/);
});

it("splits a shape around an axis", () => {
  expect(rowsAlong([2, 3, 5, 7], 2)).toEqual({ outer: 6, axis: 5, inner: 7 });
  expect(rowsAlong([4], 0)).toEqual({ outer: 1, axis: 4, inner: 1 });
});
