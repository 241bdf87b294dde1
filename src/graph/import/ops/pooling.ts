/** Pooling over windows and over whole images. */
import { IDENTITY, type Pair } from "../../ir";
import { describe, type NodeContext, type OpTable } from "../context";
import { reduce } from "../primitives";
import { liftToImage, lowerFromImage, padsOf, pairOf, resolveWindow, type Window } from "../window";
import type { Value } from "../values";

function pool(ctx: NodeContext, kind: "max" | "average"): Value {
  const rank = ctx.input(0).shape.length;
  const x = liftToImage(ctx, ctx.input(0));
  if (ctx.ints("kernel_shape") === undefined) ctx.malformed("the attribute kernel_shape", "none");
  const kernel = pairOf(ctx, "kernel_shape", rank, 1);
  if (kernel.some((size) => size < 1)) ctx.malformed("a positive kernel_shape", describe(kernel));
  const [n, channels, height, width] = x.shape as [number, number, number, number];
  const window = resolveWindow(ctx, [height, width], kernel, rank);
  const { strides, dilations, pads, size } = window;
  const countIncludePad = kind === "average" && ctx.int("count_include_pad", 0) !== 0;
  const y = ctx.emit(
    "pool",
    [ctx.toNhwc(x)],
    { kind, kernel, strides, pads, dilations, countIncludePad },
    [n, size[0], size[1], channels],
    "pool",
  );
  const correction = countIncludePad ? overhang(ctx, [height, width], window, rank) : undefined;
  if (correction === undefined) return lowerFromImage(ctx, y, rank);
  const factors = ctx.floatConstant([1, size[0], size[1], 1], correction, "taps");
  const corrected = ctx.emit("binary", [y, factors], { fn: "mul", activation: IDENTITY }, y.shape, "corrected");
  return lowerFromImage(ctx, corrected, rank);
}

/**
 * With ceil_mode, a window may reach past the stated pads; ONNX never counts taps there, even with count_include_pad.
 * Returns the factor kernel taps / counted taps of every output pixel; undefined when all are 1.
 */
function overhang(ctx: NodeContext, input: Pair, window: Window, rank: number): Float32Array | undefined {
  if (ctx.int("ceil_mode", 0) === 0) return undefined;
  const stated = padsOf(ctx, rank);
  const counted = ([0, 1] as const).map((axis) => {
    const limit = input[axis] + window.pads[axis] + stated[axis + 2]!;
    return Array.from({ length: window.size[axis] }, (_, out) =>
      Math.min(window.kernel[axis], Math.ceil((limit - out * window.strides[axis]) / window.dilations[axis])),
    );
  }) as [number[], number[]];
  const taps = window.kernel[0] * window.kernel[1];
  const factors = Float32Array.from(counted[0].flatMap((rows) => counted[1].map((columns) => taps / (rows * columns))));
  return factors.every((factor) => factor === 1) ? undefined : factors;
}

function globalPool(ctx: NodeContext, fn: "mean" | "max"): Value {
  const x = ctx.input(0);
  if (x.shape.length < 3) ctx.malformed("[N, C, ...] with spatial dimensions", describe(x.shape));
  return reduce(ctx, fn, x, x.shape.map((_, axis) => axis).slice(2), true);
}

export const poolingOps: OpTable = {
  MaxPool: (ctx) => pool(ctx, "max"),
  AveragePool: (ctx) => pool(ctx, "average"),
  GlobalAveragePool: (ctx) => globalPool(ctx, "mean"),
  GlobalMaxPool: (ctx) => globalPool(ctx, "max"),
};
