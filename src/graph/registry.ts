/** The kernels a lowered graph may use, by name: programs stay plain data and name their kernels. */
import { conv2d } from "../kernels/conv/conv2d";
import { flattenWindows } from "../kernels/conv/flatten-windows";
import { matmul } from "../kernels/matmul";
import { pool2d } from "../kernels/pool2d";
import { reduce } from "../kernels/reduce";
import { concatPart, expand, slice, transpose } from "../kernels/strided-copy";
import type { AnyKernel } from "./pipelines";

/** Keys are names of steps; values keep their parameter types for the lowering. */
export const LOWERABLE = {
  concatPart,
  conv2d,
  expand,
  matmul,
  pool2d,
  reduce,
  slice,
  transpose,
};

/** The same for the executor, to which parameters no longer matter. addMoreOps() and addMoreConvs() add theirs. */
export const KERNELS: Record<string, AnyKernel> = { ...LOWERABLE, flattenWindows };
