/** Pooling over windows and over whole images. */
import { mapElements } from "../../constants/arithmetic";
import { withFacts } from "../../constants/deferred";
import { IDENTITY, type Pair } from "../../ir";
import { describe, type NodeContext, type OpTable } from "../context";
import { reduce, reshape } from "../primitives";
import { liftToImage, lowerFromImage, padsOf, pairOf, resolveWindow, type Window } from "../window";
import type { ConstantValue, Value } from "../values";

/** Over [N, C, D, H, W]: windows of [H, W], then windows of D. Maxima and means over boxes can be taken axis by axis. */
function pool3d(ctx: NodeContext, kind: "max" | "average"): Value {
  const [n, channels, depth, height, width] = ctx.input(0).shape as [number, number, number, number, number];
  const planes: Record<string, number[]> = {};
  const depths: Record<string, number[]> = {};
  for (const name of ["kernel_shape", "strides", "dilations"]) {
    const given = ctx.ints(name);
    if (given === undefined) continue;
    if (given.length !== 3) ctx.malformed(`3 numbers in ${name}`, describe(given));
    planes[name] = given.slice(1);
    depths[name] = [given[0]!, 1];
  }
  const pads = ctx.ints("pads");
  if (pads !== undefined) {
    if (pads.length !== 6) ctx.malformed("6 pads", describe(pads));
    planes["pads"] = [pads[1]!, pads[2]!, pads[4]!, pads[5]!];
    depths["pads"] = [pads[0]!, 0, pads[3]!, 0];
  }
  const stacked = reshape(ctx, ctx.input(0), [n, channels * depth, height, width]);
  const pooled = pool(ctx.variant([stacked], planes), kind);
  const [, , rows, columns] = pooled.shape as [number, number, number, number];
  const flat = reshape(ctx, pooled, [n, channels, depth, rows * columns]);
  const y = pool(ctx.variant([flat], depths), kind);
  return reshape(ctx, y, [n, channels, y.shape[2]!, rows, columns]);
}

function pool(ctx: NodeContext, kind: "max" | "average"): Value {
  const rank = ctx.input(0).shape.length;
  if (rank === 5) return pool3d(ctx, kind);
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
  const factors = countIncludePad ? overhang(ctx, [height, width], window, rank) : undefined;
  if (factors === undefined) return lowerFromImage(ctx, y, rank);
  const corrected = ctx.emit("binary", [y, factors], { fn: "mul", activation: IDENTITY }, y.shape, "corrected");
  return lowerFromImage(ctx, corrected, rank);
}

/**
 * With ceil_mode, a window may reach past the stated pads; ONNX never counts taps there, even with count_include_pad.
 * Returns the factor kernel taps / counted taps of every output pixel, [1, H, W, 1]; undefined when all are 1.
 */
function overhang(ctx: NodeContext, input: Pair, window: Window, rank: number): ConstantValue | undefined {
  if (ctx.int("ceil_mode", 0) === 0) return undefined;
  const { kernel, pads, strides, dilations, size } = window;
  const stated = padsOf(ctx, rank);
  const counted = (axis: 0 | 1, out: number): number => {
    const limit = input[axis] + pads[axis] + stated[axis + 2]!;
    return Math.min(kernel[axis], Math.ceil((limit - out * strides[axis]) / dilations[axis]));
  };
  // The last window of an axis reaches furthest.
  if (([0, 1] as const).every((axis) => counted(axis, size[axis] - 1) === kernel[axis])) return undefined;
  const data = new Float32Array(ctx.spend(size));
  const factor = (_: number, i: number): number =>
    (kernel[0] * kernel[1]) / (counted(0, Math.floor(i / size[1])) * counted(1, i % size[1]));
  const factors = ctx.evaluated("f32", [1, size[0], size[1], 1], () => mapElements(data, factor, data));
  return withFacts(factors, { name: `${ctx.outputName}.taps` });
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
