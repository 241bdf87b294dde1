/** What storage type and depth of a sum leave of numbers. */
import type { Elem } from "../../src/kernels/kernel";
import type { Tolerance } from "../shared/expect-close";
import { decodeElems, encodeElems } from "../gpu";

/** The values after being stored as `elem`. */
export function stored(values: Float32Array, elem: Elem): Float32Array {
  return elem === "f32" ? values : decodeElems(encodeElems(values, elem).buffer as ArrayBuffer, values.length, elem);
}

/**
 * Allowed error of sums of `depth` products of numbers in [-1, 1]. f32: each of the additions rounds a sum of about
 * sqrt(depth), so depth * sqrt(depth) * 2^-24 is generous and still far below the effect of one wrong product.
 * f16: inputs are rounded before the reference sees them and sums are f32, so what is added is one rounding of the
 * output, 2^-11 of its magnitude.
 */
export function sumTolerance(depth: number, expected: ArrayLike<number>, elem: Elem): Tolerance {
  let magnitude = 1;
  for (let i = 0; i < expected.length; i++) magnitude = Math.max(magnitude, Math.abs(expected[i]!));
  const sums = (depth + 8) * Math.sqrt(depth + 8) * 2 ** -24 + 1e-6;
  return { abs: elem === "f32" ? sums : sums + magnitude * 2 ** -11 };
}
