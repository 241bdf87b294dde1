import { describe, expect, it } from "vitest";
import { cellsChroma } from "../../../src/kernels/picture/cells-chroma";
import { luminanceColumns } from "../../../src/kernels/picture/luminance-columns";
import { luminanceInput } from "../../../src/kernels/picture/luminance-input";
import { luminanceRows } from "../../../src/kernels/picture/luminance-rows";
import { recombine, type RecombineParams } from "../../../src/kernels/picture/recombine";
import { rgbChroma } from "../../../src/kernels/picture/rgb-chroma";
import type { Elem } from "../../../src/kernels/kernel";
import type { Size } from "../../../src/kernels/picture/tile";
import { labToRgb, rgbToLab, type Triple } from "../../../src/image/lab";
import { expectClose, randoms } from "../../shared/expect-close";
import { runKernel, testDevice } from "../../gpu";
import {
  lattice,
  luminanceOf,
  recombined,
  repeatSamples,
  resampledLuminance,
  type Picture,
} from "../../reference/color";

/** Seeded noise of every colour and alpha. */
function noise(width: number, height: number, seed = 3): Picture {
  return { width, height, data: Uint8ClampedArray.from(randoms(width * height * 4, seed, 0, 256), Math.floor) };
}

/** A picture that holds every colour of a lattice once, and grey steps. */
function latticePicture(n: number): Picture {
  const colours = [...lattice(n), ...Array.from({ length: 256 }, (_, i): Triple => [i / 255, i / 255, i / 255])];
  const data = new Uint8ClampedArray(colours.length * 4);
  colours.forEach((colour, i) => data.set([...colour.map((c) => Math.round(c * 255)), 255], i * 4));
  return { width: colours.length, height: 1, data };
}

async function gpuLuminance(picture: Picture, outWidth: number, outHeight: number): Promise<Float32Array> {
  const device = await testDevice();
  const tile = { x: 0, y: 0, width: picture.width, height: picture.height };
  const rowsParams = { picture, tile, outWidth };
  const rows = await runKernel(
    device,
    luminanceRows as never,
    luminanceRows.plan(rowsParams),
    "f32",
    { src: picture },
    { dst: outWidth * picture.height },
  );
  const params = { picture, tile, out: { width: outWidth, height: outHeight }, accumulate: false };
  const columns = await runKernel(
    device,
    luminanceColumns as never,
    luminanceColumns.plan(params),
    "f32",
    { src: rows["dst"]! },
    { dst: outWidth * outHeight },
  );
  return columns["dst"]!;
}

describe("luminance", () => {
  it("of a lattice of colours", async () => {
    const picture = latticePicture(9);
    const actual = await gpuLuminance(picture, picture.width, 1);
    // WGSL allows pow() a few dozen ulp; 0.01 L* is a fortieth of an 8-bit step.
    expectClose(actual, luminanceOf(picture), { abs: 0.01 });
  });

  for (const [width, height, outWidth, outHeight] of [
    [1, 1, 1, 1],
    [1, 1, 8, 8],
    [37, 23, 16, 24],
    [64, 64, 8, 8],
    [5, 50, 21, 3],
    [300, 2, 17, 11],
  ] as const)
    it(`${width}x${height} at ${outWidth}x${outHeight}`, async () => {
      const picture = noise(width, height);
      const actual = await gpuLuminance(picture, outWidth, outHeight);
      expectClose(actual, resampledLuminance(picture, outWidth, outHeight), { abs: 0.01 });
    });
});

describe("luminance-input", () => {
  it("scales, stacks and repeats the edge", async () => {
    const params = {
      size: { width: 3, height: 2 },
      padded: { width: 5, height: 4 },
      channels: 3,
      value: "lightness" as const,
      scale: 0.02,
      offset: -1,
      elem: "f32" as Elem,
    };
    const { dst } = await runKernel(
      await testDevice(),
      luminanceInput as never,
      luminanceInput.plan(params),
      "f32",
      { src: [0, 50, 100, 25, 75, 10] },
      { dst: 60 },
    );
    const first = [-1, 0, 1, 1, 1];
    const second = [-0.5, 0.5, -0.8, -0.8, -0.8];
    const plane = [...first, ...second, ...second, ...second];
    expectClose(dst!, [...plane, ...plane, ...plane], { abs: 1e-6 });
  });

  it("gives the sRGB grey of L*", async () => {
    const size = { width: 101, height: 1 };
    const params = {
      size,
      padded: size,
      channels: 1,
      value: "grey" as const,
      scale: 255,
      offset: 0,
      elem: "f32" as Elem,
    };
    const src = Float32Array.from({ length: 101 }, (_, l) => l);
    const plan = luminanceInput.plan(params);
    const { dst } = await runKernel(await testDevice(), luminanceInput as never, plan, "f32", { src }, { dst: 101 });
    // A tenth of an 8-bit step.
    expectClose(
      dst!,
      Float32Array.from(src, (l) => 255 * labToRgb([l, 0, 0])[0]),
      { abs: 0.1 },
    );
  });

  it("refuses padding smaller than the picture", () => {
    const size = { width: 9, height: 9 };
    const padded = { width: 8, height: 16 };
    expect(() =>
      luminanceInput.plan({ size, padded, channels: 1, value: "lightness", scale: 1, offset: 0, elem: "f32" }),
    ).toThrow(/padding to at least 9 x 9/);
  });
});

describe("cells-chroma", () => {
  const cells = Float32Array.from([0, 0, 60, -20, -40, 90]);

  async function mean(src: ArrayLike<number>, count: number, temperature: number, elem: Elem = "f32") {
    const plan = cellsChroma.plan({ cells: 3, count, temperature, elem });
    const device = await testDevice();
    const inputs = { src, cells };
    const elems = { cells: "f32", dst: "f32" } as const;
    return (await runKernel(device, cellsChroma as never, plan, elem, inputs, { dst: 2 * count }, elems))["dst"]!;
  }

  function expected(src: ArrayLike<number>, count: number, temperature: number): number[] {
    const of = (axis: 0 | 1) =>
      Array.from({ length: count }, (_, i) => {
        const weights = [0, 1, 2].map((q) => Math.exp(src[q * count + i]! / temperature));
        const total = weights.reduce((a, b) => a + b, 0);
        return weights.reduce((sum, weight, q) => sum + (weight / total) * cells[2 * q + axis]!, 0);
      });
    return [...of(0), ...of(1)];
  }

  for (const temperature of [1, 0.38, 5])
    it(`is the mean at temperature ${temperature}`, async () => {
      const scores = randoms(3 * 77, 4, -4, 4);
      expectClose(await mean(scores, 77, temperature), expected(scores, 77, temperature), { abs: 2e-3 });
    });

  it("neither overflows nor vanishes for large scores", async () => {
    // One sample: only its last cell counts. The other: all alike.
    expectClose(await mean([-1e30, 9000, 0, 9000, 1e30, 9000], 2, 0.05), [-40, 20 / 3, 90, 70 / 3], { abs: 1e-3 });
  });

  it("reads f16 scores where the adapter has it", async (context) => {
    if (!(await testDevice()).features.has("shader-f16")) return context.skip();
    const scores = Float32Array.from(randoms(3 * 9, 4, -4, 4), (v) => Math.round(v * 64) / 64); // exact in f16
    expectClose(await mean(scores, 9, 0.5, "f16"), expected(scores, 9, 0.5), { abs: 2e-3 });
  });

  it("refuses a temperature of 0", () => {
    expect(() => cellsChroma.plan({ cells: 3, count: 1, temperature: 0, elem: "f32" })).toThrow(/temperature/);
  });
});

describe("rgb-chroma", () => {
  for (const range of [
    [0, 255],
    [-1, 1],
  ] as const)
    it(`is a* and b* of sRGB in ${range.join(" to ")}`, async () => {
      const colours = lattice(6);
      const [black, white] = range;
      const planes = [0, 1, 2].flatMap((c) => colours.map((colour) => black + colour[c]! * (white - black)));
      const count = colours.length;
      const plan = rgbChroma.plan({ count, range, elem: "f32" });
      const { dst } = await runKernel(
        await testDevice(),
        rgbChroma as never,
        plan,
        "f32",
        { src: planes },
        { dst: 2 * count },
      );
      const lab = colours.map((colour) => rgbToLab(colour));
      // pow() of WGSL: a few dozen ulp of the cube root, times 500.
      expectClose(dst!, [...lab.map(([, a]) => a), ...lab.map(([, , b]) => b)], { abs: 0.02 });
    });

  it("clamps what is outside sRGB", async () => {
    const plan = rgbChroma.plan({ count: 1, range: [0, 1], elem: "f32" });
    const { dst } = await runKernel(
      await testDevice(),
      rgbChroma as never,
      plan,
      "f32",
      { src: [7, -3, 0.5] },
      { dst: 2 },
    );
    const [, a, b] = rgbToLab([1, 0, 0.5]);
    expectClose(dst!, [a, b], { abs: 0.02 });
  });
});

describe("recombine", () => {
  async function gpuRecombine(picture: Picture, ab: Float32Array, params: RecombineParams): Promise<Uint8Array> {
    const { dst } = await runKernel(
      await testDevice(),
      recombine as never,
      recombine.plan(params),
      params.elem,
      { src: picture, ab },
      { dst: picture.width * picture.height },
      { dst: "f32" },
    );
    return new Uint8Array(dst!.buffer);
  }

  // The network's picture, its padded size, and how many pixels of that one sample of chroma covers.
  const cases: [string, Picture, valid: Size, padded: Size, step: number][] = [
    ["one pixel", noise(1, 1), size(1, 1), size(8, 8), 2],
    ["odd sizes, padding, half the samples", noise(37, 23), size(13, 9), size(16, 16), 2],
    ["odd sizes, padding, a quarter of the samples", noise(50, 31), size(29, 21), size(32, 24), 4],
    ["a sample for each pixel, reduced", noise(20, 30), size(40, 60), size(40, 64), 1],
    ["all colours, strong chroma", latticePicture(6), size(80, 1), size(80, 8), 2],
  ];

  function size(width: number, height: number): Size {
    return { width, height };
  }

  for (const [name, picture, valid, padded, step] of cases)
    it(name, async () => {
      const tile = { x: 0, y: 0, width: picture.width, height: picture.height };
      const map = size(padded.width / step, padded.height / step);
      const part = size(valid.width / step, valid.height / step);
      const ab = randoms(2 * map.width * map.height, 11, -0.7, 0.7);
      const chromaScale = 128;
      const actual = await gpuRecombine(picture, ab, { picture, tile, valid: part, map, chromaScale, elem: "f32" });
      // The reference has the samples repeated at the padded picture's size, as a network's last upsampling writes them.
      const repeated = repeatSamples(ab, map.width, map.height, step);
      const expected = recombined(picture, { ab: repeated, valid, padded, step, chromaScale });
      // One 8-bit step: rounding in f32 and f64 may fall on different sides.
      expectClose(actual, expected, { abs: 1 });
      const differing = actual.reduce((n, value, i) => n + Number(value !== expected[i]), 0);
      expect(differing).toBeLessThanOrEqual(Math.ceil(actual.length * 0.02));
    });

  it("keeps the luminance of the original within 1 L*, and alpha", async () => {
    const picture = latticePicture(9);
    const tile = { x: 0, y: 0, width: picture.width, height: 1 };
    const map = { width: 64, height: 8 };
    const ab = randoms(2 * 64 * 8, 5, -1, 1);
    const params: RecombineParams = { picture, tile, valid: map, map, chromaScale: 128, elem: "f32" };
    const data = Uint8ClampedArray.from(await gpuRecombine(picture, ab, params));
    expectClose(luminanceOf({ ...picture, data }), luminanceOf(picture), { abs: 1 });
    expect(data.every((value, i) => i % 4 !== 3 || value === 255)).toBe(true);
    // and it is coloured: grey steps did not stay grey
    const coloured = Array.from({ length: 256 }, (_, i) => 4 * (picture.width - 256 + i)).filter(
      (i) => Math.abs(data[i]! - data[i + 2]!) > 8,
    );
    expect(coloured.length).toBeGreaterThan(150);
  });

  it("reads f16 chroma where the adapter has it", async (context) => {
    const device = await testDevice();
    if (!device.features.has("shader-f16")) return context.skip("this adapter has no shader-f16");
    const picture = noise(19, 7);
    const tile = { x: 0, y: 0, width: 19, height: 7 };
    const map = { width: 8, height: 8 };
    const ab = Float32Array.from(randoms(128, 5, -1, 1), (v) => Math.round(v * 256) / 256); // exact in f16
    const params: RecombineParams = { picture, tile, valid: map, map, chromaScale: 96, elem: "f16" };
    expectClose(await gpuRecombine(picture, ab, params), recombined(picture, { ...params, padded: map, step: 1, ab }), {
      abs: 1,
    });
  });
});
