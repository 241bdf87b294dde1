/** The grid of workgroups over a rectangle of a picture. */
import { KernelError } from "../../base/errors";
import type { Size } from "../../base/size";
import { MAX_WORKGROUPS } from "../kernel";

/** Invocations per workgroup of the picture kernels, along x and y: `@workgroup_size(16, 4)`. */
const GROUP: readonly [number, number] = [16, 4];

/** The grid of workgroups that covers a rectangle. */
export function pictureGrid(kernel: string, { width, height }: Size): [number, number, number] {
  for (const size of [width, height])
    if (!Number.isInteger(size) || size < 1) throw new KernelError(kernel, "whole sizes of at least 1", `${size}`);
  const grid: [number, number, number] = [Math.ceil(width / GROUP[0]), Math.ceil(height / GROUP[1]), 1];
  if (Math.max(...grid) > MAX_WORKGROUPS)
    throw new KernelError(kernel, `at most ${MAX_WORKGROUPS} workgroups a side`, `${grid[0]} x ${grid[1]}`);
  return grid;
}
