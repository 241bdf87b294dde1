import { describe, expect, it } from "vitest";
import { cellsChroma } from "../../../src/kernels/picture/cells-chroma";
import { guidedChroma } from "../../../src/kernels/picture/guided-chroma";
import { luminanceColumns } from "../../../src/kernels/picture/luminance-columns";
import { luminanceInput } from "../../../src/kernels/picture/luminance-input";
import { luminanceRows } from "../../../src/kernels/picture/luminance-rows";
import { recombine } from "../../../src/kernels/picture/recombine";
import { hintChroma } from "../../../src/kernels/picture/hint-chroma";
import { rgbChroma } from "../../../src/kernels/picture/rgb-chroma";
import type { Elem } from "../../../src/kernels/kernel";
import type { Size } from "../../../src/base/size";
import { labToRgb, rgbToLab, type Triple } from "../../../src/image/lab";
import { expectClose } from "../../shared/expect-close";
import { randoms } from "../../shared/randoms";
import { runKernel, testDevice } from "../../gpu";
import {
  guidedModel,
  lattice,
  luminanceOf,
  mapLuminance,
  recombined,
  repeatSamples,
  resampledLuminance,
  type ChromaMap,
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

  it("averages for a smaller map", async () => {
    const params = {
      size: { width: 3, height: 2 },
      padded: { width: 4, height: 4 },
      reduction: 2,
      channels: 1,
      value: "lightness" as const,
      scale: 1,
      offset: 0,
      elem: "f32" as Elem,
    };
    const device = await testDevice();
    const src = [0, 50, 100, 25, 75, 10];
    const { dst } = await runKernel(
      device,
      luminanceInput as never,
      luminanceInput.plan(params),
      "f32",
      { src },
      { dst: 4 },
    );
    expectClose(dst!, [37.5, 55, 50, 10], { abs: 1e-5 });
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
    if (!(await testDevice()).features.has("shader-f16")) return context.skip("this adapter has no shader-f16");
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

describe("hint-chroma", () => {
  for (const elem of ["f32", "f16"] as const)
    it(`mixes predictions of ${elem} with hints by their share`, async (context) => {
      const device = await testDevice();
      if (elem === "f16" && !device.features.has("shader-f16")) return context.skip("this adapter has no shader-f16");
      const count = 333;
      const src = Float32Array.from(randoms(2 * count, 6, -1, 1), (v) => Math.round(v * 64) / 64); // exact in f16
      const share = randoms(count, 7, 0, 1);
      const hints = randoms(2 * count, 8, -60, 60);
      const plan = hintChroma.plan({ count, chromaScale: 110, elem });
      const { dst } = await runKernel(
        device,
        hintChroma as never,
        plan,
        "f32",
        { src, share, hints },
        { dst: 2 * count },
        { src: elem },
      );
      const expected = Array.from(src, (value, i) => (1 - share[i % count]!) * 110 * value + hints[i]!);
      expectClose(dst!, expected, { abs: 1e-3 });
    });
});

/** The model that guided-chroma fits to chroma of one sample per pixel of the map, and its parameters. */
async function gpuModel(
  chroma: Omit<ChromaMap, "valid" | "padded" | "step"> & { readonly map: Size; readonly covered: Size },
  lightness: ArrayLike<number>,
  elem: Elem = "f32",
): Promise<Float32Array> {
  const { ab, map, covered, chromaScale, saturation = 1, knee = 0, warmth = 0 } = chroma;
  const plan = guidedChroma.plan({ map, covered, chromaScale, saturation, knee, warmth, elem });
  const count = 8 * covered.width * covered.height;
  const elems = { lightness: "f32", dst: "f32" } as const;
  const device = await testDevice();
  return (await runKernel(device, guidedChroma as never, plan, elem, { ab, lightness }, { dst: count }, elems))["dst"]!;
}

function size(width: number, height: number): Size {
  return { width, height };
}

describe("guided-chroma", () => {
  const cases: [
    string,
    map: Size,
    covered: Size,
    lightness: (i: number) => number,
    saturation: number,
    knee: number,
    warmth?: number,
  ][] = [
    ["one sample", size(1, 1), size(1, 1), () => 50, 1, 0],
    ["one row", size(9, 2), size(7, 1), (i) => (i * 37) % 101, 1, 0],
    ["padding, strong edges", size(16, 12), size(13, 11), (i) => (i % 5 < 2 ? 0 : 100), 1.3, 0],
    ["a flat picture", size(8, 8), size(8, 8), () => 100, 1, 0],
    ["a knee", size(8, 8), size(8, 8), (i) => (i * 29) % 101, 1.5, 20],
    ["warmth", size(8, 8), size(8, 8), (i) => (i * 29) % 101, 1.5, 20, 0.4],
  ];
  for (const [name, map, covered, l, saturation, knee, warmth] of cases)
    it(name, async () => {
      const ab = randoms(2 * map.width * map.height, 8, -0.5, 0.5);
      const lightness = Float32Array.from({ length: map.width * map.height }, (_, i) => l(i));
      const chroma = { ab, chromaScale: 128, saturation, knee, warmth };
      const expected = guidedModel({ ...chroma, padded: map, valid: covered, step: 1 }, lightness);
      // Intercepts are slopes times L*, up to 100.
      expectClose(await gpuModel({ ...chroma, map, covered }, lightness), expected, { abs: 0.02 });
    });

  it("keeps what is neutral exactly neutral, and a colour that is the same everywhere", async () => {
    const lightness = randoms(64, 3, 0, 100);
    const map = size(8, 8);
    const neutral = await gpuModel({ ab: new Float32Array(128), map, covered: map, chromaScale: 128 }, lightness);
    expect(new Set(neutral)).toEqual(new Set([0]));
    const ab = Float32Array.from({ length: 128 }, (_, i) => (i < 64 ? 0.25 : -0.5));
    const range = (await gpuModel({ ab, map, covered: map, chromaScale: 128 }, lightness)).subarray(256);
    expectClose(
      range,
      Array.from({ length: 256 }, (_, i) => (i % 2 ? -64 : 32)),
      { abs: 1e-4 },
    );
  });

  it("reads f16 chroma where the adapter has it", async (context) => {
    if (!(await testDevice()).features.has("shader-f16")) return context.skip("this adapter has no shader-f16");
    const ab = Float32Array.from(randoms(128, 5, -1, 1), (v) => Math.round(v * 256) / 256); // exact in f16
    const lightness = randoms(64, 3, 0, 100);
    const map = size(8, 8);
    const expected = guidedModel({ ab, padded: map, valid: map, step: 1, chromaScale: 96 }, lightness);
    expectClose(await gpuModel({ ab, map, covered: map, chromaScale: 96 }, lightness, "f16"), expected, {
      abs: 0.02,
    });
  });
});

describe("recombine", () => {
  /** Colours a picture that is one tile. The map holds one sample for `step` pixels of the network's picture. */
  async function gpuRecombine(picture: Picture, ab: Float32Array, chroma: Omit<ChromaMap, "ab">): Promise<Uint8Array> {
    const { padded, valid, step } = chroma;
    const map = size(padded.width / step, padded.height / step);
    const part = size(valid.width / step, valid.height / step);
    const covered = size(Math.ceil(part.width), Math.ceil(part.height));
    const model = await gpuModel({ ...chroma, ab, map, covered }, mapLuminance(picture, chroma));
    const tile = { x: 0, y: 0, width: picture.width, height: picture.height };
    const { dst } = await runKernel(
      await testDevice(),
      recombine as never,
      recombine.plan({ picture, tile, valid: part }),
      "f32",
      { src: picture, model },
      { dst: picture.width * picture.height },
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

  for (const [name, picture, valid, padded, step] of cases)
    it(name, async () => {
      const map = size(padded.width / step, padded.height / step);
      const ab = randoms(2 * map.width * map.height, 11, -0.7, 0.7);
      const chroma = { valid, padded, step, chromaScale: 128 };
      const actual = await gpuRecombine(picture, ab, chroma);
      // The reference has the samples repeated at the padded picture's size, as a network's last upsampling writes them.
      const repeated = repeatSamples(ab, map.width, map.height, step);
      const expected = recombined(picture, { ...chroma, ab: repeated });
      // One 8-bit step: rounding in f32 and f64 may fall on different sides.
      expectClose(actual, expected, { abs: 1 });
      const differing = actual.reduce((n, value, i) => n + Number(value !== expected[i]), 0);
      expect(differing).toBeLessThanOrEqual(Math.ceil(actual.length * 0.02));
    });

  it("keeps the luminance of the original within 1 L*, and alpha", async () => {
    const picture = latticePicture(9);
    const map = size(64, 8);
    const ab = randoms(2 * 64 * 8, 5, -1, 1);
    const params = { valid: map, padded: map, step: 1, chromaScale: 128 };
    const data = Uint8ClampedArray.from(await gpuRecombine(picture, ab, params));
    expectClose(luminanceOf({ ...picture, data }), luminanceOf(picture), { abs: 1 });
    expect(data.every((value, i) => i % 4 !== 3 || value === 255)).toBe(true);
    // and it is coloured: grey steps did not stay grey
    const coloured = Array.from({ length: 256 }, (_, i) => 4 * (picture.width - 256 + i)).filter(
      (i) => Math.abs(data[i]! - data[i + 2]!) > 8,
    );
    expect(coloured.length).toBeGreaterThan(150);
  });

  it("stops colour at an edge of the luminance, where the samples of chroma straddle it", async () => {
    // Black on the left of column 36, light on the right; the network sees blue and grey, with a mixed sample across the edge.
    const [edge, length] = [36, 64];
    const picture = { width: length, height: length, data: new Uint8ClampedArray(4 * length * length) };
    for (let i = 0; i < length * length; i++) picture.data.fill(i % length < edge ? 60 : 220, 4 * i, 4 * i + 3);
    const share = (x: number): number => Math.min(1, Math.max(0, edge / 8 - x));
    const ab = Float32Array.from({ length: 128 }, (_, i) => (i < 64 ? 0 : -20 * share(i % 8)));
    const chroma = { padded: size(length, length), valid: size(length, length), step: 8, chromaScale: 1 };
    const bytes = await gpuRecombine(picture, ab, chroma);
    const b = (x: number): number => {
      const [r, g, blue] = bytes.subarray(4 * (32 * length + x), 4 * (32 * length + x) + 3);
      return rgbToLab([r! / 255, g! / 255, blue! / 255])[2];
    };
    // Bilinear enlargement gives -10 on both sides of the edge.
    expect(b(edge - 1)).toBeLessThan(-18);
    expect(b(edge)).toBeGreaterThan(-2);
    // Far from the edge colours are the network's, and nothing overshoots.
    expect(b(4)).toBeCloseTo(-20, 0);
    expect(Math.abs(b(60))).toBeLessThan(1);
    for (let x = 0; x < length; x++) expect(b(x)).toBeGreaterThan(-21);
  });

  it("does not leave the colours around when the luminance leaves the range around", async () => {
    // Samples of little different L* and very different colours make steep lines; single pixels are much darker or lighter.
    const picture = { width: 64, height: 64, data: new Uint8ClampedArray(4 * 64 * 64).fill(255) };
    for (let i = 0; i < 64 * 64; i++) {
      const [x, y] = [i % 64, Math.floor(i / 64)];
      const column = Math.floor(x / 8) % 2 ? 132 : 110;
      const speck = y % 8 !== 4 ? column : x % 8 === 3 ? 180 : x % 8 === 5 ? 60 : column;
      picture.data.fill(speck, 4 * i, 4 * i + 3);
    }
    const ab = Float32Array.from({ length: 128 }, (_, i) => (i < 64 ? (i % 2 ? 30 : -30) : 0));
    const params = { padded: size(64, 64), valid: size(64, 64), step: 8, chromaScale: 1 };
    const bytes = await gpuRecombine(picture, ab, params);
    const a = Array.from({ length: 64 * 64 }, (_, i) => {
      const [red, green, blue] = bytes.subarray(4 * i, 4 * i + 3);
      return rgbToLab([red! / 255, green! / 255, blue! / 255])[1];
    });
    expect(Math.max(...a)).toBeLessThan(32);
    expect(Math.min(...a)).toBeGreaterThan(-32);
  });
});
