import { describe, expect, test } from "vitest";
import { ModelError } from "../../../src/base/errors";
import { toIntegers } from "../../../src/weights/numbers/dtype";
import { toFloat32 } from "../../../src/weights/numbers/floats";
import { floatFromHalf, halfFromFloat } from "../../../src/weights/numbers/half";
import type { OnnxDType, OnnxTensor } from "../../../src/weights/onnx/types";
import { randoms } from "../../shared/randoms";
import { fromHalf, toHalf } from "../../gpu";
import { encodeTensor } from "../../../tools/onnx-writer";

const tensor = (dtype: OnnxDType, data: ArrayLike<number>, shape: number[] = [data.length]): OnnxTensor => ({
  name: "t",
  dtype,
  shape,
  bytes: encodeTensor(data, dtype),
});

describe("halves", () => {
  test("every half becomes its float and back", () => {
    const halves = Uint16Array.from({ length: 65536 }, (_, i) => i);
    const floats = floatFromHalf(halves);
    const back = halfFromFloat(floats);
    expect([...halves].filter((half) => !Object.is(floats[half], fromHalf(half)))).toEqual([]);
    const returns = (half: number): boolean =>
      Number.isNaN(floats[half]) ? (back[half]! & 0x7fff) === 0x7e00 : back[half] === half;
    expect([...halves].filter((half) => !returns(half))).toEqual([]);
  });

  test("rounds to nearest even at and beside every midpoint", () => {
    // Midpoints between neighbouring halves, and the floats just below and above.
    const values: number[] = [];
    for (let half = 0; half < 0x7c00; half++) {
      const middle = Math.fround((fromHalf(half) + (half === 0x7bff ? 65536 : fromHalf(half + 1))) / 2);
      const bits = new Uint32Array(Float32Array.of(middle).buffer)[0]!;
      const [below, above] = new Float32Array(Uint32Array.of(bits - 1, bits + 1).buffer);
      values.push(below!, middle, above!, -middle);
    }
    const halves = halfFromFloat(Float32Array.from(values));
    expect(values).toHaveLength(4 * 0x7c00);
    expect(values.filter((value, i) => halves[i] !== toHalf(value))).toEqual([]);
  });

  test("extremes", () => {
    const values = Float32Array.of(65519, 65520, -65520, 1e38, Infinity, -Infinity, 2 ** -25, 2 ** -26, 1e-45, -0, NaN);
    expect([...halfFromFloat(values)]).toEqual([
      0x7bff, 0x7c00, 0xfc00, 0x7c00, 0x7c00, 0xfc00, 0, 0, 0, 0x8000, 0x7e00,
    ]);
  });

  test("a view into a larger array", () => {
    const values = randoms(100, 3).subarray(7, 20);
    expect([...halfFromFloat(values)]).toEqual(Array.from(values, toHalf));
  });
});

describe("toFloat32", () => {
  test.each<[OnnxDType, number[]]>([
    ["f32", [1.5, -2]],
    ["f16", [1.5, -2]],
    ["bf16", [1.5, -2]],
    ["f64", [1.5, -2]],
    ["i8", [-128, 127]],
    ["u8", [0, 255]],
    ["i16", [-32768, 32767]],
    ["u16", [0, 65535]],
    ["i32", [-(2 ** 31), 5]],
    ["u32", [2 ** 31, 5]],
    ["i64", [-(2 ** 40), 5]],
    ["u64", [2 ** 40, 5]],
    ["bool", [1, 0]],
  ])("%s, aligned or not", (dtype, values) => {
    const aligned = tensor(dtype, values);
    expect([...toFloat32(aligned)]).toEqual(values);
    const shifted = new Uint8Array(aligned.bytes.length + 1);
    shifted.set(aligned.bytes, 1);
    expect([...toFloat32({ ...aligned, bytes: shifted.subarray(1) })]).toEqual(values);
  });

  test("aligned f32 is a view", () => {
    const source = tensor("f32", [1, 2]);
    expect(toFloat32(source).buffer).toBe(source.bytes.buffer);
  });

  test("a bool that is not 0 or 1 is true", () => {
    expect([...toFloat32(tensor("bool", [7, 0]))]).toEqual([1, 0]);
  });
});

describe("toIntegers", () => {
  test("is exact up to 2^53 - 1 on both sides", () => {
    const values = [2 ** 53 - 1, -(2 ** 53) + 1, 0, -1, 2 ** 32, -(2 ** 32)];
    expect(toIntegers(tensor("i64", values))).toEqual(values);
    expect(toIntegers(tensor("i8", [-3]))).toEqual([-3]);
  });

  test("floats are no integers", () => {
    expect(() => toIntegers(tensor("f32", [1]))).toThrow(ModelError);
  });

  test("u64 beyond 2^53 is refused", () => {
    expect(() => toIntegers(tensor("u64", [2 ** 60]))).toThrow(ModelError);
  });
});
