/** Views of tensors as rows, for the cases of ops that work along one axis. */
import type { Shape } from "../../src/graph/ir";
import type { Rows } from "../../src/kernels/reduce";
import type { KernelCase } from "../kernels/kernel-case";

/** Kernels that work along rows: reduce, softmax and the normalisations. */

export const shapeOf = ({ outer, axis, inner }: Rows): Shape => [outer, axis, inner];
export const rows = (outer: number, axis: number, inner: number): Rows => ({ outer, axis, inner });

/** One row, short rows, rows of a workgroup less or more one, and every choice of invocations and lanes. */
export const awkward = [
  rows(1, 1, 1),
  rows(3, 5, 7),
  rows(65, 3, 1),
  rows(3, 63, 1),
  rows(3, 64, 1),
  rows(70, 65, 1),
  rows(2, 130, 5),
  rows(2, 130, 8),
  rows(1, 64, 260),
  rows(2, 1025, 5), // long and few, not contiguous
  rows(1, 1024, 8),
];

/** Subtracting the mean loses bits: errors reach 1e-5 where it is large compared with the deviations. The range is about 4. */
export const NORMALIZED: KernelCase["tolerance"] = { f32: { abs: 1e-5 }, f16: { range: 2 ** -10, abs: 1e-5 } };
