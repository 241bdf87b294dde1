/** Arithmetic on constants, in double precision. Generators yield after each part of the work. */
import { inParts } from "../../base/pacer";
import { broadcastStrides } from "../../base/strides";
import { sizeOf, type Shape } from "../ir";
import type { Elements, NumberArray } from "./elements";
import { visitingStrided } from "./strided";

/** Stores f of every element and its flat index in `out`. */
export function* mapElements<T extends NumberArray>(
  x: NumberArray,
  f: (x: number, index: number) => number,
  out: T,
): Generator<undefined, T> {
  yield* inParts(out.length, (from, to) => {
    for (let i = from; i < to; i++) out[i] = f(x[i]!, i);
  });
  return out;
}

/** Stores f of two constants, which broadcast to `shape` by NumPy's rules, in `out`. */
export function* zipElements<T extends NumberArray>(
  a: Elements,
  b: Elements,
  shape: Shape,
  f: (a: number, b: number) => number,
  out: T,
): Generator<undefined, T> {
  const [left, right] = [a.data, b.data];
  const at = new Int32Array(out.length);
  yield* visitingStrided(shape, broadcastStrides(a.shape, shape), 0, (from, to) => (at[to] = from));
  yield* visitingStrided(shape, broadcastStrides(b.shape, shape), 0, (from, to) => {
    out[to] = f(left[at[to]!]!, right[from]!);
  });
  return out;
}

/** Reduces x to `shape`, whose reduced axes have size 1, by combining the elements that map to the same output element. */
export function* foldAxes(
  x: Elements,
  shape: Shape,
  start: number,
  step: (total: number, x: number) => number,
): Generator<undefined, Float64Array> {
  const totals = new Float64Array(sizeOf(shape)).fill(start);
  const { data } = x;
  yield* visitingStrided(x.shape, broadcastStrides(shape, x.shape), 0, (from, to) => {
    totals[from] = step(totals[from]!, data[to]!);
  });
  return totals;
}
