import { expect, test } from "vitest";
import { ModelError } from "../../../src/base/errors";
import { int64ToNumber, type Int64 } from "../../../src/weights/numbers/integers";

const long = (value: bigint, unsigned = false): Int64 => ({
  low: Number(BigInt.asIntN(32, value)),
  high: Number(BigInt.asIntN(32, value >> 32n)),
  unsigned,
});

const MAX = 2 ** 63;

test.each([0n, 1n, -1n, 2n ** 31n, -(2n ** 31n), 2n ** 32n, -(2n ** 32n) - 1n, 2n ** 53n - 1n, 1n - 2n ** 53n])(
  "%d is exact as two 32-bit halves and as a number",
  (value) => {
    expect(int64ToNumber(long(value), "here")).toBe(Number(value));
    expect(int64ToNumber(Number(value), "here")).toBe(Number(value));
  },
);

test("INT64 limits, exact as halves or rounded as numbers, become +/-(2^53 - 1)", () => {
  for (const value of [2n ** 63n - 1n, 2n ** 63n - 512n]) {
    expect(int64ToNumber(long(value), "here")).toBe(MAX);
    expect(int64ToNumber(Number(value), "here")).toBe(MAX);
  }
  for (const value of [-(2n ** 63n), 1n - 2n ** 63n]) {
    expect(int64ToNumber(long(value), "here")).toBe(-MAX);
    expect(int64ToNumber(Number(value), "here")).toBe(-MAX);
  }
});

test.each([2n ** 53n, -(2n ** 53n), 2n ** 62n, 2n ** 63n - 4096n])("%d is refused", (value) => {
  expect(() => int64ToNumber(long(value), "here")).toThrow(ModelError);
  expect(() => int64ToNumber(Number(value), "here")).toThrow("here: expected an integer of at most 2^53 - 1");
});

test("the largest unsigned integer is not a size", () => {
  expect(() => int64ToNumber(long(2n ** 64n - 1n, true), "here")).toThrow(ModelError);
});
