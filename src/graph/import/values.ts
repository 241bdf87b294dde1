/** Values while a model is imported: constants, evaluated here, or names of tensors that exist at run time. */
import type { OnnxDType } from "../../weights/types";
import { deferred, derivedKey } from "../constants/deferred";
import { sizeOf, stridesOf, type Shape } from "../ir";

/** Elements of a constant: floats as f32, 8-bit integers and booleans as they are, wider integers as doubles. */
export type NumberArray = Float32Array | Float64Array | Int8Array | Uint8Array;

export interface ConstantValue {
  readonly kind: "constant";
  readonly name: string;
  readonly dtype: OnnxDType;
  readonly shape: Shape;
  /** Row-major; length = product of shape. Never written to. Floats may be computed when read: see deferred.ts. */
  readonly data: NumberArray;
  /** As in the graph's constants. */
  readonly key?: string | undefined;
  /** What a float constant was dequantised from: `source` (i8, same shape) times a scale for all or one per index of `axis`. */
  readonly int8?: Dequantized | undefined;
}

export interface Dequantized {
  readonly source: ConstantValue;
  readonly scales: Float32Array;
  readonly axis: number;
}

/** A graph input or a node's output. */
export interface RuntimeValue {
  readonly kind: "runtime";
  readonly name: string;
  /** What the model calls it; at run time it is a float tensor in any case. */
  readonly dtype: OnnxDType;
  readonly shape: Shape;
}

export type Value = ConstantValue | RuntimeValue;

/** The constant under another name, or with its elements in another shape. */
export function revised(value: ConstantValue, { name = value.name, shape = value.shape }): ConstantValue {
  const { kind, dtype, key } = value;
  const int8 = shape === value.shape ? value.int8 : undefined;
  return deferred({ kind, name, dtype, shape, key, int8 }, () => value.data, value);
}

export function isFloat(dtype: OnnxDType): boolean {
  return dtype === "f32" || dtype === "f16" || dtype === "f64" || dtype === "bf16";
}

/** Elements of the largest tensor that is evaluated: 512 MiB of f32. Bounds what a hostile file can ask for. */
const LARGEST_EVALUATED = 2 ** 27;
/** Elements of the largest tensor that is computed at run time: 2 GiB of f32. The device's own limit is asked later. */
export const LARGEST_COMPUTED = 2 ** 29;

/** Thrown for a tensor above such a limit, and reported by node name. */
export class TooLarge extends Error {}

/** The element count of a shape, or of a list of that length. */
export function checkedSize(shape: Shape, largest = LARGEST_EVALUATED): number {
  const count = sizeOf(shape);
  if (!(count <= largest))
    throw new TooLarge(`a tensor of ${count} elements, more than ${largest}, [${shape.join(", ")}]`);
  return count;
}

/** Zeros of the storage type of `dtype`. */
export function allocate(dtype: OnnxDType, count: number): NumberArray {
  checkedSize([count]);
  if (isFloat(dtype)) return new Float32Array(count);
  if (dtype === "i8") return new Int8Array(count);
  if (dtype === "u8" || dtype === "bool") return new Uint8Array(count);
  return new Float64Array(count);
}

export function constantOf(
  dtype: OnnxDType,
  shape: Shape,
  data: ArrayLike<number>,
  name: string = "constant",
): ConstantValue {
  const stored = allocate(dtype, sizeOf(shape));
  stored.set(data);
  return { kind: "constant", name, dtype, shape, data: stored };
}

export function floatData(value: ConstantValue): Float32Array {
  return value.data instanceof Float32Array ? value.data : Float32Array.from(value.data);
}

/** Strides that read a tensor of shape `from` at the indices of shape `to`: 0 along broadcast axes. */
export function broadcastStrides(from: Shape, to: Shape): number[] {
  const strides = stridesOf(from);
  const missing = to.length - from.length;
  return to.map((_, axis) => (axis < missing || from[axis - missing] === 1 ? 0 : strides[axis - missing]!));
}

/**
 * Walks the elements of a tensor of `shape` row by row: the row that begins at flat position `to` reads from `from`
 * on, `step` apart, where index i lies at offset + sum of i[axis] * strides[axis]. Broadcasting, transposing and
 * slicing are all of this form.
 */
function forEachRow(
  shape: Shape,
  strides: readonly number[],
  offset: number,
  visit: (from: number, to: number, length: number, step: number) => void,
): void {
  const count = sizeOf(shape);
  if (count === 0) return;
  const last = shape.length - 1;
  const length = last < 0 ? 1 : shape[last]!;
  const step = last < 0 ? 0 : strides[last]!;
  const index = new Array<number>(Math.max(0, last)).fill(0);
  for (let to = 0, from = offset; to < count; to += length) {
    visit(from, to, length, step);
    for (let axis = last - 1; axis >= 0; axis--) {
      from += strides[axis]!;
      index[axis] = index[axis]! + 1;
      if (index[axis]! < shape[axis]!) break;
      from -= strides[axis]! * shape[axis]!;
      index[axis] = 0;
    }
  }
}

/** forEachRow, element by element. */
export function forEachStrided(
  shape: Shape,
  strides: readonly number[],
  offset: number,
  visit: (from: number, to: number) => void,
): void {
  forEachRow(shape, strides, offset, (from, to, length, step) => {
    for (let i = 0; i < length; i++) visit(from + i * step, to + i);
  });
}

/** Elements of a row that `strided` copies at a time: so many source lines stay in the processor's cache. */
const BLOCK = 16;

/** A constant of `shape` read from another with the given strides. */
export function strided(
  value: ConstantValue,
  shape: Shape,
  strides: readonly number[],
  offset = 0,
  name: string = value.name,
): ConstantValue {
  checkedSize(shape);
  const key = derivedKey(`strided ${shape.join()} ${strides.join()} ${offset}`, value);
  const facts = { kind: "constant", name, dtype: value.dtype, shape, key } as const;
  return deferred(facts, () => copyStrided(value, shape, strides, offset), value);
}

function copyStrided(value: ConstantValue, shape: Shape, strides: readonly number[], offset: number): NumberArray {
  const data = allocate(value.dtype, sizeOf(shape));
  const source = value.data;
  const width = shape.at(-1) ?? 1;
  // Weights come through here: blocks, and a plain loop instead of a call an element, make it several times faster.
  for (let first = 0; first < width; first += BLOCK) {
    const length = Math.min(BLOCK, width - first);
    const block = [...shape.slice(0, -1), ...(shape.length === 0 ? [] : [length])];
    forEachRow(block, strides, offset + first * (strides.at(-1) ?? 0), (from, row, _, step) => {
      let to = (row / length) * width + first;
      for (const end = to + length; to < end; to++, from += step) data[to] = source[from]!;
    });
  }
  return data;
}
