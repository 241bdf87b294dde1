/** Helpers that the files of ops/ share: checks of shapes, and sizes by name. */
import { GraphError } from "../base/errors";
import { sameShape, type Node, type Pads, type Pair, type Shape } from "./ir";

export const show = (shape: Shape): string => `[${shape.join(",")}]`;

export function fail(node: Node, expected: string, received: string): never {
  throw new GraphError({ where: `node %${node.output} (${node.op})`, expected, received });
}

export function expectRank(node: Node, shape: Shape, rank: number, what: string): void {
  if (shape.length !== rank) fail(node, `${what} of rank ${rank}`, show(shape));
}

export function expectShape(node: Node, actual: Shape | undefined, expected: Shape, what: string): void {
  if (actual === undefined || !sameShape(actual, expected))
    fail(node, `${what} of shape ${show(expected)}`, actual === undefined ? "nothing" : show(actual));
}

export function expectAxis(node: Node, axis: number, rank: number): void {
  if (!Number.isInteger(axis) || axis < 0 || axis >= rank) fail(node, `an axis of 0..${rank - 1}`, `${axis}`);
}

/** Number of window positions on x [N,H,W,C]: floor((size + pads - dilation*(kernel-1) - 1) / stride) + 1 along height and width. */
export function slidingSize(x: Shape, kernel: Pair, strides: Pair, pads: Pads, dilations: Pair): Pair {
  const along = (axis: 0 | 1): number => {
    const padded = x[axis + 1]! + pads[axis] + pads[axis + 2]!;
    return Math.floor((padded - dilations[axis] * (kernel[axis] - 1) - 1) / strides[axis]) + 1;
  };
  return [along(0), along(1)];
}

/** The four sizes of an NHWC shape. */
export function nhwc(shape: Shape): { batch: number; height: number; width: number; channels: number } {
  const [batch, height, width, channels] = shape as [number, number, number, number];
  return { batch, height, width, channels };
}

/** Sizes of a spatial op from x to y, both NHWC. */
export function spatialSizes(
  x: Shape,
  y: Shape,
): Record<"batch" | "inHeight" | "inWidth" | "inChannels" | "outHeight" | "outWidth" | "outChannels", number> {
  const [from, to] = [nhwc(x), nhwc(y)];
  return {
    batch: to.batch,
    inHeight: from.height,
    inWidth: from.width,
    inChannels: from.channels,
    outHeight: to.height,
    outWidth: to.width,
    outChannels: to.channels,
  };
}
