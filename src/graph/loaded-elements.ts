/** The bytes of a GPU buffer -> Float32Array; storage.ts has the other way. */
import type { Elem } from "../kernels/kernel";
import { floatFromHalf } from "../weights/from-half";

/** The first `count` elements of a mapped buffer, copied. */
export function loadedElements(bytes: ArrayBuffer, count: number, elem: Elem): Float32Array {
  return elem === "f32" ? new Float32Array(bytes.slice(0, count * 4)) : floatFromHalf(new Uint16Array(bytes, 0, count));
}
