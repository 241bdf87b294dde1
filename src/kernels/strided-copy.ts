/** One kernel for ops that only move elements: it copies a strided view of src to a strided view of dst. */
import wgsl from "../../shaders/strided-copy.wgsl?raw";
import { KernelError } from "../base/errors";
import { sizeOf, stridesOf } from "../base/strides";
import { lanesFor, requirePositive, unitTypes } from "./checks";
import { elemBytes, linearGrid, type Elem, type Kernel, type KernelPlan } from "./kernel";
import { operandStrides, collapseAxes, toMaxAxes } from "./strides";

/** Sizes, offsets and strides of both views, in elements. */
interface Views {
  readonly dims: readonly number[];
  readonly srcStrides: readonly number[];
  /** Default 0. */
  readonly srcOffset?: number;
  readonly dstStrides: readonly number[];
  /** Default 0. */
  readonly dstOffset?: number;
  readonly elem: Elem;
}

/** For every `at` in dims: dst[dstOffset + at . dstStrides] = src[srcOffset + at . srcStrides]. */
export function copyPlan(kernel: string, views: Views): KernelPlan {
  const { elem, srcOffset = 0, dstOffset = 0 } = views;
  requirePositive(kernel, { sizes: views.dims });
  const { dims, strides } = collapseAxes(views.dims, [views.srcStrides, views.dstStrides]);
  const last = dims.length - 1;
  const contiguous = strides.every((s) => s[last] === 1);
  const outer = strides.flatMap((s) => s.slice(0, last));
  const lanes = contiguous ? lanesFor(dims[last]!, srcOffset, dstOffset, ...outer) : 1;
  const inUnits = (numbers: readonly number[]) => numbers.map((n, axis) => (axis === last ? n : n / lanes));
  const { unit } = unitTypes(elem, lanes);
  const elements = sizeOf(dims);
  return {
    constants: {
      unit: unit!,
      DIMS: toMaxAxes(kernel, [...dims.slice(0, last), dims[last]! / lanes], 1),
      COUNT: elements / lanes,
      SRC_STRIDES: toMaxAxes(kernel, inUnits(strides[0]!), 0),
      DST_STRIDES: toMaxAxes(kernel, inUnits(strides[1]!), 0),
    },
    // The parts of a Split or a Concat differ in these alone.
    runtime: { SRC_OFFSET: srcOffset / lanes, DST_OFFSET: dstOffset / lanes },
    grid: linearGrid(elements / lanes),
    flops: 0,
    bytes: 2 * elements * elemBytes(elem),
  };
}

/** The kernel without plan(). */
export const stridedCopy = {
  name: "strided-copy",
  wgsl,
  bindings: { src: "read", dst: "write" },
} as const;

function requireRank(kernel: string, what: string, values: readonly number[], rank: number): void {
  if (values.length !== rank) throw new KernelError(kernel, `${what} for ${rank} axes`, `${values.length}`);
}

interface TransposeParams {
  /** Of src. */
  readonly shape: readonly number[];
  /** Axis i of dst is axis perm[i] of src. */
  readonly perm: readonly number[];
  readonly elem: Elem;
}

/** ONNX Transpose. [shape] -> [shape[perm[0]], shape[perm[1]], ...]. At most 6 axes that do not move together. */
export const transpose: Kernel<TransposeParams> = {
  ...stridedCopy,
  plan({ shape, perm, elem }) {
    requireRank("transpose", "a perm", perm, shape.length);
    if ([...perm].sort((a, b) => a - b).some((axis, i) => axis !== i))
      throw new KernelError("transpose", `a permutation of 0..${shape.length - 1}`, perm.join(", "));
    const strides = stridesOf(shape);
    const dims = perm.map((axis) => shape[axis]!);
    const srcStrides = perm.map((axis) => strides[axis]!);
    return copyPlan("transpose", { dims, srcStrides, dstStrides: stridesOf(dims), elem });
  },
};

interface SliceParams {
  /** Of src. */
  readonly shape: readonly number[];
  /** First index on each axis; it lies inside the axis. */
  readonly starts: readonly number[];
  /** Steps on each axis, positive or negative, not zero. */
  readonly steps: readonly number[];
  readonly outShape: readonly number[];
  readonly elem: Elem;
}

/** ONNX Slice with resolved indices. [shape] -> [outShape], dst[i] = src[starts + i * steps] on every axis. */
export const slice: Kernel<SliceParams> = {
  ...stridedCopy,
  plan({ shape, starts, steps, outShape, elem }) {
    requireRank("slice", "starts", starts, shape.length);
    requireRank("slice", "steps", steps, shape.length);
    requireRank("slice", "sizes", outShape, shape.length);
    shape.forEach((size, axis) => {
      const first = starts[axis]!;
      const final = first + (outShape[axis]! - 1) * steps[axis]!;
      if (![first, final].every((index) => Number.isInteger(index) && index >= 0 && index < size))
        throw new KernelError("slice", `indices inside axis ${axis} of size ${size}`, `${first} to ${final}`);
    });
    const strides = stridesOf(shape);
    return copyPlan("slice", {
      dims: outShape,
      srcStrides: strides.map((stride, axis) => stride * steps[axis]!),
      srcOffset: strides.reduce((sum, stride, axis) => sum + stride * starts[axis]!, 0),
      dstStrides: stridesOf(outShape),
      elem,
    });
  },
};

interface ExpandParams {
  /** Shape of src, aligned with outShape at the last axis. */
  readonly shape: readonly number[];
  readonly outShape: readonly number[];
  readonly elem: Elem;
}

/** ONNX Expand. [shape] -> [outShape] by NumPy broadcasting. */
export const expand: Kernel<ExpandParams> = {
  ...stridedCopy,
  plan({ shape, outShape, elem }) {
    const srcStrides = operandStrides("expand", shape, outShape);
    const dstStrides = stridesOf(outShape);
    const plan = copyPlan("expand", { dims: outShape, srcStrides, dstStrides, elem });
    return { ...plan, bytes: (sizeOf(shape) + sizeOf(outShape)) * elemBytes(elem) };
  },
};

interface ConcatPartParams {
  /** Shape of this operand. */
  readonly shape: readonly number[];
  readonly axis: number;
  /** First index of this operand on the axis of the result. */
  readonly offset: number;
  /** Size of the axis in the result. */
  readonly axisTotal: number;
  readonly elem: Elem;
}

/** One operand of ONNX Concat: [.., shape[axis], ..] -> dst[.., offset : offset + shape[axis], ..]. The rest of dst is not written. */
export const concatPart: Kernel<ConcatPartParams> = {
  ...stridedCopy,
  plan({ shape, axis, offset, axisTotal, elem }) {
    const size = shape[axis];
    if (size === undefined || !Number.isInteger(offset) || offset < 0 || offset + size > axisTotal)
      throw new KernelError("concat", `a part of axis ${axis} of size ${axisTotal}`, `${size} from ${offset}`);
    const dstStrides = stridesOf(shape.map((n, i) => (i === axis ? axisTotal : n)));
    const dstOffset = offset * dstStrides[axis]!;
    const srcStrides = stridesOf(shape);
    return copyPlan("concat", { dims: shape, srcStrides, dstStrides, dstOffset, elem });
  },
};
