/** Elements of constants of any number type. */
import type { Shape } from "../ir";

/** Elements of a constant: floats as f32, integers of up to 32 bits and booleans as such, integers of 64 bits as doubles. */
export type NumberArray =
  Float32Array | Float64Array | Int8Array | Uint8Array | Int16Array | Uint16Array | Int32Array | Uint32Array;

export interface Elements<T extends NumberArray = NumberArray> {
  readonly shape: Shape;
  /** Row-major; length = product of shape. Never written to. May be computed when read: see deferred.ts. */
  readonly data: T;
  /** Identifies the content without reading it: within one model, equal keys mean equal data. */
  readonly key?: string | undefined;
}

/** Zeros of the same number type as `like`. */
export function zerosLike<T extends NumberArray>(like: T, length: number): T {
  return new (like.constructor as new (length: number) => T)(length);
}

/** Whether these are integers or booleans. */
export function isWhole(data: NumberArray): boolean {
  return !(data instanceof Float32Array);
}
