/** Kernels that only move elements. */
import type { OpAttributes, Shape } from "../../src/graph/ir";
import { gather, gatherIndices } from "../../src/kernels/gather";
import { pad } from "../../src/kernels/pad";
import { depthToSpace, spaceToDepth } from "../../src/kernels/block-copy";
import { expand, slice, transpose } from "../../src/kernels/strided-copy";
import { kernelCase, type KernelCase } from "./kernel-case";

function transposeCase(shape: Shape, perm: readonly number[]): KernelCase {
  const out = perm.map((axis) => shape[axis]!);
  return kernelCase(transpose, { shape, perm }, { src: { shape } }, "transpose", { perm }, out);
}

export const transposeCases: readonly KernelCase[] = [
  transposeCase([1], [0]),
  transposeCase([5, 7], [1, 0]),
  transposeCase([2, 3, 5, 7], [0, 3, 1, 2]), // NHWC to NCHW
  transposeCase([2, 3, 5, 7], [0, 2, 3, 1]), // NCHW to NHWC
  transposeCase([2, 3, 5, 8], [1, 0, 2, 3]), // vec4
  transposeCase([2, 3, 2, 3, 2, 5], [5, 4, 3, 2, 1, 0]), // six axes
  transposeCase([2, 3, 2, 1, 2, 3, 2, 4], [4, 5, 6, 7, 0, 1, 2, 3]), // eight that merge to two
  transposeCase([255, 257], [1, 0]),
];

function sliceCase(shape: Shape, starts: readonly number[], steps: readonly number[], outShape: Shape): KernelCase {
  const attributes: OpAttributes["slice"] = { starts, steps };
  return kernelCase(slice, { shape, starts, steps, outShape }, { src: { shape } }, "slice", attributes, outShape);
}

export const sliceCases: readonly KernelCase[] = [
  sliceCase([1], [0], [1], [1]),
  sliceCase([9], [8], [-1], [9]), // reversed
  sliceCase([2, 7, 6], [0, 1, 5], [1, 2, -2], [2, 3, 3]),
  sliceCase([2, 3, 16], [0, 0, 4], [1, 1, 1], [2, 3, 8]), // vec4
  sliceCase([2, 3, 16], [0, 0, 3], [1, 1, 1], [2, 3, 8]), // off the vec4
  sliceCase([1, 6, 5, 8], [0, 1, 0, 0], [1, 1, 1, 1], [1, 4, 5, 8]),
  sliceCase([4, 8], [3, 0], [-1, 1], [4, 8]), // vec4 rows backwards
];

function expandCase(shape: Shape, outShape: Shape): KernelCase {
  return kernelCase(expand, { shape, outShape }, { src: { shape } }, "expand", {}, outShape);
}

export const expandCases: readonly KernelCase[] = [
  expandCase([1], [1]),
  expandCase([1], [67]),
  expandCase([1, 1, 1, 8], [1, 3, 5, 8]), // the embedding over the picture
  expandCase([1, 1, 1, 7], [1, 3, 5, 7]),
  expandCase([2, 1, 3, 1], [2, 4, 3, 5]),
  expandCase([3], [2, 3]),
];

function padCase(
  shape: Shape,
  before: readonly number[],
  after: readonly number[],
  mode: OpAttributes["pad"]["mode"],
  value = 0,
): KernelCase {
  const out = shape.map((n, axis) => before[axis]! + n + after[axis]!);
  return kernelCase(
    pad,
    { shape, before, after, mode, value },
    { src: { shape } },
    "pad",
    { mode, before, after, value },
    out,
  );
}

export const padCases: readonly KernelCase[] = [
  padCase([1], [0], [0], "constant"),
  padCase([1], [1], [2], "constant", 1.5),
  padCase([5], [4], [4], "reflect"),
  ...(["constant", "reflect", "edge"] as const).flatMap((mode) => [
    padCase([1, 4, 5, 8], [0, 1, 2, 0], [0, 3, 0, 0], mode, -0.5), // vec4
    padCase([2, 3, 4, 5], [0, 2, 0, 1], [0, 0, 3, 4], mode, -0.5),
    padCase([1, 2, 2, 3, 2, 2, 2], [0, 1, 0, 1, 0, 1, 0], [0, 0, 0, 1, 0, 1, 0], mode), // seven axes in five
  ]),
];

function gatherCase(shape: Shape, axis: number, indices: readonly number[]): KernelCase {
  const out = shape.map((n, i) => (i === axis ? indices.length : n));
  const digits = { shape: [indices.length, 3], values: gatherIndices(indices, shape[axis]!), reference: false };
  const operands = { src: { shape }, indices: digits };
  return kernelCase(gather, { shape, axis, count: indices.length }, operands, "gather", { axis, indices }, out);
}

export const gatherCases: readonly KernelCase[] = [
  gatherCase([1], 0, [0]),
  gatherCase([2, 5, 3], 1, [4, 0, 0, 2]),
  gatherCase([2, 5, 8], 1, [3, 1]), // vec4
  gatherCase([3, 7], 1, [6, 5, 4, 3, 2, 1, 0, 6]),
  gatherCase([5000, 2], 0, [4999, 2047, 2048, 2049, 4097, 0]), // past what one f16 can count
];

function depthToSpaceCase(shape: Shape, block: number, mode: "DCR" | "CRD"): KernelCase {
  const [batch, height, width, channels] = shape as [number, number, number, number];
  const out = [batch, height * block, width * block, channels / block ** 2];
  const params = { batch, height, width, channels, block, mode };
  return kernelCase(depthToSpace, params, { src: { shape } }, "depthToSpace", { block, mode }, out);
}

function spaceToDepthCase(shape: Shape, block: number): KernelCase {
  const [batch, height, width, channels] = shape as [number, number, number, number];
  const out = [batch, height / block, width / block, channels * block ** 2];
  const params = { batch, height, width, channels, block };
  return kernelCase(spaceToDepth, params, { src: { shape } }, "spaceToDepth", { block }, out);
}

export const blockCases: readonly KernelCase[] = [
  ...(["DCR", "CRD"] as const).flatMap((mode) => [
    depthToSpaceCase([1, 1, 1, 1], 1, mode),
    depthToSpaceCase([2, 3, 5, 12], 2, mode),
    depthToSpaceCase([1, 3, 2, 32], 2, mode),
    depthToSpaceCase([1, 2, 3, 18], 3, mode),
  ]),
  spaceToDepthCase([1, 1, 1, 1], 1),
  spaceToDepthCase([2, 6, 4, 3], 2),
  spaceToDepthCase([1, 6, 9, 4], 3),
];
