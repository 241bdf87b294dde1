import { describe, expect, test } from "vitest";
import {
  floatsFromSmall,
  integersFromPacked,
  roundToSmall,
  wrapPacked,
  type SmallFloatType,
} from "../../../src/weights/numbers/small";

const decode = (dtype: SmallFloatType, ...codes: number[]): number[] => [
  ...floatsFromSmall(dtype, Uint8Array.from(codes), codes.length),
];

describe("floats of 8 and 4 bits", () => {
  test.each<[SmallFloatType, Record<number, number>]>([
    ["f8e4m3fn", { 0: 0, 1: 2 ** -9, 0x38: 1, 0xb8: -1, 0x7e: 448, 0xfe: -448, 0x7f: NaN, 0xff: NaN, 0x80: -0 }],
    ["f8e4m3fnuz", { 1: 2 ** -10, 0x40: 1, 0x7f: 240, 0xff: -240, 0x80: NaN }],
    ["f8e5m2", { 1: 2 ** -16, 0x3c: 1, 0x7b: 57344, 0x7c: Infinity, 0xfc: -Infinity, 0x7d: NaN, 0xff: NaN }],
    ["f8e5m2fnuz", { 1: 2 ** -17, 0x40: 1, 0x7f: 57344, 0xff: -57344, 0x80: NaN }],
    ["f8e8m0", { 0: 2 ** -127, 127: 1, 254: 2 ** 127, 255: NaN }],
  ])("%s: the codes that ONNX states", (dtype, values) => {
    expect(decode(dtype, ...Object.keys(values).map(Number))).toEqual(Object.values(values));
  });

  test("float4: two to a byte, the first in the low bits", () => {
    const bytes = Uint8Array.of(0x10, 0x32, 0x54, 0x76, 0x0f);
    expect([...floatsFromSmall("f4e2m1", bytes, 9)]).toEqual([0, 0.5, 1, 1.5, 2, 3, 4, 6, -6]);
  });

  const eight = ["f8e4m3fn", "f8e4m3fnuz", "f8e5m2", "f8e5m2fnuz", "f8e8m0"] as const;
  test.each(eight)("%s: every number rounds to itself", (dtype) => {
    const numbers = decode(dtype, ...Array.from({ length: 256 }, (_, code) => code));
    expect(numbers.filter((x) => !Object.is(roundToSmall(dtype, x, false), x))).toEqual([]);
  });

  test.each(eight.slice(0, 4))("%s: midpoints go to the even code, other numbers to the nearer", (dtype) => {
    const finite = decode(dtype, ...Array.from({ length: 128 }, (_, code) => code)).filter(Number.isFinite);
    for (let code = 1; code < finite.length; code++) {
      const [low, high] = [finite[code - 1]!, finite[code]!];
      const middle = (low + high) / 2;
      expect(roundToSmall(dtype, middle, true)).toBe(code % 2 === 0 ? high : low);
      expect(roundToSmall(dtype, middle + (high - low) / 64, true)).toBe(high);
      expect(roundToSmall(dtype, middle - (high - low) / 64, true)).toBe(low);
    }
  });

  test("above the largest: it, or else infinity or NaN", () => {
    expect(roundToSmall("f8e4m3fn", 1e6, true)).toBe(448);
    expect(roundToSmall("f8e4m3fn", -1e6, false)).toBeNaN();
    expect(roundToSmall("f8e5m2", Infinity, true)).toBe(57344);
    expect(roundToSmall("f8e5m2", -1e6, false)).toBe(-Infinity);
    expect(roundToSmall("f4e2m1", -Infinity, true)).toBe(-6);
  });

  test("powers of two: up, down and to the nearer", () => {
    expect(["up", "down", "nearest"].map((how) => roundToSmall("f8e8m0", 2.5, true, how))).toEqual([4, 2, 2]);
    expect(roundToSmall("f8e8m0", 3, true, "nearest")).toBe(4);
    expect(roundToSmall("f8e8m0", 0, true)).toBe(2 ** -127);
  });
});

describe("packed integers", () => {
  test("the first lies in the low bits; the last byte may be in part empty", () => {
    expect([...integersFromPacked("i4", Uint8Array.of(0x8f, 0x07), 3)]).toEqual([-1, -8, 7]);
    expect([...integersFromPacked("u4", Uint8Array.of(0x8f), 2)]).toEqual([15, 8]);
    expect([...integersFromPacked("i2", Uint8Array.of(0b10_01_11_00, 0b01), 5)]).toEqual([0, -1, 1, -2, 1]);
    expect([...integersFromPacked("u2", Uint8Array.of(0b10_01_11_00), 4)]).toEqual([0, 3, 1, 2]);
  });

  test("wider integers lose their upper bits", () => {
    expect([8, -9, 17, -1].map((x) => wrapPacked("i4", x))).toEqual([-8, 7, 1, -1]);
    expect([16, -1].map((x) => wrapPacked("u4", x))).toEqual([0, 15]);
  });
});
