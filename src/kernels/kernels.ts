/** All kernels that a program may name. Programs are plain data: a step holds a key of this table. */
import { binary } from "./binary";
import { depthToSpace, spaceToDepth } from "./block-copy";
import { convDirect } from "./conv/direct";
import { depthwiseConv2d } from "./conv/depthwise";
import { convFlat } from "./conv/flat";
import { convHalf, convHalfWorkgroup } from "./conv/half";
import { convHalfWeights } from "./conv/half-weights";
import { convInt8 } from "./conv/int8";
import { convSplit, convSplitSum } from "./conv/split";
import { convSubgroup } from "./conv/subgroup";
import { convTranspose2d } from "./conv/transpose";
import { convWinogradInput, convWinogradOutput } from "./conv/winograd-transforms";
import { convWorkgroup } from "./conv/workgroup";
import { gather } from "./gather";
import type { AnyKernel } from "./kernel";
import { matmul } from "./matmul";
import { instanceNorm, layerNorm } from "./normalize";
import { pad } from "./pad";
import { pool2d } from "./pool2d";
import { reduce } from "./reduce";
import { resize2d } from "./resize2d";
import { softmax } from "./softmax";
import { concatPart, expand, slice, transpose } from "./strided-copy";
import { unary } from "./unary";

/** By the name of a step. Kernels that differ only in their plans share a shader, and so pipelines. */
export const KERNELS = {
  binary,
  concatPart,
  convDirect,
  convFlat,
  convHalf,
  convHalfWeights,
  convHalfWorkgroup,
  convInt8,
  convSplit,
  convSplitSum,
  convSubgroup,
  convTranspose2d,
  convWinogradInput,
  convWinogradOutput,
  convWorkgroup,
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
} as const satisfies Readonly<Record<string, AnyKernel>>;

export type KernelName = keyof typeof KERNELS;
