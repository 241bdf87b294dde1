/** Where a person who knows the colours would put the next hint. */
import { expect, it } from "vitest";
import { Hinted, neededHint } from "../../../tools/evaluate/hinted";
import { greyOf, truthOf } from "../../../tools/evaluate/metrics";
import type { ColorHint } from "../../../src/colorizer/hints";
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

it("has the true colour, or of the likely ones the nearest in hue and chroma, whatever its lightness; the true one where none is likely", async () => {
  const photograph = scene([ORANGE]);
  const truth = truthOf(photograph);
  const grey = greyOf(photograph);
  const colourOf = async (likely: boolean, offered: readonly string[]): Promise<ColorHint["color"]> => {
    let hints: readonly ColorHint[] = [];
    const picture = {
      likelyColors: () => offered.map((color) => ({ color, probability: 0.1 })),
      shownWith: async (given: readonly ColorHint[]) => ((hints = given), grey),
    };
    const model = { name: "m", facts: { model: "m 1" }, hintable: async () => picture };
    const hinted = new Hinted(model, { count: 1, likely });
    expect(hinted.name).toBe(likely ? "m, 1 likely hint" : "m, 1 hint");
    await hinted.colorize({ name: "p", grey, truth, original: grey });
    return hints[0]!.color;
  };
  const offered = ["#808080", "#733c14", "#2850e6"]; // grey, a dark orange, blue
  expect(await colourOf(false, offered)).toEqual(ORANGE.color);
  expect(await colourOf(true, offered)).toBe("#733c14");
  expect(await colourOf(true, [])).toEqual(ORANGE.color);
});
