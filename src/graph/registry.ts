/** The kernels a lowered graph may use, by name: programs stay plain data and name their kernels. */
import { binary } from "../kernels/binary";
import { conv2d } from "../kernels/conv2d";
import { convPart, convSum } from "../kernels/conv-split";
import { convSubgroup } from "../kernels/conv-subgroup";
import { convWorkgroup } from "../kernels/conv-workgroup";
import { convTranspose2d } from "../kernels/conv-transpose2d";
import { depthwiseConv2d } from "../kernels/depthwise-conv2d";
import { flattenWindows } from "../kernels/flatten-windows";
import { gather } from "../kernels/gather";
import { matmul } from "../kernels/matmul";
import { instanceNorm, layerNorm } from "../kernels/normalize";
import { pad } from "../kernels/pad";
import { pool2d } from "../kernels/pool2d";
import { reduce } from "../kernels/reduce";
import { resize2d } from "../kernels/resize2d";
import { softmax } from "../kernels/softmax";
import { concatPart, depthToSpace, expand, slice, spaceToDepth, transpose } from "../kernels/strided-copy";
import { unary } from "../kernels/unary";
import { winogradInput, winogradOutput } from "../kernels/winograd";
import type { AnyKernel } from "./pipelines";

/** Keys are names of steps; values keep their parameter types for the lowering. */
export const LOWERABLE = {
  binary,
  concatPart,
  conv2d,
  convTranspose2d,
  depthToSpace,
  depthwiseConv2d,
  expand,
  gather,
  instanceNorm,
  layerNorm,
  matmul,
  pad,
  pool2d,
  reduce,
  resize2d,
  slice,
  softmax,
  spaceToDepth,
  transpose,
  unary,
};

/** The same for the executor, to which parameters no longer matter. */
export const KERNELS: Readonly<Record<string, AnyKernel>> = {
  ...LOWERABLE,
  convPart,
  convSubgroup,
  convSum,
  convWorkgroup,
  flattenWindows,
  winogradInput,
  winogradOutput,
};
