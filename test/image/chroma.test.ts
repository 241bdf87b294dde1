import { describe, expect, it } from "vitest";
import { checkChroma } from "../../src/image/chroma";

describe("checkChroma", () => {
  const f32 = (...values: number[]): Uint32Array => new Uint32Array(Float32Array.from(values).buffer);
  it("accepts numbers", () => {
    checkChroma(f32(0, -0.1, 0.2, 1), "f32");
    checkChroma(f32(1, -1, 0.99, 1, -1, 0.5), "f32");
    checkChroma(Uint16Array.of(0x3c00, 1, 1, 0xbc00), "f16");
  });
  it("refuses what is not finite", () => {
    expect(() => checkChroma(f32(0.1, NaN, Infinity, 0.1), "f32")).toThrow(/1 of 2 values of a\* that are not finite/);
    expect(() => checkChroma(f32(0.1, 0.2, -Infinity, NaN), "f32")).toThrow(/2 of 2 values of b\* .* driver/);
    expect(() => checkChroma(Uint16Array.of(0x7e00, 1), "f16")).toThrow(/1 of 1 values .* precision: 'f32'/);
  });
  it("refuses a channel of zeros or of the largest values", () => {
    expect(() => checkChroma(f32(0, -0, 0.1, 0.2), "f32")).toThrow(/a\* of zero everywhere/);
    expect(() => checkChroma(f32(0.1, 0.2, 0, 0), "f32")).toThrow(/b\* of zero everywhere/);
    expect(() => checkChroma(Uint16Array.of(0x8000, 0, 1, 1), "f16")).toThrow(/a\* of zero everywhere/);
    expect(() => checkChroma(f32(1, -1, 0.5, 0.9995), "f32")).toThrow(/the largest values of a\* everywhere/);
    expect(() => checkChroma(Uint16Array.of(1, 1, 0x3c00, 0xbc00), "f16")).toThrow(/values of b\* everywhere/);
  });
});
