import { describe, expect, it } from "vitest";
import { checkChroma } from "../../src/image/chroma";

describe("checkChroma", () => {
  const f32 = (...values: number[]): Uint32Array => new Uint32Array(Float32Array.from(values).buffer);
  it("accepts numbers", () => {
    checkChroma(f32(0, -0.1, 0.2), "f32");
    checkChroma(Uint16Array.of(0x3c00, 0, 0xbc00), "f16");
  });
  it("refuses what is not finite, and zero everywhere", () => {
    expect(() => checkChroma(f32(0.1, NaN, Infinity), "f32")).toThrow(/2 of 3 values that are not finite/);
    expect(() => checkChroma(f32(0, -0), "f32")).toThrow(/zero everywhere/);
    expect(() => checkChroma(Uint16Array.of(0x7e00, 1), "f16")).toThrow(/1 of 2 .* Try precision: 'f32'/);
    expect(() => checkChroma(f32(1, -1, 0.9995), "f32")).toThrow(/the largest values everywhere/);
    checkChroma(f32(1, -1, 0.99), "f32");
    expect(() => checkChroma(Uint16Array.of(0x3c00, 0xbc00), "f16")).toThrow(/the largest values everywhere/);
    expect(() => checkChroma(Uint16Array.of(0x8000, 0), "f16")).toThrow(/zero everywhere/);
  });
});
