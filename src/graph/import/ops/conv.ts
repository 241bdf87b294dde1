/** Convolutions: NCHW and OIHW -> NHWC and HWIO. */
import { IDENTITY } from "../../ir";
import { describe, type NodeContext, type OpTable } from "../context";
import { transpose } from "../primitives";
import { liftToImage, lowerFromImage, resolveWindow } from "../window";
import type { ConstantValue, Value } from "../values";

/** Constant weights as rank 4 ([A,B,K] -> [A,B,1,K]), checked against kernel_shape. */
function weightsOf(ctx: NodeContext, rank: number): ConstantValue {
  const given = ctx.constant(1, "weights");
  if (given.shape.length !== rank) ctx.malformed(`weights of rank ${rank}`, describe(given.shape));
  const kernel = ctx.ints("kernel_shape");
  if (kernel !== undefined && kernel.some((size, i) => size !== given.shape[i + 2]))
    ctx.malformed(`weights with a kernel of ${describe(kernel)}`, describe(given.shape));
  if (given.shape.slice(2).includes(0))
    ctx.malformed("weights with a kernel of at least one tap", describe(given.shape));
  const [a, b, k] = given.shape as [number, number, number];
  if (rank === 4) return given;
  return ctx.apply("reshape", [given], {}, [a, b, 1, k], "image", given.name) as ConstantValue;
}

/** The first two inputs as rank 4, and the rank that they have. */
export function imageAndWeights(ctx: NodeContext): { rank: number; x: Value; weights: ConstantValue } {
  const rank = ctx.input(0).shape.length;
  return { rank, x: liftToImage(ctx, ctx.input(0)), weights: weightsOf(ctx, rank) };
}

export function biasOf(ctx: NodeContext, channels: number): Value {
  const bias = ctx.optional(2) ?? ctx.floatConstant([channels], new Float32Array(channels), "bias");
  if (bias.shape.length !== 1 || bias.shape[0] !== channels)
    ctx.malformed(`a bias of ${channels} elements`, describe(bias.shape));
  return bias;
}

export function groupsOf(ctx: NodeContext, ...channels: number[]): number {
  const groups = ctx.int("group", 1);
  if (groups < 1 || channels.some((count) => count % groups !== 0))
    ctx.malformed(`channels that divide into ${groups} groups`, channels.join(" and "));
  return groups;
}

function conv(ctx: NodeContext): Value {
  const { rank, x, weights } = imageAndWeights(ctx);
  const [n, channels, height, width] = x.shape as [number, number, number, number];
  const [outChannels, perGroup, kh, kw] = weights.shape as [number, number, number, number];
  const groups = groupsOf(ctx, channels, outChannels);
  if (perGroup * groups !== channels)
    ctx.malformed(`weights for ${channels} channels in ${groups} groups`, describe(weights.shape));
  const { strides, dilations, pads, size } = resolveWindow(ctx, [height, width], [kh, kw], rank);
  const y = ctx.emit(
    "conv",
    [ctx.toNhwc(x), transpose(ctx, weights, [2, 3, 1, 0]), biasOf(ctx, outChannels)],
    { strides, pads, dilations, groups, activation: IDENTITY },
    [n, size[0], size[1], outChannels],
  );
  return lowerFromImage(ctx, y, rank);
}

export const convOps: OpTable = {
  Conv: conv,
};
