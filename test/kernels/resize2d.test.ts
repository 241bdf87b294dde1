import { describe, expect, it } from "vitest";
import { nearestCoordinate, nearestFraction, resize2d, sourceCoordinate } from "../../src/kernels/resize2d";
import { cases as resize2dCases } from "../reference/ops/resize";
import { describeCases } from "./check-case";

describeCases("resize2d", resize2dCases);

describe("source coordinates", () => {
  it("finds the ratio behind a float", () => {
    expect(nearestFraction(Math.fround(5 / 3), 10_000, 10_000)).toEqual([5, 3]);
    expect(nearestFraction(2, 10, 10)).toEqual([2, 1]);
    expect(nearestFraction(Math.fround(0.1), 10_000, 10_000)).toEqual([1, 10]);
    const [n, d] = nearestFraction(Math.PI, 1000, 1000);
    expect([n, d]).toEqual([355, 113]);
  });

  it("is exact where f32 arithmetic misses the pixel", () => {
    // 3 x 49/3 = 49 exactly; in f32, 49 / (49/3) can fall below 3, and floor() on the pixel before.
    const { step, start, divisor } = sourceCoordinate("asymmetric", 3, 49, Math.fround(49 / 3));
    for (let x = 0; x < 49; x++) expect(Math.floor((step * x + start) / divisor)).toBe(Math.floor((x * 3) / 49));
  });

  it("is exact for a large output of a small input, without a common divisor", () => {
    const [inSize, outSize] = [6, 32_773];
    const coordinate = sourceCoordinate("half_pixel", inSize, outSize, Math.fround(outSize / inSize));
    const { step, start, divisor } = nearestCoordinate(coordinate, "round_prefer_floor");
    expect(Math.max(divisor, step * (outSize - 1) + start)).toBeLessThan(2 ** 31);
    for (let x = 0; x < outSize; x++)
      expect(Math.floor((step * x + start) / divisor), `x ${x}`).toBe(
        0 + Math.ceil(((2 * x + 1) * inSize - 2 * outSize) / (2 * outSize)),
      );
  });

  it("stays inside 32 bits for large pictures and odd scales", () => {
    for (const scale of [Math.fround(Math.PI), Math.fround(1 / 3.7), 1.0001, 8191 / 8192])
      for (const mode of ["asymmetric", "half_pixel", "half_pixel_symmetric"] as const) {
        const inSize = 8192;
        const outSize = Math.floor(inSize * scale);
        const coordinate = sourceCoordinate(mode, inSize, outSize, scale);
        for (const { step, start, divisor } of [coordinate, nearestCoordinate(coordinate, "round_prefer_floor")])
          expect(Math.max(Math.abs(start), divisor, Math.abs(step * (outSize - 1) + start))).toBeLessThan(2 ** 31);
        const last = (coordinate.step * (outSize - 1) + coordinate.start) / coordinate.divisor;
        const half = mode === "asymmetric" ? 0 : 0.5;
        const shift = mode === "half_pixel_symmetric" ? (inSize - outSize / scale) / 2 : 0;
        expect(last).toBeCloseTo((outSize - 1 + half) / scale - half + shift, 1);
      }
  });
});

it("refuses scales that are not positive", () => {
  const params = {
    batch: 1,
    inHeight: 2,
    inWidth: 2,
    channels: 1,
    outHeight: 4,
    outWidth: 4,
    mode: "nearest",
    coordinates: "asymmetric",
    nearest: "floor",
    scales: [2, 0],
    elem: "f32",
  } as const;
  expect(() => resize2d.plan(params)).toThrow(/positive scales/);
});
