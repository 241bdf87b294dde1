/** Float32Array <-> the bytes of a GPU buffer of f32 or f16 elements. */
import type { Elem } from "../kernels/kernel";
import { floatFromHalf, halfFromFloat } from "../weights/dtype";

/** The elements as stored, padded to a multiple of 4 bytes (writeBuffer's unit). */
export function storedElements(values: Float32Array, elem: Elem): Uint8Array<ArrayBuffer> {
  if (elem === "f32") return new Uint8Array(values.buffer as ArrayBuffer, values.byteOffset, values.byteLength);
  const halves = halfFromFloat(values);
  const bytes = new Uint8Array(halves.buffer as ArrayBuffer, halves.byteOffset, halves.byteLength);
  if (bytes.length % 4 === 0) return bytes;
  const padded = new Uint8Array(bytes.length + 2);
  padded.set(bytes);
  return padded;
}

/** The first `count` elements of a mapped buffer, copied. */
export function loadedElements(bytes: ArrayBuffer, count: number, elem: Elem): Float32Array {
  return elem === "f32" ? new Float32Array(bytes.slice(0, count * 4)) : floatFromHalf(new Uint16Array(bytes, 0, count));
}
