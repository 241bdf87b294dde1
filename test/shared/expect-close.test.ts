import { expect, it } from "vitest";
import { expectClose, maxError } from "./expect-close";

it("finds the largest difference and where it is", () => {
  expect(maxError([1, 2, 5], [1, 4, 4])).toEqual({ index: 1, error: 2, range: 3 });
  expect(() => expectClose([1, 2, 5], [1, 4, 4], { abs: 2 })).not.toThrow();
  expect(() => expectClose([1, 2, 5], [1, 4, 4], { abs: 1.9, range: 0.5 }, "y")).toThrow(
    /^y: at 1 of 3: 2 instead of 4/,
  );
});

it("takes no value for another that is not a number or not finite", () => {
  for (const wrong of [NaN, Infinity, -Infinity])
    expect(() => expectClose([0, wrong], [0, 1], { abs: 1e9, range: 1e9 })).toThrow(/at 1 of 2/);
  expect(() => expectClose([NaN, Infinity], [NaN, Infinity], { abs: 0 })).not.toThrow();
});

it("allows no more where an expected value is infinite", () => {
  expect(() => expectClose([Infinity, 5, 1], [Infinity, 2, 1], { range: 0.1 })).toThrow(/at 1 of 3: 5 instead of 2/);
});

it("compares the same number of elements, and some", () => {
  expect(() => expectClose([1], [1, 2], { abs: 9 })).toThrow(/1 elements instead of 2/);
  expect(() => expectClose([], [], { abs: 9 })).toThrow(/nothing to compare/);
});
