/** Floats of 8 and 4 bits and integers of 4 and 2 bits, as ONNX defines them in onnx.proto and in its pages on float8, float4 and int4. */
import type { OnnxDType } from "../onnx/types";

interface SmallFloat {
  readonly exponent: number;
  readonly mantissa: number;
  readonly bias: number;
  readonly max: number;
  /** What lies above `max`: infinity, NaN, or nothing. "fnuz": NaN in the place of -0. */
  readonly above: "infinity" | "nan" | "fnuz" | "nothing";
}

export type PackedIntegerType = "i4" | "u4" | "i2" | "u2";
export type SmallFloatType = "f8e4m3fn" | "f8e4m3fnuz" | "f8e5m2" | "f8e5m2fnuz" | "f8e8m0" | "f4e2m1";

/** f8e8m0 has no sign and no mantissa, and powers of two only. */
const SMALL_FLOATS: Readonly<Record<SmallFloatType, SmallFloat>> = {
  f8e4m3fn: { exponent: 4, mantissa: 3, bias: 7, max: 448, above: "nan" },
  f8e4m3fnuz: { exponent: 4, mantissa: 3, bias: 8, max: 240, above: "fnuz" },
  f8e5m2: { exponent: 5, mantissa: 2, bias: 15, max: 57344, above: "infinity" },
  f8e5m2fnuz: { exponent: 5, mantissa: 2, bias: 16, max: 57344, above: "fnuz" },
  f8e8m0: { exponent: 8, mantissa: 0, bias: 127, max: 2 ** 127, above: "nan" },
  f4e2m1: { exponent: 2, mantissa: 1, bias: 1, max: 6, above: "nothing" },
};

/** Bits of packed elements, the first in the lowest bits of a byte. */
const PACKED: Partial<Readonly<Record<OnnxDType, number>>> = { f4e2m1: 4, i4: 4, u4: 4, i2: 2, u2: 2 };

export function isSmallFloat(dtype: OnnxDType): dtype is SmallFloatType {
  return Object.hasOwn(SMALL_FLOATS, dtype);
}

export function isPackedInteger(dtype: OnnxDType): dtype is PackedIntegerType {
  return Object.hasOwn(PACKED, dtype) && !isSmallFloat(dtype);
}

/** The codes of `count` elements, each in the low bits of a byte. */
function unpack(dtype: OnnxDType, bytes: Uint8Array, count: number): Uint8Array {
  const bits = PACKED[dtype] ?? 8;
  const each = 8 / bits;
  return Uint8Array.from(
    { length: count },
    (_, i) => (bytes[Math.floor(i / each)]! >> ((i % each) * bits)) % 2 ** bits,
  );
}

/** Elements of float8 or float4, exactly. */
export function floatsFromSmall(dtype: SmallFloatType, bytes: Uint8Array, count: number): Float32Array {
  const table = Float32Array.from({ length: 256 }, (_, code) => decode(dtype, code));
  return Float32Array.from(unpack(dtype, bytes, count), (code) => table[code]!);
}

function decode(dtype: SmallFloatType, code: number): number {
  const { exponent, mantissa, bias, max, above } = SMALL_FLOATS[dtype];
  if (dtype === "f8e8m0") return code === 255 ? NaN : 2 ** (code - bias);
  const negative = code >> (exponent + mantissa);
  if (above === "fnuz" && code === 128) return NaN;
  const e = (code >> mantissa) % 2 ** exponent;
  const fraction = (code % 2 ** mantissa) / 2 ** mantissa;
  const size = e === 0 ? fraction * 2 ** (1 - bias) : (1 + fraction) * 2 ** (e - bias);
  if (size <= max) return negative ? -size : size;
  if (above === "nan" || fraction !== 0) return NaN;
  return negative ? -Infinity : Infinity;
}

/** Integers of 4 or 2 bits. */
export function integersFromPacked(dtype: PackedIntegerType, bytes: Uint8Array, count: number): Int8Array {
  return Int8Array.from(unpack(dtype, bytes, count), (code) => wrapPacked(dtype, code));
}

/** The lowest bits of an integer, with the sign that they have in the type. */
export function wrapPacked(dtype: PackedIntegerType, x: number): number {
  const bits = PACKED[dtype]!;
  const low = Math.trunc(x) & (2 ** bits - 1);
  return dtype.startsWith("i") && low >= 2 ** (bits - 1) ? low - 2 ** bits : low;
}

/**
 * The nearest number of the type; of two equally near, the one with an even mantissa (ONNX Cast). With `saturate`, numbers above the
 * largest become the largest, else infinity or NaN. f4e2m1, which has no NaN, gets 0 for it. `rounding` counts for f8e8m0 only.
 */
export function roundToSmall(dtype: SmallFloatType, x: number, saturate: boolean, rounding = "up"): number {
  const { mantissa, bias, max, above } = SMALL_FLOATS[dtype];
  if (dtype === "f8e8m0") return toPowerOfTwo(x, saturate, rounding);
  const limit = above === "nothing" ? max : saturate ? max : above === "infinity" ? Infinity : NaN;
  if (Number.isNaN(x)) return above === "nothing" ? 0 : NaN;
  const e = Math.max(Math.floor(Math.log2(Math.abs(x))), 1 - bias);
  const step = 2 ** (e - mantissa);
  const size = roundHalfEven(Math.abs(x) / step) * step;
  const rounded = Math.abs(x) === Infinity || size > max ? limit : size;
  const negative = x < 0 || Object.is(x, -0);
  return negative && !(above === "fnuz" && rounded === 0) ? -rounded : rounded;
}

/** Rounds half to even, as ONNX Round, QuantizeLinear and casts to small floats do. */
export function roundHalfEven(x: number): number {
  const below = Math.floor(x);
  const fraction = x - below;
  if (fraction !== 0.5) return Math.round(x);
  return below % 2 === 0 ? below : below + 1;
}

function toPowerOfTwo(x: number, saturate: boolean, rounding: string): number {
  const [least, most] = [2 ** -127, 2 ** 127];
  if (Number.isNaN(x)) return NaN;
  const size = Math.abs(x);
  const below = size === 0 ? 0 : 2 ** Math.floor(Math.log2(size));
  const up = rounding === "up" ? size > below : rounding === "nearest" && size >= 1.5 * below;
  const power = up ? 2 * below : below;
  if (power > most) return saturate ? most : NaN;
  return Math.max(least, power);
}
