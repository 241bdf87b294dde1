/** Mean, sum, maximum and minimum along axes. */
import wgsl from "../../shaders/reduce.wgsl?raw";
import { KernelError } from "../base/errors";
import { sizeOf } from "../base/strides";
import { lanesFor, requirePositive, unitTypes } from "./checks";
import { elemBytes, linearGrid, type Elem, type Kernel, type KernelPlan } from "./kernel";

/** The index is the shader's FUNCTION. */
const REDUCE_CODES = ["sum", "mean", "max", "min"] as const;

/** A tensor viewed as [outer, axis, inner], which is reduced along the middle axis. */
export interface Rows {
  readonly outer: number;
  readonly axis: number;
  readonly inner: number;
}

/** A tensor as rows along one axis. */
export function rowsAlong(shape: readonly number[], axis: number): Rows {
  return { outer: sizeOf(shape.slice(0, axis)), axis: shape[axis]!, inner: sizeOf(shape.slice(axis + 1)) };
}

interface ReduceParams extends Rows {
  readonly fn: (typeof REDUCE_CODES)[number];
  readonly elem: Elem;
}

/**
 * How many invocations share a row: one when rows are short or numerous enough to fill a GPU, else a whole workgroup.
 * Elements of a row are `inner` apart; sharing pays only where they are neighbours (inner = 1) or rows are long and few.
 */
function invocationsPerRow({ outer, axis, inner }: Rows): 1 | 64 {
  if (inner === 1) return axis < 64 ? 1 : 64;
  return axis >= 1024 && outer * inner < 1024 ? 64 : 1;
}

/** The constants of lib/rows.wgsl, and the grid that covers all rows. */
export function rowSizes({ outer, axis, inner }: Rows, elem: Elem): Pick<KernelPlan, "constants" | "grid"> {
  const lanes = lanesFor(inner);
  const rows = (outer * inner) / lanes;
  const perRow = invocationsPerRow({ outer, axis, inner: inner / lanes });
  return {
    constants: { ...unitTypes(elem, lanes), ROWS: rows, AXIS: axis, INNER: inner / lanes, PER_ROW: perRow },
    grid: linearGrid(rows * perRow),
  };
}

/** ONNX ReduceSum, ReduceMean, ReduceMax, ReduceMin of one run of axes. [outer, axis, inner] -> [outer, inner]. */
export const reduce: Kernel<ReduceParams> = {
  name: "reduce",
  wgsl,
  bindings: { src: "read", dst: "write" },
  plan({ outer, axis, inner, fn, elem }) {
    requirePositive("reduce", { outer, axis, inner });
    const { constants, grid } = rowSizes({ outer, axis, inner }, elem);
    const bits = lanesFor(inner) === 4 ? "vec4<u32>" : "u32";
    return {
      constants: { ...constants, bits, FUNCTION: REDUCE_CODES.indexOf(fn) },
      grid,
      flops: outer * axis * inner,
      bytes: outer * (axis + 1) * inner * elemBytes(elem),
    };
  },
};

/**
 * Splits the reduction of `axes` of `shape` into reductions that run one after another, each on the result of the previous
 * one. Neighbouring axes (apart from axes of size 1 between them) need one reduction; there is always at least one.
 */
export function reducePlan(shape: readonly number[], axes: readonly number[]): Rows[] {
  if (axes.some((axis) => !Number.isInteger(axis) || axis < 0 || axis >= shape.length))
    throw new KernelError("reduce", `axes of [${shape.join(", ")}]`, axes.join(", "));
  const runs: { reduced: boolean; size: number }[] = [];
  shape.forEach((size, axis) => {
    if (size === 1) return;
    const reduced = axes.includes(axis);
    const last = runs.at(-1);
    if (last?.reduced === reduced) last.size *= size;
    else runs.push({ reduced, size });
  });
  const steps: Rows[] = [];
  const sizes = runs.map((run) => run.size);
  // Reduces the last run first, so that later steps have longer contiguous inner runs.
  for (let i = runs.length - 1; i >= 0; i--) {
    if (!runs[i]!.reduced) continue;
    steps.push(rowsAlong(sizes, i));
    sizes[i] = 1;
  }
  return steps.length > 0 ? steps : [{ outer: 1, axis: 1, inner: sizeOf(shape) }];
}
