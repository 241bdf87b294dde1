import { describe, expect, it } from "vitest";
import { PipelineCache } from "../../src/gpu/pipelines";
import { workingSize } from "../../src/image/layout";
import type { Chroma } from "../../src/image/chroma";
import { PictureStages } from "../../src/image/picture-stages";
import { openSource } from "../../src/image/source";
import { expectClose } from "../shared/expect-close";
import { randoms } from "../shared/randoms";
import { decodeElems, testDevice } from "../gpu";
import { mapLuminance, recombined, repeatSamples, resampledLuminance, type Picture } from "../reference/color";

function noise(width: number, height: number): Picture {
  return { width, height, data: Uint8ClampedArray.from(randoms(width * height * 4, 3, 0, 256), Math.floor) };
}

async function readFloats(device: GPUDevice, buffer: GPUBuffer, count: number): Promise<Float32Array> {
  const staging = device.createBuffer({ size: buffer.size, usage: GPUBufferUsage.MAP_READ | GPUBufferUsage.COPY_DST });
  const encoder = device.createCommandEncoder();
  encoder.copyBufferToBuffer(buffer, 0, staging, 0, buffer.size);
  device.queue.submit([encoder.finish()]);
  await staging.mapAsync(GPUMapMode.READ);
  const values = decodeElems(staging.getMappedRange().slice(0), count, "f32");
  staging.destroy();
  return values;
}

const AS_PREDICTED = { saturation: 1, knee: 0 };

// Wider than a texture may be at default limits, and pictures cut into many tiles both ways.
const cases: [width: number, height: number, tilePixels: number | undefined][] = [
  [1, 1, undefined],
  [9000, 30, undefined],
  [61, 47, 100],
  [7, 5, 3],
  [1, 500, 64],
];

describe("pictures in tiles, at default limits", () => {
  for (const [width, height, tilePixels] of cases) {
    it(`luminance of ${width}x${height} in tiles of ${tilePixels ?? "the default"}`, async () => {
      const device = await testDevice({ defaultLimits: true });
      const picture = noise(width, height);
      const stages = new PictureStages(device, new PipelineCache(device), tilePixels);
      const { size, padded } = workingSize(picture, 16, 8);
      const usage = GPUBufferUsage.STORAGE | GPUBufferUsage.COPY_SRC;
      const target = (channels: number, count: number): GPUBuffer =>
        device.createBuffer({ size: channels * count * 4, usage });
      const first = target(1, padded.width * padded.height);
      const second = target(3, 11 * 11);
      const square = { width: 11, height: 11 };
      const common = { value: "lightness" as const, scale: 1, offset: 0, elem: "f32" as const };
      const map = { width: padded.width / 4, height: padded.height / 4 };
      const targets = [
        { ...common, size, padded, channels: 1, buffer: first },
        { ...common, size: square, padded: square, channels: 3, buffer: second },
      ];
      const guide = await stages.luminance(await openSource(picture), targets, { size, padded, map });
      expectClose(guide, mapLuminance(picture, { valid: size, padded, step: 4 }), { abs: 0.02 });
      const values = await readFloats(device, first, padded.width * padded.height);
      const expected = resampledLuminance(picture, size.width, size.height);
      const valid = expected.map((_, i) => values[Math.floor(i / size.width) * padded.width + (i % size.width)]!);
      // pow() of the driver, and the order of sums over tiles.
      expectClose(valid, expected, { abs: 0.02 });
      const stacked = await readFloats(device, second, 363);
      const plane = resampledLuminance(picture, 11, 11);
      expectClose(stacked, [...plane, ...plane, ...plane], { abs: 0.02 });
    });

    it(`recombines ${width}x${height}`, async () => {
      const device = await testDevice({ defaultLimits: true });
      const picture = noise(width, height);
      const stages = new PictureStages(device, new PipelineCache(device), tilePixels);
      const { size, padded } = workingSize(picture, 16, 8);
      const map = { width: padded.width / 2, height: padded.height / 2 };
      const small = randoms(2 * map.width * map.height, 9, -0.4, 0.4);
      const bytes = new Uint8Array(small.buffer as ArrayBuffer);
      const output = { kind: "ab" as const, name: "ab", scale: 128 };
      const luminance = mapLuminance(picture, { valid: size, padded, step: 2 });
      const chroma: Chroma = { output, bytes, elem: "f32", size, padded, map, luminance };
      const ab = repeatSamples(small, map.width, map.height, 2);
      const actual = await stages.recombine(await openSource(picture), chroma, AS_PREDICTED);
      // One 8-bit step: rounding in f32 and f64 may fall on different sides.
      expectClose(actual, recombined(picture, { ab, padded, valid: size, step: 2, chromaScale: 128 }), { abs: 1 });
    });
  }

  it("stops between tiles when aborted", async () => {
    const device = await testDevice({ defaultLimits: true });
    const stages = new PictureStages(device, new PipelineCache(device), 64);
    const size = { width: 8, height: 8 };
    const output = { kind: "ab" as const, name: "ab", scale: 1 };
    const luminance = new Float32Array(64);
    const chroma: Chroma = {
      output,
      bytes: new Uint8Array(512),
      elem: "f32",
      size,
      padded: size,
      map: size,
      luminance,
    };
    const aborted = AbortSignal.abort();
    await expect(
      stages.recombine(await openSource(noise(64, 64)), chroma, AS_PREDICTED, aborted),
    ).rejects.toMatchObject({
      name: "AbortError",
    });
  });
});

describe("openSource", () => {
  it("refuses bytes that do not fit the size", async () => {
    const wrong = { data: new Uint8Array(15), width: 2, height: 2 };
    await expect(openSource(wrong)).rejects.toThrow(/four a pixel, received 15 elements for 2x2/);
    await expect(openSource({ data: new Uint8Array(0), width: 0, height: 0 })).rejects.toThrow(/at least 1x1/);
  });
  it.skipIf("createImageBitmap" in globalThis)("says what to do with a Blob where nothing decodes it", async () => {
    await expect(openSource(new Blob([]))).rejects.toThrow(/colorize-canvas\/node reads image files/);
  });
});
