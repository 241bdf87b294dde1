/** Split, Pad, Gather, DepthToSpace and SpaceToDepth. */
import { inParts } from "../../../base/pacer";
import { computing } from "../../constants/deferred";
import { sizeOf, type OpAttributes } from "../../ir";
import { describe, type NodeContext, type OpTable } from "../context";
import { reshape, slice, transpose } from "../primitives";
import type { Value } from "../values";

/** The indices start .. start+size-1 of one axis. */
function sliceAxis(ctx: NodeContext, x: Value, axis: number, start: number, size: number): Value {
  const at = (other: number, here: number) => x.shape.map((_, a) => (a === axis ? here : other));
  const shape = x.shape.map((n, a) => (a === axis ? size : n));
  return slice(ctx, x, at(0, start), at(1, 1), shape);
}

/** Sizes are an attribute before opset 13, and an input since. Without them, parts are equal, except that the last may be smaller. */
function* split(ctx: NodeContext): Generator<undefined, Value[]> {
  const x = ctx.input(0);
  const axis = ctx.axis(ctx.int("axis", 0), x.shape.length);
  const total = x.shape[axis]!;
  const count = ctx.node.outputs.length;
  if (ctx.int("num_outputs", count) !== count)
    ctx.malformed(`num_outputs=${count}, as many as the node has`, "another");
  const share = Math.ceil(total / count);
  const equal = () => Array.from({ length: count }, (_, i) => Math.min(share, total - i * share));
  const sizes = ctx.listSince(13, "split", 1) ?? equal();
  if (sizes.length !== count) ctx.malformed(`${count} parts, one for each output`, describe(sizes));
  if (sizes.reduce((sum, n) => sum + n, 0) !== total || sizes.some((n) => n < 0))
    ctx.malformed(`parts that add up to ${total}`, describe(sizes));
  const parts: Value[] = [];
  let start = 0;
  for (const size of sizes) {
    parts.push(sliceAxis(ctx, x, axis, start, size));
    start += size;
    yield;
  }
  return parts;
}

/** Parameters are attributes before opset 11, and inputs since. Negative pads crop. */
function pad(ctx: NodeContext): Value {
  const x = ctx.input(0);
  const rank = x.shape.length;
  const mode = ctx.string("mode", "constant");
  if (mode !== "constant" && mode !== "reflect" && mode !== "edge" && mode !== "wrap")
    ctx.unsupported(`attribute mode=${mode}`);
  const given = ctx.listSince(11, "pads", 1) ?? ctx.malformed("pads", "none");
  const fill = ctx.opset < 11 ? ctx.float("value", 0) : (ctx.optionalConstant(2, "constant_value")?.data[0] ?? 0);
  if (Number.isNaN(fill)) ctx.unsupported("constant_value=NaN");
  const listed = ctx.opset < 18 ? undefined : ctx.listSince(18, "axes", 3);
  const axes = (listed ?? x.shape.map((_, axis) => axis)).map((axis) => ctx.axis(axis, rank));
  if (given.length !== 2 * axes.length) ctx.malformed(`${2 * axes.length} pads`, describe(given));
  const amount = (axis: number, end: 0 | 1) =>
    axes.includes(axis) ? given[axes.indexOf(axis) + end * axes.length]! : 0;
  const before = x.shape.map((_, axis) => amount(axis, 0));
  const after = x.shape.map((_, axis) => amount(axis, 1));

  const kept = x.shape.map((n, axis) => n + Math.min(0, before[axis]!) + Math.min(0, after[axis]!));
  if (kept.some((n) => n < 1)) ctx.malformed("pads that leave something of the input", describe(given));
  const cut = slice(
    ctx,
    x,
    before.map((n) => Math.max(0, -n)),
    before.map(() => 1),
    kept,
  );
  const positive = (pads: readonly number[]) => pads.map((n) => Math.max(0, n));
  return padPositive(ctx, cut, { mode, before: positive(before), after: positive(after), value: fill });
}

function padPositive(ctx: NodeContext, x: Value, attributes: OpAttributes["pad"]): Value {
  const { mode, before, after } = attributes;
  const shape = x.shape.map((n, axis) => n + before[axis]! + after[axis]!);
  if (before.every((n) => n === 0) && after.every((n) => n === 0)) return x;
  if (mode === "reflect" && x.shape.some((n, axis) => Math.max(before[axis]!, after[axis]!) >= n))
    ctx.unsupported("reflection over more than the input's size");
  return ctx.apply("pad", [x], attributes, shape);
}

/** x at the given non-negative indices of one axis, which keeps its place. */
function gather(ctx: NodeContext, x: Value, axis: number, indices: readonly number[]): Value {
  const step = indices.length > 1 ? indices[1]! - indices[0]! : 1;
  const shape = x.shape.map((n, a) => (a === axis ? indices.length : n));
  // Evenly spaced indices become a slice, which is cheaper and which passes can optimise.
  if (indices.length > 0 && step !== 0 && indices.every((index, i) => index === indices[0]! + i * step)) {
    const pick = (here: number, other: number) => x.shape.map((_, a) => (a === axis ? here : other));
    return slice(ctx, x, pick(indices[0]!, 0), pick(step, 1), shape);
  }
  return ctx.apply("gather", [x], { axis, indices }, shape);
}

/** Indices of any rank; their dimensions take the place of the axis. */
function* gatherOp(ctx: NodeContext): Generator<undefined, Value> {
  const x = ctx.input(0);
  const axis = ctx.axis(ctx.int("axis", 0), x.shape.length);
  const indices = ctx.constant(1, "indices");
  ctx.spend([2, sizeOf(indices.shape)], [indices], "f32"); // the list has 8 bytes an index
  const data = yield* computing(indices);
  const flat = new Array<number>(data.length);
  yield* inParts(data.length, (from, to) => {
    for (let i = from; i < to; i++) flat[i] = ctx.axis(data[i]!, x.shape[axis]!);
  });
  const picked = gather(ctx, x, axis, flat);
  return reshape(ctx, picked, [...x.shape.slice(0, axis), ...indices.shape, ...x.shape.slice(axis + 1)]);
}

function depthToSpace(ctx: NodeContext): Value {
  const [n, c, h, w] = imageOf(ctx);
  const block = blockOf(ctx);
  const mode = channelOrderOf(ctx);
  if (c % (block * block) !== 0) ctx.malformed(`channels in multiples of ${block * block}`, `${c}`);
  const shape = [n, h * block, w * block, c / (block * block)];
  return ctx.toNchw(ctx.emit("depthToSpace", [ctx.toNhwc(ctx.input(0))], { block, mode }, shape));
}

function spaceToDepth(ctx: NodeContext): Value {
  const [n, c, h, w] = imageOf(ctx);
  const block = blockOf(ctx);
  if (h % block !== 0 || w % block !== 0) ctx.malformed(`a height and width in multiples of ${block}`, `${h}x${w}`);
  const mode = channelOrderOf(ctx);
  const [rows, columns, blocks] = [h / block, w / block, block * block];
  const y = ctx.toNchw(ctx.emit("spaceToDepth", [ctx.toNhwc(ctx.input(0))], { block }, [n, rows, columns, c * blocks]));
  if (mode === "DCR") return y;
  const channels = transpose(ctx, reshape(ctx, y, [n, blocks, c, rows, columns]), [0, 2, 1, 3, 4]);
  return reshape(ctx, channels, y.shape);
}

function imageOf(ctx: NodeContext): [number, number, number, number] {
  const { shape } = ctx.input(0);
  if (shape.length !== 4) ctx.malformed("[N, C, H, W]", describe(shape));
  return shape as unknown as [number, number, number, number];
}

function channelOrderOf(ctx: NodeContext): "DCR" | "CRD" {
  const mode = ctx.string("mode", "DCR");
  return mode === "DCR" || mode === "CRD" ? mode : ctx.malformed("mode DCR or CRD", mode);
}

function blockOf(ctx: NodeContext): number {
  const block = ctx.int("blocksize", 0);
  return block >= 1 ? block : ctx.malformed("a positive blocksize", `${block}`);
}

export const rearrangeOps: OpTable = {
  Split: split,
  Pad: pad,
  Gather: gatherOp,
  DepthToSpace: depthToSpace,
  SpaceToDepth: spaceToDepth,
};
