import { describe, expect, it } from "vitest";
import { checkOutput } from "../../src/image/chroma";

const AB = { kind: "ab", name: "ab", scale: 128 } as const;
const CELLS = { kind: "cells", name: "scores", cells: [], temperature: 1 } as const;
const RGB = { kind: "rgb", name: "rgb", range: [0, 255] } as const;

describe("checkOutput", () => {
  const f32 = (...values: number[]): Uint32Array => new Uint32Array(Float32Array.from(values).buffer);
  it("accepts numbers", () => {
    checkOutput(f32(0, -0.1, 0.2, 1), "f32", AB);
    checkOutput(f32(1, -1, 0.99, 1, -1, 0.5), "f32", AB);
    checkOutput(Uint16Array.of(0x3c00, 1, 1, 0xbc00), "f16", AB);
  });
  it("refuses what is not finite", () => {
    expect(() => checkOutput(f32(0.1, NaN, Infinity, 0.1), "f32", AB)).toThrow(
      /1 of 2 values of a\* that are not finite/,
    );
    expect(() => checkOutput(f32(0.1, 0.2, -Infinity, NaN), "f32", AB)).toThrow(/2 of 2 values of b\* .* driver/);
    expect(() => checkOutput(Uint16Array.of(0x7e00, 1), "f16", AB)).toThrow(/1 of 1 values .* precision: 'f32'/);
  });
  it("refuses a channel of zeros or of the largest values", () => {
    expect(() => checkOutput(f32(0, -0, 0.1, 0.2), "f32", AB)).toThrow(/a\* of zero everywhere/);
    expect(() => checkOutput(f32(0.1, 0.2, 0, 0), "f32", AB)).toThrow(/b\* of zero everywhere/);
    expect(() => checkOutput(Uint16Array.of(0x8000, 0, 1, 1), "f16", AB)).toThrow(/a\* of zero everywhere/);
    expect(() => checkOutput(f32(1, -1, 0.5, 0.9995), "f32", AB)).toThrow(/the largest values of a\* everywhere/);
    expect(() => checkOutput(Uint16Array.of(1, 1, 0x3c00, 0xbc00), "f16", AB)).toThrow(/values of b\* everywhere/);
  });
  it("looks at all scores and colours of other outputs together", () => {
    checkOutput(f32(0, 0, 0.1, 4e4), "f32", CELLS);
    checkOutput(f32(1, 1, 1, 1, 1, 1), "f32", RGB);
    expect(() => checkOutput(f32(0, NaN, 1), "f32", CELLS)).toThrow(/1 of 3 values of scores that are not finite/);
    expect(() => checkOutput(f32(0, 0, 0), "f32", RGB)).toThrow(/R, G, B of zero everywhere/);
  });

  it("accepts a* and b* past 1 everywhere where the output is no tanh", () => {
    checkOutput(f32(4, 5, -6, -7), "f32", { ...AB, scale: 1 });
  });
});
