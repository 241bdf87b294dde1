import { converter } from "culori";
import { describe, expect, it } from "vitest";
import { clipChroma, inGamut, labToRgb, luminance, rgbToLab, type Triple } from "../../src/image/lab";
import { lattice } from "../reference/color";

const toLab65 = converter("lab65");
const toRgb = converter("rgb");
const colours = lattice(9);

/** Largest difference of the three components. */
function apart(a: Triple, b: Triple): number {
  return Math.max(...a.map((value, i) => Math.abs(value - b[i]!)));
}

describe("CIE L*a*b* against culori", () => {
  it("rgbToLab", () => {
    for (const [r, g, b] of colours) {
      const expected = toLab65({ mode: "rgb", r, g, b });
      const actual = rgbToLab([r, g, b]);
      // The only difference: culori's constants have 16 digits.
      expect(apart(actual, [expected.l, expected.a, expected.b]), `${r} ${g} ${b}`).toBeLessThan(1e-6);
      expect(luminance([r, g, b])).toBeCloseTo(expected.l, 6);
    }
  });

  it("labToRgb, in and out of the gamut", () => {
    for (let l = 0; l <= 100; l += 10)
      for (let a = -90; a <= 90; a += 30)
        for (let b = -90; b <= 90; b += 30) {
          const expected = toRgb({ mode: "lab65", l, a, b });
          const actual = labToRgb([l, a, b]);
          const limit = (v: number): number => Math.min(1, Math.max(0, v));
          const clamped = actual.map(limit) as unknown as Triple;
          expect(apart(clamped, [limit(expected.r), limit(expected.g), limit(expected.b)])).toBeLessThan(1e-6);
        }
  });

  it("white has no chroma and L* 100", () => {
    expect(apart(rgbToLab([1, 1, 1]), [100, 0, 0])).toBeLessThan(1e-12);
    expect(apart(rgbToLab([0, 0, 0]), [0, 0, 0])).toBeLessThan(1e-12);
  });
});

describe("clipChroma", () => {
  it("does not change colours inside sRGB", () => {
    for (const colour of colours) {
      const lab = rgbToLab(colour);
      expect(clipChroma(lab)).toBe(lab);
    }
  });

  it("keeps L* and hue, and stops at the gamut's surface", () => {
    for (const lab of [
      [50, 120, 0],
      [50, -120, 90],
      [2, 60, -90],
      [98, 10, 80],
      [0, 100, 100],
      [100, -50, 3],
    ] as Triple[]) {
      expect(inGamut(lab)).toBe(false);
      const [l, a, b] = clipChroma(lab);
      expect(l).toBe(lab[0]);
      expect(a * lab[2]).toBeCloseTo(b * lab[1], 9);
      expect(inGamut([l, a, b])).toBe(true);
      // One bisection step further is outside, so the chroma is the largest possible.
      const further = Math.hypot(a, b) + Math.hypot(lab[1], lab[2]) / 2 ** 11;
      const scale = further / Math.hypot(lab[1], lab[2]);
      expect(inGamut([l, lab[1] * scale, lab[2] * scale])).toBe(false);
      // The 8-bit colour still has the luminance.
      const rounded = labToRgb([l, a, b]).map((c) => Math.round(Math.min(1, Math.max(0, c)) * 255) / 255);
      expect(Math.abs(luminance(rounded as unknown as Triple) - l)).toBeLessThan(0.5);
    }
  });
});
