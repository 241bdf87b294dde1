import { describe, expect, it } from "vitest";
import { checkOutput } from "../../src/image/chroma";

describe("checkOutput", () => {
  const f32 = (...values: number[]): Uint32Array => new Uint32Array(Float32Array.from(values).buffer);
  it("accepts numbers", () => {
    checkOutput(f32(0, -0.1, 0.2, 1), "f32", "ab");
    checkOutput(f32(1, -1, 0.99, 1, -1, 0.5), "f32", "ab");
    checkOutput(Uint16Array.of(0x3c00, 1, 1, 0xbc00), "f16", "ab");
  });
  it("refuses what is not finite", () => {
    expect(() => checkOutput(f32(0.1, NaN, Infinity, 0.1), "f32", "ab")).toThrow(
      /1 of 2 values of a\* that are not finite/,
    );
    expect(() => checkOutput(f32(0.1, 0.2, -Infinity, NaN), "f32", "ab")).toThrow(/2 of 2 values of b\* .* driver/);
    expect(() => checkOutput(Uint16Array.of(0x7e00, 1), "f16", "ab")).toThrow(/1 of 1 values .* precision: 'f32'/);
  });
  it("refuses a channel of zeros or of the largest values", () => {
    expect(() => checkOutput(f32(0, -0, 0.1, 0.2), "f32", "ab")).toThrow(/a\* of zero everywhere/);
    expect(() => checkOutput(f32(0.1, 0.2, 0, 0), "f32", "ab")).toThrow(/b\* of zero everywhere/);
    expect(() => checkOutput(Uint16Array.of(0x8000, 0, 1, 1), "f16", "ab")).toThrow(/a\* of zero everywhere/);
    expect(() => checkOutput(f32(1, -1, 0.5, 0.9995), "f32", "ab")).toThrow(/the largest values of a\* everywhere/);
    expect(() => checkOutput(Uint16Array.of(1, 1, 0x3c00, 0xbc00), "f16", "ab")).toThrow(/values of b\* everywhere/);
  });
  it("looks at all scores and colours of other outputs together", () => {
    checkOutput(f32(0, 0, 0.1, 4e4), "f32", "cells");
    checkOutput(f32(1, 1, 1, 1, 1, 1), "f32", "rgb");
    expect(() => checkOutput(f32(0, NaN, 1), "f32", "cells")).toThrow(/1 of 3 values of scores that are not finite/);
    expect(() => checkOutput(f32(0, 0, 0), "f32", "rgb")).toThrow(/R, G, B of zero everywhere/);
  });
});
