/** Normalisations and softmax. */
import { sizeOf, type Shape } from "../../ir";
import { describe, type NodeContext, type OpTable } from "../context";
import { binary, expand, reduce, reshape, unary } from "../primitives";
import { liftToImage, lowerFromImage } from "../window";
import type { Value } from "../values";

/** Training, from opset 14 on: statistics of this batch, over all axes but the channels; then those that are kept for inference. */
function trainedBatchNormalization(ctx: NodeContext, x: Value): Value[] {
  const channels = perChannelShape(x.shape[1]!, x.shape.length);
  const axes = [...x.shape.keys()].filter((axis) => axis !== 1);
  const { mean, variance, centred, inverse } = statistics(ctx, x, axes);
  const [scale, bias] = [1, 2].map((index) => reshape(ctx, ctx.input(index), channels));
  const scaled = binary(ctx, "mul", binary(ctx, "mul", centred, inverse), scale!);
  const momentum = ctx.floatConstant([], [ctx.float("momentum", 0.9)], "momentum");
  // now + momentum * (before - now)
  const kept = [mean, variance].map((statistic, i) => {
    const now = reshape(ctx, statistic, [x.shape[1]!]);
    return binary(ctx, "add", now, binary(ctx, "mul", momentum, binary(ctx, "sub", ctx.input(3 + i), now)));
  });
  return [binary(ctx, "add", scaled, bias!), ...kept];
}

/** Inference: x * scale / sqrt(variance + epsilon) + (bias - mean * scale / sqrt(variance + epsilon)), per channel. */
function batchNormalization(ctx: NodeContext): Value | Value[] {
  const x = ctx.input(0);
  if (ctx.int("training_mode", 0) !== 0) return trainedBatchNormalization(ctx, x);
  if (ctx.opset < 9 && ctx.int("spatial", 1) === 0) ctx.unsupported("attribute spatial=0");
  const channels = x.shape[1] ?? ctx.malformed("[N, C, ...]", describe(x.shape));
  const [scale, bias, mean, variance] = ["scale", "bias", "mean", "variance"].map((what, i) => {
    const value = ctx.constant(i + 1, what);
    if (value.shape.length !== 1 || value.shape[0] !== channels)
      ctx.malformed(`${what} of ${channels} elements`, describe(value.shape));
    return reshape(ctx, value, perChannelShape(channels, x.shape.length));
  }) as [Value, Value, Value, Value];
  const epsilon = ctx.floatConstant([], [ctx.float("epsilon", 1e-5)], "epsilon");
  const factor = binary(ctx, "div", scale, unary(ctx, { fn: "sqrt" }, binary(ctx, "add", variance, epsilon)));
  const shift = binary(ctx, "sub", bias, binary(ctx, "mul", mean, factor));
  return binary(ctx, "add", binary(ctx, "mul", x, factor), shift);
}

/** [C, 1, 1, ...], which broadcasts over [N, C, ...]. */
function perChannelShape(channels: number, rank: number): Shape {
  return [channels, ...new Array<number>(Math.max(0, rank - 2)).fill(1)];
}

function instanceNormalization(ctx: NodeContext): Value {
  return instanceNorm(ctx, ctx.input(0), ctx.input(1), ctx.input(2));
}

/** The attribute epsilon, which is added to a variance before its root is taken. */
function epsilonOf(ctx: NodeContext): number {
  const epsilon = ctx.float("epsilon", 1e-5);
  return epsilon >= 0 ? epsilon : ctx.malformed("an epsilon of at least 0", `${epsilon}`);
}

function instanceNorm(ctx: NodeContext, input: Value, scale: Value, bias: Value): Value {
  const x = liftToImage(ctx, input);
  const [n, c, h, w] = x.shape as [number, number, number, number];
  for (const value of [scale, bias])
    if (value.shape.length !== 1 || value.shape[0] !== c)
      ctx.malformed(`scale and bias of ${c} elements`, describe(value.shape));
  const y = ctx.emit("instanceNorm", [ctx.toNhwc(x), scale, bias], { epsilon: epsilonOf(ctx) }, [n, h, w, c]);
  return lowerFromImage(ctx, y, input.shape.length);
}

/** Each group is one channel of an instance norm; scale and bias are per channel (opset 21) or per group (18). */
function groupNormalization(ctx: NodeContext): Value {
  const x = ctx.input(0);
  const [n, channels] = x.shape as [number, number];
  const groups = ctx.int("num_groups", 0);
  if (groups < 1 || channels % groups !== 0) ctx.malformed(`num_groups that divide ${channels} channels`, `${groups}`);
  const grouped = reshape(ctx, x, [n, groups, sizeOf(x.shape) / (n * groups)]);
  const ones = ctx.floatConstant([groups], new Float32Array(groups).fill(1), "ones");
  const zeros = ctx.floatConstant([groups], new Float32Array(groups), "zeros");
  const normal = reshape(ctx, instanceNorm(ctx, grouped, ones, zeros), x.shape);
  const [scale, bias] = [1, 2].map((index) => {
    const value = ctx.input(index);
    const perChannel = sizeOf(value.shape) === channels;
    if (!perChannel && sizeOf(value.shape) !== groups)
      ctx.malformed(`scale and bias of ${channels} or ${groups} elements`, describe(value.shape));
    const spread = perChannel ? value : expand(ctx, reshape(ctx, value, [groups, 1]), [groups, channels / groups]);
    return reshape(ctx, spread, perChannelShape(channels, x.shape.length));
  });
  return binary(ctx, "add", binary(ctx, "mul", normal, scale!), bias!);
}

function layerNormalization(ctx: NodeContext): Value[] {
  const x = ctx.input(0);
  const axis = ctx.axis(ctx.int("axis", -1), x.shape.length);
  const trailing = x.shape.slice(axis);
  const operands = [ctx.input(1), ctx.optional(2)].filter((value) => value !== undefined);
  const spread = operands.map((value) => {
    const missing = trailing.length - value.shape.length;
    if (missing < 0 || value.shape.some((n, i) => n !== 1 && n !== trailing[i + missing]))
      ctx.malformed(`scale and bias that broadcast to ${describe(trailing)}`, describe(value.shape));
    return expand(ctx, value, trailing);
  });
  const y = ctx.emit("layerNorm", [x, ...spread], { axis, epsilon: epsilonOf(ctx) }, x.shape);
  if (ctx.node.outputs.length === 1) return [y];
  const { mean, inverse } = statistics(ctx, x, [...x.shape.keys()].slice(axis));
  return [y, mean, inverse];
}

/** Of x over axes, which keep size 1: mean, x - mean, the variance, and 1 / sqrt(variance + epsilon). */
function statistics(ctx: NodeContext, x: Value, axes: readonly number[]) {
  const mean = reduce(ctx, "mean", x, axes, true);
  const centred = binary(ctx, "sub", x, mean);
  const variance = reduce(ctx, "mean", binary(ctx, "mul", centred, centred), axes, true);
  // Deviations are divided by the largest one where that is above 1, so that their squares do not exceed the range of f16.
  const one = ctx.floatConstant([], [1], "one");
  const largest = binary(ctx, "max", reduce(ctx, "max", unary(ctx, { fn: "abs" }, centred), axes, true), one);
  const part = binary(ctx, "div", centred, largest);
  const epsilon = ctx.floatConstant([], [Math.sqrt(epsilonOf(ctx))], "epsilon");
  const added = binary(ctx, "div", epsilon, largest);
  const raised = binary(
    ctx,
    "add",
    reduce(ctx, "mean", binary(ctx, "mul", part, part), axes, true),
    binary(ctx, "mul", added, added),
  );
  const root = binary(ctx, "mul", largest, unary(ctx, { fn: "sqrt" }, raised));
  return { mean, centred, variance, inverse: unary(ctx, { fn: "reciprocal" }, root) };
}

/** Before opset 13, softmax flattens all axes from `axis` (default 1) on into one. */
function softmaxView(ctx: NodeContext): { x: Value; axis: number } {
  const x = ctx.input(0);
  const axis = ctx.axis(ctx.int("axis", ctx.opset < 13 ? 1 : -1), x.shape.length);
  if (ctx.opset >= 13 || sizeOf(x.shape.slice(axis + 1)) === 1) return { x, axis };
  return { x: reshape(ctx, x, [sizeOf(x.shape.slice(0, axis)), sizeOf(x.shape.slice(axis))]), axis: 1 };
}

function softmax(ctx: NodeContext): Value {
  const { x, axis } = softmaxView(ctx);
  return reshape(ctx, ctx.emit("softmax", [x], { axis }, x.shape), ctx.input(0).shape);
}

/** (x - max) - log(sum of exp(x - max)): stays finite where the softmax underflows. */
function logSoftmax(ctx: NodeContext): Value {
  const { x, axis } = softmaxView(ctx);
  const shifted = binary(ctx, "sub", x, reduce(ctx, "max", x, [axis], true));
  const total = reduce(ctx, "sum", unary(ctx, { fn: "exp" }, shifted), [axis], true);
  return reshape(ctx, binary(ctx, "sub", shifted, unary(ctx, { fn: "log" }, total)), ctx.input(0).shape);
}

export const normalizationOps: OpTable = {
  BatchNormalization: batchNormalization,
  InstanceNormalization: instanceNormalization,
  GroupNormalization: groupNormalization,
  LayerNormalization: layerNormalization,
  Softmax: softmax,
  LogSoftmax: logSoftmax,
};
