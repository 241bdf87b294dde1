import { describe, expect, it, vi } from "vitest";
import { KernelError } from "../../../src/base/errors";
import { winograd } from "../../../src/kernels/conv/winograd";
import { packedLength, packingOf } from "../../../src/kernels/packing";
import { convWinogradInput, convWinogradOutput } from "../../../src/kernels/conv/winograd-transforms";
import { transformWeights, weightTransform } from "../../../src/kernels/conv/winograd-weights";
import { finish } from "../../../src/base/pacer";
import { expectClose } from "../../shared/expect-close";
import { randoms } from "../../shared/randoms";
import { runKernel, testDevice } from "../../gpu";
import { bothSides, winogradTransforms } from "../../reference/winograd";
import { convCase } from "../../shared/conv-cases";

// Drivers compile for seconds where many processes share few cores.
vi.setConfig({ testTimeout: 300_000 });

const POINTS = [0, 1, -1, 0.5, -2];
const FORMS = [
  { outputs: 2, kernel: 3 },
  { outputs: 4, kernel: 3 },
  { outputs: 2, kernel: 4 },
];

/** Rows of a square matrix. */
function square(values: ArrayLike<number>, side: number, at = 0, step = 1): number[][] {
  return Array.from({ length: side }, (_, y) =>
    Array.from({ length: side }, (_, x) => values[at + (y * side + x) * step]!),
  );
}

describe("Winograd's transforms", () => {
  for (const { outputs, kernel } of FORMS) {
    const side = outputs + kernel - 1;
    const { bt, at } = winogradTransforms(outputs, POINTS.slice(0, side - 1));
    const label = `F(${outputs}x${outputs}, ${kernel}x${kernel})`;

    it(`${label} is a correlation, in float64`, () => {
      const d = square(randoms(side * side, 1), side);
      const g = square(randoms(kernel * kernel, 2), kernel);
      const u = bothSides(weightTransform(outputs, kernel), g);
      const v = bothSides(bt, d);
      const y = bothSides(
        at,
        u.map((row, i) => row.map((value, j) => value * v[i]![j]!)),
      );
      const direct = y.map((row, i) =>
        row.map((_, j) =>
          g.reduce((sum, taps, ky) => sum + taps.reduce((s, tap, kx) => s + tap * d[i + ky]![j + kx]!, 0), 0),
        ),
      );
      expectClose(y.flat(), direct.flat(), { abs: 1e-13 });
    });

    it(`${label} transforms input and products on the GPU as the matrices say`, async () => {
      const device = await testDevice();
      // The last 5 of 3 x 2 tiles of 5 channels, into 5 of 9 channels.
      const { params } = convCase("one", [3 * outputs + kernel - 1, 2 * outputs + kernel - 1, 5], [kernel, kernel], 5, {
        pads: [0, 0],
        out: [3 * outputs, 2 * outputs],
      });
      const part = { ...params, outputs, first: 1, count: 5, slice: { first: 3, channels: 9 } };
      const src = randoms(params.inHeight * params.inWidth * 5, 3);
      const input = await runKernel(
        device,
        convWinogradInput as never,
        convWinogradInput.plan(part),
        "f32",
        { src },
        {
          dst: 5 * side * side * 8,
        },
      );
      const products = randoms(5 * side * side * 8, 4);
      const dst = params.outHeight * params.outWidth * 9;
      const output = await runKernel(
        device,
        convWinogradOutput as never,
        convWinogradOutput.plan(part),
        "f32",
        { src: products, bias: new Float32Array(5) },
        { dst },
      );
      for (let tile = 0; tile < 5; tile++)
        for (let c = 0; c < 8; c++) {
          const top = Math.floor((tile + 1) / 2) * outputs;
          const left = ((tile + 1) % 2) * outputs;
          const pixel = (y: number, x: number, width: number): number => (top + y) * width + left + x;
          const at0 = tile * side * side * 8 + c;
          const d = Array.from({ length: side }, (_, y) =>
            Array.from({ length: side }, (_, x) => (c < 5 ? src[pixel(y, x, params.inWidth) * 5 + c]! : 0)),
          );
          expectClose(
            square(input["dst"]!, side, at0, 8).flat(),
            bothSides(bt, d).flat(),
            { abs: 1e-5 },
            `tile ${tile}, channel ${c}`,
          );
          if (c >= 5) continue;
          const y = bothSides(at, square(products, side, at0, 8));
          const written = y.map((row, i) =>
            row.map((_, j) => output["dst"]![pixel(i, j, params.outWidth) * 9 + 3 + c]!),
          );
          expectClose(written.flat(), y.flat(), { abs: 1e-4 }, `tile ${tile}, channel ${c}`);
        }
    });
  }

  it("lays out weights for one product per point", () => {
    const shape = { outputs: 4, kernel: 3, points: 6, inChannels: 5, outChannels: 6 };
    const weights = randoms(9 * 5 * 6, 5);
    const u = finish(transformWeights(weights, { ...shape, columns: 8 }));
    const g = weightTransform(4, 3);
    for (const [channel, o] of [
      [0, 0],
      [4, 5],
      [2, 3],
    ] as const) {
      const expected = bothSides(g, square(weights, 3, channel * 6 + o, 30));
      expectClose(square(u, 6, channel * 8 + o, 5 * 8).flat(), expected.flat(), { abs: 1e-6 });
    }
    expect([...u].filter((_, i) => i % 8 >= 6).every((value) => value === 0)).toBe(true);
    const product = { layout: "conv2d", taps: 1, inChannels: 5, outChannels: 8, block: 8, inBlock: 4 } as const;
    const packing = { layout: "winograd", ...shape, columns: 8, product } as const;
    expect(packedLength(packing)).toBe(36 * 8 * 8);
    // As the grouped 1x1 convolution of all products would have them.
    const grouped = { ...product, outChannels: 36 * 8, groups: 36 };
    const together = Float32Array.from(u, (_, i) => {
      const [channel, group, o] = [Math.floor(i / 288), Math.floor(i / 8) % 36, i % 8];
      return u[(group * 5 + channel) * 8 + o]!;
    });
    expectClose(finish(packingOf(packing, weights)), finish(packingOf(grouped, together)), { abs: 0 });
    expect(() => finish(packingOf(packing, weights.subarray(1)))).toThrow(KernelError);
  });
});

describe("convolution by Winograd", () => {
  const variants = (...args: Parameters<typeof convCase>): readonly string[] =>
    winograd.variants(convCase(...args).params, { features: new Set(), workgroupBytes: 16_384 });

  it("takes square kernels of 3 or 4 with strides, dilations and groups of 1", () => {
    expect(variants("3x3", [9, 9, 5], [3, 3], 7)).toEqual(["4", "4-wide", "2", "2-wide"]);
    expect(variants("4x4", [9, 9, 5], [4, 4], 7)).toEqual(["2", "2-wide"]);
    expect(variants("3x4", [9, 9, 5], [3, 4], 7)).toEqual([]);
    expect(variants("1x1", [9, 9, 5], [1, 1], 7)).toEqual([]);
    for (const options of [{ strides: [2, 1] }, { dilations: [1, 2] }, { groups: 2 }] as const)
      expect(variants("not", [9, 9, 8], [3, 3], 8, options)).toEqual([]);
    expect(variants("few channels", [9, 9, 3], [3, 3], 7)).toEqual([]);
    expect(variants("pooled, odd", [9, 8, 8], [3, 3], 8, { pool: true })).toEqual([]);
    expect(() => winograd.plan(convCase("4x4", [9, 9, 5], [4, 4], 7).params, "4")).toThrow(KernelError);
  });

  it("processes large images in bands, so that transformed images take less memory than the images", () => {
    const { params } = convCase("large", [128, 128, 128], [3, 3], 128);
    const { steps, temporaries } = winograd.plan(params, "2");
    const elements = Object.values(temporaries!).reduce((a, b) => a + b);
    expect(elements).toBeLessThanOrEqual(0.2 * 2 * 128 * 128 * 128);
    expect(elements).toBeGreaterThan(0.15 * 2 * 128 * 128 * 128);
    const inputs = steps.filter(({ kernel }) => kernel === "convWinogradInput");
    // A tile has 128 channels, in fours.
    expect(inputs.reduce((sum, { plan }) => sum + plan.runtime!["COUNT"]! / 32, 0)).toBe(64 * 64);
  });
});
