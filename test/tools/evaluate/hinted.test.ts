/** Where a person who knows the colours would put the next hint. */
import { expect, it } from "vitest";
import { neededHint } from "../../../tools/evaluate/hinted";
import { greyOf, truthOf } from "../../../tools/evaluate/metrics";
import type { Pixels } from "../../../src/node/images";

/** Grey, with squares of 20 pixels from (x, y) in the given colours. */
function scene(squares: readonly { x: number; y: number; color: readonly [number, number, number] }[]): Pixels {
  const [width, height] = [120, 90];
  const data = new Uint8ClampedArray(4 * width * height).fill(128);
  for (const { x, y, color } of squares)
    for (let row = y; row < y + 20; row++)
      for (let column = x; column < x + 20; column++) data.set(color, 4 * (row * width + column));
  return { data, width, height };
}

const ORANGE = { x: 70, y: 50, color: [230, 120, 40] } as const;
const PALE = { x: 10, y: 10, color: [140, 128, 120] } as const;

it("is the true colour of the place that is most wrong", () => {
  const truth = truthOf(scene([ORANGE, PALE]));
  const { x, y, radius, color } = neededHint(greyOf(truth.pixels), truth);
  expect({ radius, color }).toEqual({ radius: 1, color: [230, 120, 40] });
  for (const [place, from] of [
    [x, 70],
    [y, 50],
  ] as const) {
    expect(place).toBeGreaterThan(from + 1);
    expect(place).toBeLessThan(from + 19);
  }
});

it("is elsewhere once that place is right", () => {
  const truth = truthOf(scene([ORANGE, PALE]));
  const { x, y, color } = neededHint(scene([ORANGE]), truth);
  expect([x, y].every((place) => place > 10 && place < 30)).toBe(true);
  expect(color).toEqual([140, 128, 120]);
});
