/** Colours of hints over a small map: filled regions, edges, and what is between two hints. */
import { describe, expect, it } from "vitest";
import { distances, spreadHints, type SpreadHint } from "../../src/image/spread-hints";

const RED = [60, 40] as const;
const BLUE = [10, -50] as const;

/** A map of 40 x 20 samples whose right half is darker, for a picture of ten times its size. */
const MAP = { width: 40, height: 20 };
const PICTURE = { width: 400, height: 200 };
const halves = (x: number): number => (x < 20 ? 70 : 30);

function field(hints: readonly SpreadHint[], lightness: (x: number, y: number) => number = halves, scale = 1) {
  const map = { width: scale * MAP.width, height: scale * MAP.height };
  const values = Float32Array.from({ length: map.width * map.height }, (_, i) =>
    lightness(Math.floor((i % map.width) / scale), Math.floor(i / map.width / scale)),
  );
  const { share, ab } = spreadHints(hints, PICTURE, { lightness: values, map, valid: map });
  const at = (x: number, y: number): number => scale * y * map.width + scale * x;
  return {
    share: (x: number, y: number) => share[at(x, y)]!,
    colour: (x: number, y: number) => [ab[at(x, y)]!, ab[share.length + at(x, y)]!],
  };
}

const hint = (x: number, y: number, ab: readonly [number, number], spread = 1, radius = 5): SpreadHint => ({
  ...{ x, y, radius, ab, spread },
});

describe.each([1, 4])("on a map %i times as fine as the grid", (scale) => {
  it("fills an even region, and stops at its edge", () => {
    const { share, colour } = field([hint(50, 100, RED)], halves, scale);
    expect(share(5, 10)).toBeGreaterThan(0.99);
    expect(share(0, 0)).toBeGreaterThan(0.8);
    expect(share(18, 19)).toBeGreaterThan(0.6);
    for (const [x, y] of [
      [21, 10],
      [39, 0],
    ] as const)
      expect(share(x, y)).toBeLessThan(0.001);
    const part = share(0, 0);
    expect(colour(0, 0)).toEqual(RED.map((value) => expect.closeTo(part * value, 3) as number));
  });

  it("gives each hint its own colour, and to what lies between the nearer one's", () => {
    const { share, colour } = field([hint(20, 100, RED), hint(180, 100, BLUE)], () => 50, scale);
    for (const [x, ab] of [
      [2, RED],
      [18, BLUE],
    ] as const)
      expect(colour(x, 10)).toEqual(ab.map((value) => expect.closeTo(value, 0) as number));
    const [near, far] = [colour(7, 10)[1]! / share(7, 10), colour(13, 10)[1]! / share(13, 10)];
    expect(near).toBeGreaterThan(15);
    expect(far).toBeLessThan(-15);
  });
});

it("reaches as far as the hint says: without spread, its disc alone", () => {
  const reach = (spread: number): number[] => {
    const { share } = field([hint(100, 100, RED, spread, 18)], () => 50);
    return [10, 11, 15, 30].map((x) => share(x, 10));
  };
  expect(reach(0)).toEqual([1, 1, 0, 0]);
  const [narrow, wide] = [reach(0.3), reach(2)];
  expect(narrow[2]).toBeLessThan(wide[2]!);
  expect(wide[3]).toBeGreaterThan(0.8);
  expect(narrow[3]).toBeLessThan(0.2);
});

it("passes a shadow that grows slowly, and no edge of the same height", () => {
  const slope = (x: number): number => Math.min(70, Math.max(30, 70 - 2 * (x - 10)));
  expect(field([hint(50, 100, RED)], slope).share(32, 10)).toBeGreaterThan(0.05);
  expect(field([hint(50, 100, RED)], halves).share(32, 10)).toBeLessThan(0.001);
});

it("keeps a colour where a hint says what is there already", () => {
  const alone = field([hint(50, 100, RED)], () => 50);
  const kept = field([hint(50, 100, RED), hint(300, 100, [0, 0])], () => 50);
  expect(alone.colour(30, 10)[0]).toBeGreaterThan(20);
  expect(Math.abs(kept.colour(30, 10)[0]!)).toBeLessThan(0.1);
  expect(kept.share(30, 10)).toBeGreaterThan(0.99);
});

it("says nothing where no hint lies in the picture", () => {
  const { share, colour } = field([hint(-50, 900, RED)]);
  expect([share(0, 0), share(39, 19), ...colour(10, 10)]).toEqual([0, 0, 0, 0]);
});

it("goes around walls: a path may turn back", () => {
  // A spiral corridor of L* 50 between walls of 100; numbers say how far along it a sample is.
  const rows = ["0......", "######.", ".....#.", ".###.#.", ".#...#.", ".#####.", "......."];
  const values = rows.flatMap((row) => [...row].map((c) => (c === "#" ? 1000 : 50)));
  const lengths = distances({ values, width: 7, height: 7, stride: 7 }, [0]);
  const even = 1.5 / 7;
  // 6 steps right, 6 down, 6 left, 4 up, 4 right, 2 down, 2 left; corners are cut diagonally where no wall stands: nowhere.
  expect(lengths[4 * 7 + 2]! / even).toBeGreaterThan(22);
  expect(lengths[4 * 7 + 2]!).toBeLessThan(30 * even);
  expect(lengths[6]! / even).toBeCloseTo(6);
});
