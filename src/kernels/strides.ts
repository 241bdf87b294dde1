/** Merges axes, so that kernels for up to 6 axes support tensors of more. */
import { KernelError } from "../base/errors";
import { broadcastStrides } from "../base/strides";

/** Number of axes in shaders that include lib/axes.wgsl. */
const MAX_AXES = 6;

/** A tensor has more axes than shaders support, even where neighbours are merged: the fault of the model, not of lowering. */
export class AxesError extends KernelError {}

/** broadcastStrides() with a check. Throws KernelError when a size is neither 1 nor the output's. */
export function operandStrides(kernel: string, shape: readonly number[], outShape: readonly number[]): number[] {
  const missing = outShape.length - shape.length;
  if (missing < 0 || !shape.every((n, axis) => n === 1 || n === outShape[axis + missing]))
    throw new KernelError(kernel, `a shape that broadcasts to [${outShape.join(", ")}]`, `[${shape.join(", ")}]`);
  return broadcastStrides(shape, outShape);
}

interface CollapsedAxes {
  readonly dims: readonly number[];
  /** For each operand, one stride per axis of `dims`. */
  readonly strides: readonly (readonly number[])[];
}

/**
 * The same index space with fewer axes: drops axes of size 1 and merges neighbours that are contiguous in every operand
 * (outer stride = inner stride x inner size). At least one axis remains.
 */
export function collapseAxes(dims: readonly number[], strides: readonly (readonly number[])[]): CollapsedAxes {
  const kept: number[] = [];
  const steps: number[][] = strides.map(() => []);
  for (let axis = dims.length - 1; axis >= 0; axis--) {
    const size = dims[axis]!;
    if (size === 1) continue;
    if (kept.length > 0 && strides.every((s, operand) => s[axis] === steps[operand]![0]! * kept[0]!)) kept[0]! *= size;
    else {
      kept.unshift(size);
      strides.forEach((s, operand) => steps[operand]!.unshift(s[axis]!));
    }
  }
  if (kept.length === 0) return { dims: [1], strides: strides.map(() => [1]) };
  return { dims: kept, strides: steps };
}

/** Prepends `fill` up to MAX_AXES numbers. Throws AxesError when there are more than MAX_AXES. */
export function toMaxAxes(kernel: string, values: readonly number[], fill: number): number[] {
  if (values.length > MAX_AXES)
    throw new AxesError(kernel, `at most ${MAX_AXES} axes after merging neighbours`, `${values.length}`);
  return [...new Array<number>(MAX_AXES - values.length).fill(fill), ...values];
}
