/** Row-major tensors for the slow, obvious reference implementations. */
import { sizeOf, type Shape } from "../../src/graph/ir";

export interface Tensor {
  readonly shape: Shape;
  readonly data: Float32Array;
}

/** Elements to step over per index of each axis. */
export function stridesOf(shape: Shape): number[] {
  const strides = new Array<number>(shape.length).fill(1);
  for (let axis = shape.length - 2; axis >= 0; axis--) strides[axis] = strides[axis + 1]! * shape[axis + 1]!;
  return strides;
}

/** The multi-dimensional index of flat position `flat`. */
export function indexOf(flat: number, shape: Shape): number[] {
  const index = new Array<number>(shape.length).fill(0);
  for (let axis = shape.length - 1; axis >= 0; axis--) {
    index[axis] = flat % shape[axis]!;
    flat = Math.floor(flat / shape[axis]!);
  }
  return index;
}

/** The flat position of a multi-dimensional index. */
export function flatOf(index: readonly number[], shape: Shape): number {
  return stridesOf(shape).reduce((flat, stride, axis) => flat + stride * index[axis]!, 0);
}

/** A tensor whose element at every index is `value(index)`. */
export function fill(shape: Shape, value: (index: number[]) => number): Tensor {
  const data = new Float32Array(sizeOf(shape));
  for (let flat = 0; flat < data.length; flat++) data[flat] = value(indexOf(flat, shape));
  return { shape, data };
}

/** The element at `index`, with NumPy broadcasting: leading axes are dropped, axes of size 1 repeat. */
export function broadcastAt(tensor: Tensor, index: readonly number[]): number {
  const drop = index.length - tensor.shape.length;
  let flat = 0;
  let stride = 1;
  for (let axis = tensor.shape.length - 1; axis >= 0; axis--) {
    if (tensor.shape[axis] !== 1) flat += index[axis + drop]! * stride;
    stride *= tensor.shape[axis]!;
  }
  return tensor.data[flat]!;
}

/** The tensor whose element at `index` is x at `source(index)`. */
export function rearrange(shape: Shape, x: Tensor, source: (index: number[]) => number[]): Tensor {
  return fill(shape, (index) => {
    const at = source(index);
    if (at.some((i, axis) => !(i >= 0 && i < x.shape[axis]!))) throw new Error(`[${at}] is outside [${x.shape}]`);
    return x.data[flatOf(at, x.shape)]!;
  });
}

/** The sizes of a tensor of rank 4. */
export const as4 = (shape: Shape): readonly [number, number, number, number] =>
  shape as unknown as readonly [number, number, number, number];
