import { describe, expect, it } from "vitest";
import { finish } from "../../src/base/pacer";
import { KernelError } from "../../src/base/errors";
import type { Packing } from "../../src/kernels/kernel";
import { packedLength } from "../../src/kernels/packing";
import { isInt8, packedBytes, packingInt8 } from "../../src/kernels/packing-int8";

type ConvPacking = Extract<Packing, { layout: "conv2d" }>;

const PACKING: ConvPacking & { readonly int8: true } = {
  ...{ layout: "conv2d", taps: 2, inChannels: 3, outChannels: 10, groups: 2, block: 8, inBlock: 4, int8: true },
};

/** Every 8-bit value, the extremes first. */
const data = Int8Array.from({ length: 2 * 3 * 10 }, (_, i) => [-128, 127, 0, -1][i] ?? (i * 37) % 256);
const scales = Float32Array.from({ length: 10 }, (_, i) => (i % 3 ? 0.01 : -0.02) * (i + 1));

describe("8-bit weights", () => {
  it("have the layout of floats, followed by the scales of every block", () => {
    const packed = finish(packingInt8(PACKING, { data, scales }));
    const count = 2 * 2 * 4 * 8; // blocks, taps, rounded input channels, block
    const integers = new Int8Array(packed.buffer, 0, count);
    const factors = new Float32Array(packed.buffer, count);
    expect(factors).toHaveLength(2 * 8);
    for (let group = 0; group < 2; group++)
      for (let i = 0; i < 8; i++) {
        const channel = group * 5 + i;
        expect(factors[group * 8 + i]! * 2 ** 24).toBeCloseTo(i < 5 ? scales[channel]! : 0, 12);
        for (let tap = 0; tap < 2; tap++)
          for (let input = 0; input < 4; input++) {
            const expected = i < 5 && input < 3 ? data[(tap * 3 + input) * 10 + channel]! : 0;
            expect(integers[((group * 2 + tap) * 4 + input) * 8 + i]).toBe(expected);
          }
      }
  });

  it("take a quarter of the bytes of f32 plus scales, with any storage type", () => {
    const bytes = packedLength(PACKING) + 4 * 16;
    expect(finish(packingInt8(PACKING, { data, scales }))).toHaveLength(bytes);
    for (const elem of ["f32", "f16"] as const) expect(packedBytes(PACKING, elem)).toBe(bytes);
    const floats = { ...PACKING, int8: false };
    expect(isInt8(floats)).toBe(false);
    expect(packedBytes(floats, "f32")).toBe(4 * packedLength(PACKING));
    expect(packedBytes({ layout: "pad", length: 5 }, "f16")).toBe(10);
  });

  it("rejects integers or scales of the wrong length", () => {
    expect(() => finish(packingInt8(PACKING, { data: data.subarray(1), scales }))).toThrow(KernelError);
    expect(() => finish(packingInt8(PACKING, { data, scales: scales.subarray(1) }))).toThrow(/10 scales/);
  });
});
