/** Transposed convolutions: NCHW and OIHW -> NHWC and HWIO. */
import { IDENTITY, type Pads, type Pair } from "../../ir";
import { describe, type NodeContext, type OpTable } from "../context";
import { transpose } from "../primitives";
import { autoPadOf, lowerFromImage, pairOf, padsOf, positivePair, splitPads, toPair } from "../window";
import type { Value } from "../values";
import { biasOf, groupsOf, imageAndWeights } from "./conv";

function convTranspose(ctx: NodeContext): Value {
  const { rank, x, weights } = imageAndWeights(ctx);
  const [n, channels, height, width] = x.shape as [number, number, number, number];
  const [inChannels, perGroup, kh, kw] = weights.shape as [number, number, number, number];
  if (inChannels !== channels) ctx.malformed(`weights for ${channels} channels`, describe(weights.shape));
  const groups = groupsOf(ctx, channels);
  const { strides, dilations, pads, size } = transposedWindow(ctx, [height, width], [kh, kw], rank);
  const y = ctx.emit(
    "convTranspose",
    [ctx.toNhwc(x), transpose(ctx, weights, [2, 3, 1, 0]), biasOf(ctx, perGroup * groups)],
    { strides, pads, dilations, groups, activation: IDENTITY },
    [n, size[0], size[1], perGroup * groups],
  );
  return lowerFromImage(ctx, y, rank);
}

/**
 * Without output_shape: out = stride * (in - 1) + output_padding + extent - pads; with SAME, out = stride * in.
 * With output_shape, the pads are computed from it.
 */
function transposedWindow(ctx: NodeContext, input: Pair, kernel: Pair, rank: number) {
  const strides = positivePair(ctx, "strides", rank);
  const dilations = positivePair(ctx, "dilations", rank);
  const extra = pairOf(ctx, "output_padding", rank, 0);
  const given = padsOf(ctx, rank);
  const autoPad = autoPadOf(ctx);
  const listed = ctx.ints("output_shape");
  const wanted = listed === undefined ? undefined : toPair(ctx, "output_shape", listed.slice(-(rank - 2)), rank, 1);
  const along = ([0, 1] as const).map((axis) => {
    const full = strides[axis] * (input[axis] - 1) + extra[axis] + (kernel[axis] - 1) * dilations[axis] + 1;
    const same = autoPad === "SAME_UPPER" || autoPad === "SAME_LOWER";
    const out = wanted?.[axis] ?? (same ? input[axis] * strides[axis] : undefined);
    if (out === undefined) {
      const [begin, end] = autoPad === "VALID" ? [0, 0] : [given[axis], given[axis + 2]!];
      return { begin, end, out: full - begin - end };
    }
    const [begin, end] = splitPads(Math.max(0, full - out), autoPad === "SAME_UPPER" ? "end" : "begin");
    return { begin, end, out };
  });
  const [y, x] = along as [(typeof along)[number], (typeof along)[number]];
  if (y.out < 1 || x.out < 1) ctx.malformed("a picture of at least one pixel", `${y.out}x${x.out}`);
  const pads: Pads = [y.begin, x.begin, y.end, x.end];
  return { strides, dilations, pads, size: [y.out, x.out] as Pair };
}

export const convTransposeOps: OpTable = {
  ConvTranspose: convTranspose,
};
