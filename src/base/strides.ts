/** Index arithmetic of row-major tensors. */

/** Number of elements; 1 for no axes. */
export function sizeOf(shape: readonly number[]): number {
  return shape.reduce((size, n) => size * n, 1);
}

/** Distance between neighbours on each axis. */
export function stridesOf(shape: readonly number[]): number[] {
  const strides = new Array<number>(shape.length);
  for (let axis = shape.length - 1, step = 1; axis >= 0; step *= shape[axis]!, axis--) strides[axis] = step;
  return strides;
}

/**
 * Strides that read a tensor of `shape` at the indices of one of `outShape`, to which it broadcasts by NumPy's rule: shapes are
 * aligned at the last axis, and a missing axis or one of size 1 repeats (stride 0).
 */
export function broadcastStrides(shape: readonly number[], outShape: readonly number[]): number[] {
  const missing = outShape.length - shape.length;
  const own = stridesOf(shape);
  return outShape.map((_, axis) => (axis < missing || shape[axis - missing] === 1 ? 0 : own[axis - missing]!));
}
