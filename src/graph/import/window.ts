/** Resolves ONNX's kernel_shape, strides, dilations, pads, auto_pad and ceil_mode of sliding windows to explicit pads and sizes. */
import type { Pads, Pair } from "../ir";
import { describe, type NodeContext } from "./context";
import { reshape } from "./primitives";
import type { Value } from "./values";

export interface Window {
  readonly kernel: Pair;
  readonly strides: Pair;
  readonly dilations: Pair;
  readonly pads: Pads;
  /** [height, width] of the output. */
  readonly size: Pair;
}

/** [N,C,L] -> [N,C,1,L]; [N,C,H,W] is returned unchanged. Other ranks are unsupported. */
export function liftToImage(ctx: NodeContext, x: Value): Value {
  const [n, c, l] = x.shape as [number, number, number];
  if (x.shape.length === 4) return x;
  if (x.shape.length === 3) return reshape(ctx, x, [n, c, 1, l]);
  if (x.shape.length < 3) ctx.malformed("[N, C, H, W] or [N, C, L]", describe(x.shape));
  return ctx.unsupported(`${x.shape.length - 2} spatial dimensions`);
}

/** [N,OH,OW,C] -> [N,C,OH,OW], or [N,C,OL] when the ONNX tensor has rank 3. */
export function lowerFromImage(ctx: NodeContext, y: Value, rank: number): Value {
  const image = ctx.toNchw(y);
  return rank === 4 ? image : reshape(ctx, image, [image.shape[0]!, image.shape[1]!, image.shape[3]!]);
}

/** A per-axis attribute of a 1-D or 2-D window as a pair; the missing height of a 1-D window is `otherwise`. */
export function pairOf(ctx: NodeContext, name: string, rank: number, otherwise: number): Pair {
  return toPair(ctx, name, ctx.ints(name) ?? new Array<number>(rank - 2).fill(otherwise), rank, otherwise);
}

export function toPair(
  ctx: NodeContext,
  name: string,
  values: readonly number[],
  rank: number,
  otherwise: number,
): Pair {
  if (values.length !== rank - 2 || values.some((value) => !Number.isInteger(value)))
    ctx.malformed(`${rank - 2} numbers in ${name}`, describe(values));
  return rank === 3 ? [otherwise, values[0]!] : [values[0]!, values[1]!];
}

/** strides and dilations, at least 1. */
export function positivePair(ctx: NodeContext, name: string, rank: number): Pair {
  const pair = pairOf(ctx, name, rank, 1);
  if (pair.some((value) => value < 1)) ctx.malformed(`positive ${name}`, describe(pair));
  return pair;
}

/** The attribute `pads` as [top, left, bottom, right]; zeros when absent. */
export function padsOf(ctx: NodeContext, rank: number): Pads {
  const given = ctx.ints("pads") ?? new Array<number>(2 * (rank - 2)).fill(0);
  if (given.length !== 2 * (rank - 2)) ctx.malformed(`${2 * (rank - 2)} pads`, describe(given));
  if (given.some((pad) => pad < 0)) ctx.unsupported(`negative pads ${describe(given)}`);
  return rank === 3 ? [0, given[0]!, 0, given[1]!] : [given[0]!, given[1]!, given[2]!, given[3]!];
}

type AutoPad = "NOTSET" | "SAME_UPPER" | "SAME_LOWER" | "VALID";

export function autoPadOf(ctx: NodeContext): AutoPad {
  const value = ctx.string("auto_pad", "NOTSET") || "NOTSET";
  if (value !== "NOTSET" && value !== "SAME_UPPER" && value !== "SAME_LOWER" && value !== "VALID")
    ctx.malformed("auto_pad NOTSET, SAME_UPPER, SAME_LOWER or VALID", value);
  return value;
}

/** Splits `total` into two halves; SAME_UPPER puts the odd pixel at the end. */
export function splitPads(total: number, odd: "begin" | "end"): Pair {
  const small = Math.floor(total / 2);
  return odd === "end" ? [small, total - small] : [total - small, small];
}

/** The window over an input of [height, width]. `rank`: rank of the ONNX tensor, 3 or 4. */
export function resolveWindow(ctx: NodeContext, input: Pair, kernel: Pair, rank: number): Window {
  const strides = positivePair(ctx, "strides", rank);
  const dilations = positivePair(ctx, "dilations", rank);
  const given = padsOf(ctx, rank);
  const autoPad = autoPadOf(ctx);
  const roundUp = ctx.int("ceil_mode", 0) !== 0;

  const along = ([0, 1] as const).map((axis) => {
    const [size, stride] = [input[axis], strides[axis]];
    const extent = (kernel[axis] - 1) * dilations[axis] + 1;
    if (autoPad === "SAME_UPPER" || autoPad === "SAME_LOWER") {
      const out = Math.ceil(size / stride);
      const total = Math.max(0, (out - 1) * stride + extent - size);
      const [begin, end] = splitPads(total, autoPad === "SAME_UPPER" ? "end" : "begin");
      return { begin, end, out };
    }
    const [begin, end] = autoPad === "VALID" ? [0, 0] : [given[axis], given[axis + 2]!];
    const room = size + begin + end - extent;
    let out = (roundUp ? Math.ceil(room / stride) : Math.floor(room / stride)) + 1;
    // With ceil_mode, a window that would start past the image and its leading pad is dropped.
    if (roundUp && (out - 1) * stride >= size + begin) out--;
    return { begin, end: Math.max(end, (out - 1) * stride + extent - size - begin), out };
  }) as [Along, Along];

  if (along.some(({ out }) => out < 1))
    ctx.malformed(`a window of ${describe(kernel)} that fits the padded picture`, `${input[0]}x${input[1]} pixels`);
  const [y, x] = along;
  return { kernel, strides, dilations, pads: [y.begin, x.begin, y.end, x.end], size: [y.out, x.out] };
}

interface Along {
  readonly begin: number;
  readonly end: number;
  readonly out: number;
}
