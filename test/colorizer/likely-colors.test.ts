/** The likely colours of a place, from scores that are made by hand. */
import { expect, it } from "vitest";
import { likelyColors } from "../../src/colorizer/likely-colors";
import { InputError } from "../../src/base/errors";
import { storedElements } from "../../src/gpu/storage";
import type { Chroma } from "../../src/image/chroma";
import { rgbToLab } from "../../src/image/lab";

/** Grey, a neighbour of it, red, and blue. */
const CELLS = [
  [0, 0],
  [10, 0],
  [50, 40],
  [10, -50],
] as const;
const PICTURE = { width: 40, height: 20 };

/** Scores of 4 x 2 samples, of which the picture covers 4 x 2: everywhere grey, but for the last sample's own. */
function output(last: readonly number[], cells: Chroma["output"], elem: Chroma["elem"] = "f32"): Chroma {
  const values = new Float32Array(CELLS.length * 8);
  CELLS.forEach((_, cell) => {
    for (let i = 0; i < 8; i++) values[8 * cell + i] = cell === 0 ? 20 : 0;
    values[8 * cell + 7] = last[cell]!;
  });
  const size = { width: 16, height: 8 };
  const luminance = new Float32Array(8).fill(50);
  const bytes = storedElements(values, elem);
  return { output: cells, bytes, elem, map: { width: 4, height: 2 }, size, padded: size, luminance };
}

const cells = { name: "scores", kind: "cells", cells: CELLS, temperature: 0.1 } as const;
const scores = [0.3, 0.2, 0.45, 0.04].map((probability) => Math.log(probability) + 7);
const lab = (color: string): number[] => [
  ...rgbToLab([1, 3, 5].map((at) => parseInt(color.slice(at, at + 2), 16) / 255) as [number, number, number]),
];

it("are the means of neighbouring cells, the likeliest first, as light as the photograph", () => {
  const likely = likelyColors(output(scores, cells), PICTURE, { x: 39.9, y: 19.9 });
  const sum = 0.99;
  const expected = [0.5 / sum, 0.45 / sum, 0.04 / sum];
  expect(likely).toHaveLength(3);
  likely.forEach(({ probability }, i) => expect(probability).toBeCloseTo(expected[i]!, 5));
  const [grey, red, blue] = likely.map(({ color }) => lab(color));
  for (const [found, wanted] of [
    [grey, [50, 4, 0]],
    [red, [50, 50, 40]],
    [blue, [50, 10, -50]],
  ] as const)
    found!.forEach((value, axis) => expect(Math.abs(value - wanted[axis]!)).toBeLessThan(0.6));
});

it("are the same of numbers that are stored as f16, but for rounding", () => {
  const [exact, rounded] = (["f32", "f16"] as const).map((elem) =>
    likelyColors(output(scores, cells, elem), PICTURE, { x: 39, y: 19 }),
  );
  expect(rounded!.map(({ color }) => color)).toEqual(exact!.map(({ color }) => color));
  rounded!.forEach(({ probability }, i) => expect(probability).toBeCloseTo(exact![i]!.probability, 2));
});

it("are those of the sample under the place", () => {
  const at = (x: number, y: number): number => likelyColors(output(scores, cells), PICTURE, { x, y }).length;
  expect([at(0, 0), at(29.9, 19), at(39, 9.9), at(30, 10)]).toEqual([1, 1, 1, 3]);
});

it("are none where the network predicts one colour, and an error outside of the photograph", () => {
  const one = { name: "ab", kind: "ab", scale: 128 } as const;
  expect(likelyColors(output(scores, one), PICTURE, { x: 1, y: 1 })).toEqual([]);
  for (const [x, y] of [
    [-1, 0],
    [40, 0],
    [0, 20],
    [NaN, 0],
  ] as const)
    expect(() => likelyColors(output(scores, cells), PICTURE, { x, y })).toThrow(InputError);
});
