/** Strided views of constants, for broadcasting, transposing and slicing. */
import { PIECE } from "../../base/pacer";
import { stridesOf } from "../../base/strides";
import { sizeOf, type Shape } from "../ir";
import { deferred, derivedKey } from "./deferred";
import { zerosLike, type Elements, type NumberArray } from "./elements";

/**
 * Visits the rows of a tensor of `shape`, long ones in parts. The part that begins at flat position `to` reads from position `from` on, in
 * steps of `step`; index i is at offset + sum of i[axis] * strides[axis]. Yields now and then.
 */
function* visitingRows(
  shape: Shape,
  strides: readonly number[],
  offset: number,
  visit: (from: number, to: number, length: number, step: number) => void,
): Generator<undefined> {
  const count = sizeOf(shape);
  if (count === 0) return;
  const last = shape.length - 1;
  const length = last < 0 ? 1 : shape[last]!;
  const step = last < 0 ? 0 : strides[last]!;
  const index = new Array<number>(Math.max(0, last)).fill(0);
  let visited = 0;
  for (let to = 0, from = offset; to < count; to += length) {
    for (let first = 0; first < length; first += PIECE) {
      const part = Math.min(PIECE, length - first);
      visit(from + first * step, to + first, part, step);
      visited += part;
      if (visited >= PIECE) {
        visited = 0;
        yield;
      }
    }
    for (let axis = last - 1; axis >= 0; axis--) {
      from += strides[axis]!;
      index[axis] = index[axis]! + 1;
      if (index[axis]! < shape[axis]!) break;
      from -= strides[axis]! * shape[axis]!;
      index[axis] = 0;
    }
  }
}

/** Visits every element of a tensor of `shape`: its flat position `to`, and `from` = offset + sum of index * strides. Yields now and then. */
export function visitingStrided(
  shape: Shape,
  strides: readonly number[],
  offset: number,
  visit: (from: number, to: number) => void,
): Generator<undefined> {
  return visitingRows(shape, strides, offset, (from, to, length, step) => {
    for (let i = 0; i < length; i++) visit(from + i * step, to + i);
  });
}

/** Elements of a row that are copied at a time; as many source lines fit in the processor's cache. */
const BLOCK = 16;

function* copyStrided<T extends NumberArray>(
  source: T,
  shape: Shape,
  strides: readonly number[],
  offset: number,
): Generator<undefined, T> {
  const data = zerosLike(source, sizeOf(shape));
  const width = shape.at(-1) ?? 1;
  // Weights pass through here. Blocks, and a loop without a call per element, make it several times faster.
  for (let first = 0; first < width; first += BLOCK) {
    const length = Math.min(BLOCK, width - first);
    const block = [...shape.slice(0, -1), ...(shape.length === 0 ? [] : [length])];
    yield* visitingRows(block, strides, offset + first * (strides.at(-1) ?? 0), (from, row, _, step) => {
      let to = (row / length) * width + first;
      for (const end = to + length; to < end; to++, from += step) data[to] = source[from]!;
    });
  }
  return data;
}

/**
 * A view of x: out[i] = x.data[offset + sum(i * strides)], copied when it is read. Strides may be zero (broadcast) or
 * negative (flip).
 */
export function strided<T extends NumberArray>(
  x: Elements<T>,
  shape: Shape,
  strides: readonly number[],
  offset = 0,
): Elements<T> {
  const key = derivedKey(`strided ${shape.join()} ${strides.join()} ${offset}`, x);
  return deferred({ shape, key }, () => copyStrided(x.data, shape, strides, offset), x);
}

/** x with axes permuted: out.shape[i] = shape[perm[i]]. */
export function transposed<T extends NumberArray>(x: Elements<T>, perm: readonly number[]): Elements<T> {
  const strides = stridesOf(x.shape);
  return strided(
    x,
    perm.map((axis) => x.shape[axis]!),
    perm.map((axis) => strides[axis]!),
  );
}

/** The same elements with another shape of equal size. */
export function reshaped<T extends NumberArray>(x: Elements<T>, shape: Shape): Elements<T> {
  return deferred({ shape, key: x.key }, () => x.data, x);
}
