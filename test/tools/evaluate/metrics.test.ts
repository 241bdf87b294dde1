import { differenceCiede2000 } from "culori";
import { describe, expect, it } from "vitest";
import { luminance, rgbToLab, type Triple } from "../../../src/image/lab";
import type { Pixels } from "../../../src/node/images";
import { ciede2000 } from "../../../tools/evaluate/ciede2000";
import { frechetDistance } from "../../../tools/evaluate/frechet";
import {
  abSquared,
  colourfulness,
  greyOf,
  labPlanes,
  neutralPixels,
  psnr,
  score,
  ssim,
  truthOf,
} from "../../../tools/evaluate/metrics";

/** A picture of `width` pixels a row from [r, g, b] of each pixel. */
function picture(width: number, colours: readonly Triple[]): Pixels {
  const data = Uint8ClampedArray.from(colours.flatMap(([r, g, b]) => [r, g, b, 255]));
  return { data, width, height: colours.length / width };
}

function flat(width: number, height: number, colour: Triple): Pixels {
  return picture(
    width,
    Array.from({ length: width * height }, () => colour),
  );
}

/** Bytes without pattern, the same in every run. */
function noise(width: number, height: number, seed: number): Pixels {
  let state = seed;
  const byte = (): number => (state = (Math.imul(state, 1103515245) + 12345) >>> 0) >>> 24;
  return picture(
    width,
    Array.from({ length: width * height }, (): Triple => [byte(), byte(), byte()]),
  );
}

/** Sharma, Wu, Dalal 2005, table 1: two colours and their difference. */
const SHARMA = `
50 2.6772 -79.7751 50 0 -82.7485 2.0425
50 3.1571 -77.2803 50 0 -82.7485 2.8615
50 2.8361 -74.0200 50 0 -82.7485 3.4412
50 -1.3802 -84.2814 50 0 -82.7485 1.0000
50 -1.1848 -84.8006 50 0 -82.7485 1.0000
50 -0.9009 -85.5211 50 0 -82.7485 1.0000
50 0 0 50 -1 2 2.3669
50 -1 2 50 0 0 2.3669
50 2.49 -0.001 50 -2.49 0.0009 7.1792
50 2.49 -0.001 50 -2.49 0.0010 7.1792
50 2.49 -0.001 50 -2.49 0.0011 7.2195
50 2.49 -0.001 50 -2.49 0.0012 7.2195
50 -0.001 2.49 50 0.0009 -2.49 4.8045
50 -0.001 2.49 50 0.0010 -2.49 4.8045
50 -0.001 2.49 50 0.0011 -2.49 4.7461
50 2.5 0 50 0 -2.5 4.3065
50 2.5 0 73 25 -18 27.1492
50 2.5 0 61 -5 29 22.8977
50 2.5 0 56 -27 -3 31.9030
50 2.5 0 58 24 15 19.4535
50 2.5 0 50 3.1736 0.5854 1.0000
50 2.5 0 50 3.2972 0 1.0000
50 2.5 0 50 1.8634 0.5757 1.0000
50 2.5 0 50 3.2592 0.3350 1.0000
60.2574 -34.0099 36.2677 60.4626 -34.1751 39.4387 1.2644
63.0109 -31.0961 -5.8663 62.8187 -29.7946 -4.0864 1.2630
61.2901 3.7196 -5.3901 61.4292 2.2480 -4.9620 1.8731
35.0831 -44.1164 3.7933 35.0232 -40.0716 1.5901 1.8645
22.7233 20.0904 -46.6940 23.0331 14.9730 -42.5619 2.0373
36.4612 47.8580 18.3852 36.2715 50.5065 21.2231 1.4146
90.8027 -2.0831 1.4410 91.1528 -1.6435 0.0447 1.4441
90.9257 -0.5406 -0.9208 88.6381 -0.8985 -0.7239 1.5381
6.7747 -0.2908 -2.4247 5.8714 -0.0985 -2.2286 0.6377
2.0776 0.0795 -1.1350 0.9033 -0.0636 -0.5514 0.9082`
  .trim()
  .split("\n")
  .map((line) => line.split(" ").map(Number) as [number, number, number, number, number, number, number]);

describe("ciede2000", () => {
  it("gives the published differences, both ways round", () => {
    expect(SHARMA).toHaveLength(34);
    for (const [l1, a1, b1, l2, a2, b2, difference] of SHARMA) {
      expect(ciede2000(l1, a1, b1, l2, a2, b2).toFixed(4)).toBe(difference.toFixed(4));
      expect(ciede2000(l2, a2, b2, l1, a1, b1).toFixed(4)).toBe(difference.toFixed(4));
    }
  });

  it("agrees with culori over the sRGB cube", () => {
    const culori = differenceCiede2000();
    const lab = (i: number): Triple => rgbToLab([(i % 7) / 6, (Math.floor(i / 7) % 7) / 6, Math.floor(i / 49) / 6]);
    for (let i = 0; i < 343; i++) {
      const [p, q] = [lab(i), lab((i * 131 + 17) % 343)];
      const [first, second] = [p, q].map(([l, a, b]) => ({ mode: "lab65" as const, l, a, b }));
      expect(ciede2000(...p, ...q)).toBeCloseTo(culori(first!, second!), 9);
    }
  });
});

describe("L*a*b* of pictures", () => {
  it("is that of src/image/lab.ts", () => {
    const { data, width, height } = noise(9, 7, 3);
    const { l, a, b } = labPlanes({ data, width, height });
    for (let i = 0; i < width * height; i++) {
      const expected = rgbToLab([data[4 * i]! / 255, data[4 * i + 1]! / 255, data[4 * i + 2]! / 255]);
      [l, a, b].forEach((plane, k) => expect(plane[i]).toBeCloseTo(expected[k]!, 9));
    }
  });

  it("keeps L* in grey pictures, to the half step of 8 bits", () => {
    const colour = noise(9, 7, 4);
    const grey = greyOf(colour);
    for (let i = 0; i < grey.data.length; i += 4) {
      const [value] = grey.data.subarray(i, i + 3);
      expect([...grey.data.subarray(i, i + 4)]).toEqual([value, value, value, 255]);
      const [r, g, b] = colour.data.subarray(i, i + 3);
      const light = luminance([r! / 255, g! / 255, b! / 255]);
      const level = (v: number): number => luminance([v / 255, v / 255, v / 255]);
      expect(light).toBeGreaterThanOrEqual(level(Math.max(0, value! - 0.5)) - 1e-9);
      expect(light).toBeLessThanOrEqual(level(value! + 0.5) + 1e-9);
    }
    expect(greyOf(grey).data).toEqual(grey.data);
  });
});

describe("figures", () => {
  it("PSNR: one of three channels off by 3 is a mean squared error of 3", () => {
    expect(psnr(flat(4, 2, [10, 20, 30]), flat(4, 2, [13, 20, 30]))).toBeCloseTo(10 * Math.log10(65025 / 3), 10);
    expect(psnr(flat(4, 2, [10, 20, 30]), flat(4, 2, [10, 20, 30]))).toBeCloseTo(108.13, 2);
  });

  it("colourfulness: means and variances of rg and yb", () => {
    expect(colourfulness(flat(3, 3, [90, 90, 90]))).toBe(0);
    // rg = 255, yb = 127.5 everywhere.
    expect(colourfulness(flat(3, 3, [255, 0, 0]))).toBeCloseTo(0.3 * Math.hypot(255, 127.5), 10);
    // rg = 100 and -100: mean 0, variance 10000. yb = 50 twice: variance 0.
    const two = picture(2, [
      [100, 0, 0],
      [0, 100, 0],
    ]);
    expect(colourfulness(two)).toBeCloseTo(100 + 0.3 * 50, 10);
  });

  it("ab-RMSE: half of the squared distance in the a*b* plane", () => {
    const [red, green] = [flat(2, 2, [200, 30, 40]), flat(2, 2, [30, 180, 70])];
    const [[, a1, b1], [, a2, b2]] = [
      rgbToLab([200 / 255, 30 / 255, 40 / 255]),
      rgbToLab([30 / 255, 180 / 255, 70 / 255]),
    ];
    expect(abSquared(labPlanes(red), labPlanes(green))).toBeCloseTo(((a1 - a2) ** 2 + (b1 - b2) ** 2) / 2, 9);
  });

  it("SSIM of flat pictures has only the term of the means", () => {
    const c1 = 2.55 ** 2;
    const term = (p: number, q: number): number => (2 * p * q + c1) / (p * p + q * q + c1);
    const value = ssim(flat(12, 11, [100, 50, 7]), flat(12, 11, [120, 50, 0]));
    expect(value).toBeCloseTo((term(100, 120) + 1 + term(7, 0)) / 3, 10);
  });

  it("SSIM is the mean over windows of the formula as it is written", () => {
    const [width, height] = [14, 13];
    const [x, y] = [noise(width, height, 5), noise(width, height, 6)];
    for (let i = 0; i < y.data.length; i += 2) y.data[i] = x.data[i]!; // half alike
    const weights = Array.from({ length: 121 }, (_, i) =>
      Math.exp(-(((i % 11) - 5) ** 2 + (Math.floor(i / 11) - 5) ** 2) / 4.5),
    );
    const sum = weights.reduce((p, q) => p + q, 0);
    const values: number[] = [];
    for (let c = 0; c < 3; c++)
      for (let top = 0; top <= height - 11; top++)
        for (let left = 0; left <= width - 11; left++) {
          const mean = (f: (i: number) => number): number =>
            weights.reduce(
              (total, w, i) => total + (w / sum) * f(4 * ((top + Math.floor(i / 11)) * width + left + (i % 11)) + c),
              0,
            );
          const [mx, my] = [mean((i) => x.data[i]!), mean((i) => y.data[i]!)];
          const vx = mean((i) => (x.data[i]! - mx) ** 2);
          const vy = mean((i) => (y.data[i]! - my) ** 2);
          const cov = mean((i) => (x.data[i]! - mx) * (y.data[i]! - my));
          const [c1, c2] = [2.55 ** 2, 7.65 ** 2];
          values.push(((2 * mx * my + c1) * (2 * cov + c2)) / ((mx ** 2 + my ** 2 + c1) * (vx + vy + c2)));
        }
    expect(ssim(x, y)).toBeCloseTo(values.reduce((p, q) => p + q, 0) / values.length, 9);
    expect(ssim(x, y)).toBeLessThan(0.9);
    expect(ssim(x, x)).toBeCloseTo(1, 12);
  });

  it("are refused for pictures that cannot be compared", () => {
    expect(() => ssim(flat(10, 40, [1, 2, 3]), flat(10, 40, [1, 2, 3]))).toThrow("at least 11 x 11 pixels");
    expect(() => score(truthOf(flat(12, 11, [1, 2, 3])), flat(11, 12, [1, 2, 3]))).toThrow(
      "expected a picture of 12 x 11, received 11 x 12",
    );
  });

  it("come together in score()", () => {
    const [truth, other] = [noise(16, 12, 7), noise(16, 12, 8)];
    const figures = score(truthOf(truth), other);
    const [p, q] = [labPlanes(truth), labPlanes(other)];
    const differences = [...p.l].map((l, i) => ciede2000(l, p.a[i]!, p.b[i]!, q.l[i]!, q.a[i]!, q.b[i]!));
    expect(figures).toEqual({
      psnr: psnr(truth, other),
      ssim: ssim(truth, other),
      abSquared: abSquared(p, q),
      ciede2000: differences.reduce((a, b) => a + b, 0) / differences.length,
      colourfulness: colourfulness(other),
      neutral: neutralPixels(p, q),
    });
  });
});

describe("neutral pixels", () => {
  const grey: Triple = [120, 120, 120];
  const nearlyGrey: Triple = [124, 120, 120];
  const blue: Triple = [20, 40, 200];

  it("are those of the photograph that have next to no chroma; kept where the picture has little", () => {
    const truth = truthOf(picture(2, [grey, grey, nearlyGrey, blue]));
    expect(neutralPixels(truth.lab, labPlanes(picture(2, [grey, blue, nearlyGrey, blue])))).toEqual({
      count: 3,
      kept: 2,
    });
  });
});

describe("frechetDistance", () => {
  /** Rows of numbers around `mean`, each axis with a spread of its own. */
  const rows = (count: number, mean: readonly number[], spread: readonly number[], seed: number): Float64Array[] => {
    const { data } = noise(count, mean.length, seed);
    return Array.from({ length: count }, (_, r) =>
      Float64Array.from(mean, (m, i) => m + spread[i]! * (data[4 * (i * count + r)]! / 255 - 0.5)),
    );
  };

  it("is zero for the same rows and the squared distance of the means for moved ones", () => {
    const x = rows(40, [1, 2, 3], [4, 5, 6], 1);
    expect(frechetDistance(x, x)).toBeCloseTo(0, 8);
    expect(
      frechetDistance(
        x,
        x.map((row) => row.map((v) => v + 2)),
      ),
    ).toBeCloseTo(12, 8);
  });

  it("is the sum over axes of the squared differences of standard deviations where axes do not vary together", () => {
    const [a, b] = [
      [3, 1],
      [1, 2],
    ] as const;
    // Four corners of a rectangle: standard deviations are proportional to its sides.
    const corners = ([w, h]: readonly [number, number]): Float64Array[] =>
      [
        [w, h],
        [w, -h],
        [-w, h],
        [-w, -h],
      ].map((row) => Float64Array.from(row));
    const expected = (4 / 3) * (a[0] - b[0]) ** 2 + (Math.sqrt(4 / 3) * (a[1] - b[1])) ** 2;
    expect(frechetDistance(corners(a), corners(b))).toBeCloseTo(expected, 8);
  });

  it("serves sets of different sizes and fewer rows than features", () => {
    const x = rows(5, new Array<number>(12).fill(0), new Array<number>(12).fill(2), 5);
    const y = rows(7, new Array<number>(12).fill(0), new Array<number>(12).fill(2), 6);
    expect(frechetDistance(x, y)).toBeCloseTo(frechetDistance(y, x), 8);
    expect(frechetDistance(x, y)).toBeGreaterThan(0);
  });
});
