import { expect, it } from "vitest";
import { median, noiseOf, spreadOf } from "../../bench/statistics";

it("finds median and quartiles of unsorted values", () => {
  expect(median([9, 1, 5])).toBe(5);
  expect(median([4, 1, 3, 2])).toBe(2.5);
  expect(spreadOf([50, 10, 30, 20, 40])).toEqual({ median: 30, low: 20, high: 40, repeats: 5 });
});

it("has no spread where nothing, or nothing known, was measured", () => {
  expect(spreadOf([])).toBeUndefined();
  expect(spreadOf([1, NaN])).toBeUndefined();
});

it("estimates the noise of a median: by the formula, none for equal values, less for more of them", () => {
  const [low, high] = [Math.exp(-0.1349), Math.exp(0.1349)];
  // Quartiles of [low, low, high, high] in logarithms: -0.1349 and 0.1349, so sigma is 0.2.
  expect(noiseOf([low, high, low, high])).toBeCloseTo((Math.sqrt(Math.PI / 2) * 0.2) / 2, 6);
  expect(noiseOf([3, 3, 3])).toBe(0);
  const many = Array.from({ length: 16 }, (_, i) => (i % 2 ? low : high));
  expect(noiseOf(many)).toBeCloseTo(noiseOf([low, high, low, high]) / 2, 6);
  expect(noiseOf([3])).toBe(Infinity);
});
