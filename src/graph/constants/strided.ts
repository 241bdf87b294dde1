/** Constants read in another order. */
import { deferred, derivedKey } from "./deferred";
import { sizeOf, stridesOf, type Constant, type Shape } from "../ir";

/**
 * Reads `data` in the order of a strided view: out[i] = data[offset + sum(i * strides)]. Strides may be zero
 * (broadcast) or negative (flip).
 */
export function gatherStrided(data: Float32Array, shape: Shape, strides: readonly number[], offset = 0): Float32Array {
  const out = new Float32Array(sizeOf(shape));
  const index = new Array<number>(shape.length).fill(0);
  let at = offset;
  for (let i = 0; i < out.length; i++) {
    out[i] = data[at]!;
    for (let axis = shape.length - 1; axis >= 0; axis--) {
      at += strides[axis]!;
      if (++index[axis]! < shape[axis]!) break;
      at -= strides[axis]! * shape[axis]!;
      index[axis] = 0;
    }
  }
  return out;
}

/** The constant with axes permuted: out.shape[i] = shape[perm[i]]. */
export function transposeConstant(constant: Constant, perm: readonly number[]): Constant {
  const strides = stridesOf(constant.shape);
  const shape = perm.map((axis) => constant.shape[axis]!);
  const walk = perm.map((axis) => strides[axis]!);
  const key = derivedKey(`transpose ${perm.join()}`, constant);
  return deferred({ shape, key }, () => gatherStrided(constant.data, shape, walk));
}
