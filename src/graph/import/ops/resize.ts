/** Resize and its predecessor Upsample. */
import { COORDINATE_MODES, NEAREST_MODES, sourceCoordinate, type NearestMode } from "../../../kernels/resize2d";
import type { OpAttributes, Pair, Shape } from "../../ir";
import { describe, type NodeContext, type OpTable } from "../context";
import { reshape } from "../primitives";
import { liftToImage } from "../window";
import type { Value } from "../values";
import { resample, type Filter } from "./resample";

type Sampling = Omit<OpAttributes["resize"], "scales">;

/** Without antialiasing and cropping. */
const PLAIN = { antialias: false, excludeOutside: false, cubicA: -0.75, outside: 0 } as const;

/** Size along one axis; multiplies in f32, as exporters and runtimes do. */
function scaledSize(size: number, scale: number): number {
  return Math.floor(Math.fround(size * Math.fround(scale)));
}

function sizesFromScales(ctx: NodeContext, shape: Shape, scales: readonly number[]): [Shape, readonly number[]] {
  if (scales.length !== shape.length || scales.some((scale) => !(scale > 0)))
    ctx.malformed(`${shape.length} positive scales`, describe(scales));
  return [shape.map((n, axis) => scaledSize(n, scales[axis]!)), scales];
}

/** The attributes of the op "resize", which filters like this along height and width; undefined where it cannot. */
function samplingOf({ mode, coordinates, nearest, antialias, excludeOutside }: Filter): Sampling | undefined {
  if (mode === "cubic" || ((antialias || excludeOutside) && mode === "linear")) return undefined;
  // floor((i + 0.5) / scale) is the half-pixel coordinate rounded to nearest.
  if (coordinates === "tf_half_pixel_for_nn" && nearest === "floor" && mode === "nearest")
    return { mode, coordinates: "half_pixel", nearest: "round_prefer_ceil" };
  const known = COORDINATE_MODES.find((one) => one === coordinates);
  return known && { mode, coordinates: known, nearest };
}

/**
 * The scale of an axis for the op "resize". Refuses axes so long that the kernel's positions, ratios of integers of 32 bits, overflow or end
 * more than a sixteenth of an element from where they should.
 */
function checked(ctx: NodeContext, { coordinates }: Sampling, from: number, to: number, scale: number): number {
  const { step, divisor } = sourceCoordinate(coordinates, from, to, scale);
  const exact = step === 0 || coordinates === "align_corners";
  if (step * to > 2 ** 30 || (!exact && to * Math.abs(step / divisor - 1 / scale) > 1 / 16))
    ctx.unsupported(`an axis of ${from} elements resized to ${to}`);
  return scale;
}

/**
 * The op "resize" for the last two axes of [N,C,H,W], the last of [N,C,L], or the middle two of an NHWC tensor, where it has the filter;
 * else products with matrices.
 */
function resizeTo(ctx: NodeContext, size: Shape, scales: readonly number[], filter: Filter): Value {
  const x = ctx.input(0);
  // A scale may change the sampling positions even where it does not change the size.
  const changed = size.map((n, axis) => n !== x.shape[axis] || scales[axis] !== 1);
  if (!filter.crop && !changed.includes(true)) return x;
  const sampling = samplingOf(filter);
  const scaleOf = (axis: number): number => checked(ctx, sampling!, x.shape[axis]!, size[axis]!, scales[axis]!);
  const along = (axis: number): Pair => [scaleOf(axis), scaleOf(axis + 1)];
  if (sampling && size.length === 3 && !changed[0] && !changed[1]) {
    const [n, c, l] = size as [number, number, number];
    const image = ctx.toNhwc(liftToImage(ctx, x));
    const y = ctx.emit("resize", [image], { ...sampling, scales: [1, scaleOf(2)] }, [n, 1, l, c]);
    return reshape(ctx, ctx.toNchw(y), size);
  }
  const [n, c, h, w] = size as [number, number, number, number];
  if (sampling && size.length === 4 && !changed[0] && !changed[1])
    return ctx.toNchw(ctx.emit("resize", [ctx.toNhwc(x)], { ...sampling, scales: along(2) }, [n, h, w, c]));
  if (sampling && size.length === 4 && !changed[0] && !changed[3])
    return ctx.emit("resize", [x], { ...sampling, scales: along(1) }, size);
  return resample(ctx, x, size, scales, filter);
}

function modeOf(ctx: NodeContext): Filter["mode"] {
  const mode = ctx.string("mode", "nearest");
  // Opsets 7 and 8 also allowed "bilinear".
  if (mode === "linear" || mode === "bilinear") return "linear";
  return mode === "nearest" || mode === "cubic" ? mode : ctx.unsupported(`attribute mode=${mode}`);
}

function upsample(ctx: NodeContext): Value {
  const x = ctx.input(0);
  const scales = ctx.opset < 9 ? ctx.floats("scales") : ctx.numbers(1, "scales");
  const filter = { ...PLAIN, mode: modeOf(ctx), coordinates: "asymmetric", nearest: "floor" } as const;
  return resizeTo(ctx, ...sizesFromScales(ctx, x.shape, scales ?? ctx.malformed("scales", "none")), filter);
}

function resize(ctx: NodeContext): Value {
  const x = ctx.input(0);
  const mode = modeOf(ctx);
  if (ctx.opset < 11) {
    const scales = ctx.numbers(1, "scales");
    // Opset 10 does not define coordinates; onnxruntime uses these.
    const nearest = scales.some((scale) => scale < 1) ? "ceil" : "floor";
    const filter = { ...PLAIN, mode, coordinates: "asymmetric", nearest } as const;
    return resizeTo(ctx, ...sizesFromScales(ctx, x.shape, scales), filter);
  }
  const coordinates = ctx.string("coordinate_transformation_mode", "half_pixel");
  const crop = coordinates === "tf_crop_and_resize" ? cropOf(ctx, x.shape) : undefined;
  const filter: Filter = {
    mode,
    coordinates,
    nearest: nearestModeOf(ctx),
    antialias: ctx.int("antialias", 0) !== 0,
    excludeOutside: ctx.int("exclude_outside", 0) !== 0,
    cubicA: ctx.float("cubic_coeff_a", -0.75),
    crop,
    outside: ctx.float("extrapolation_value", 0),
  };
  const cropped = x.shape.map((n, axis) => (crop ? n * (crop[axis]![1] - crop[axis]![0]) : n));
  return resizeTo(ctx, ...targetOf(ctx, x.shape, cropped), filter);
}

/** The axes that scales, sizes and the region name; default: all. */
function axesOf(ctx: NodeContext, shape: Shape): readonly number[] {
  return ctx.ints("axes")?.map((axis) => ctx.axis(axis, shape.length)) ?? [...shape.keys()];
}

/** The region [starts..., ends...] of the input, as [start, end] of every axis. */
function cropOf(ctx: NodeContext, shape: Shape): (readonly [number, number])[] {
  const axes = axesOf(ctx, shape);
  const data = ctx.numbers(1, "roi");
  if (data.length !== 2 * axes.length) ctx.malformed(`a roi of ${2 * axes.length} numbers`, `${data.length}`);
  return shape.map((_, axis) => {
    const i = axes.indexOf(axis);
    return i < 0 ? [0, 1] : [data[i]!, data[i + axes.length]!];
  });
}

/** Output shape and scales of every axis, from the inputs scales or sizes and the attributes of opset 18. Scales apply to `cropped`. */
function targetOf(ctx: NodeContext, shape: Shape, cropped: Shape): [Shape, readonly number[]] {
  const axes = axesOf(ctx, shape);
  const spread = (values: readonly number[], otherwise: (axis: number) => number) => {
    if (values.length !== axes.length) ctx.malformed(`${axes.length} scales or sizes`, describe(values));
    return shape.map((_, axis) => (axes.includes(axis) ? values[axes.indexOf(axis)]! : otherwise(axis)));
  };
  const scales = ctx.optional(2) === undefined ? [] : ctx.numbers(2, "scales");
  if (scales.length > 0)
    return sizesFromScales(
      ctx,
      cropped,
      spread(scales, () => 1),
    );
  const sizes = spread(ctx.integers(3, "sizes"), (axis) => shape[axis]!);
  if (sizes.some((n) => n < 1)) ctx.malformed("positive sizes", describe(sizes));
  const ratios = sizes.map((n, axis) => n / shape[axis]!);
  const policy = ctx.string("keep_aspect_ratio_policy", "stretch");
  if (policy === "stretch") return [sizes, ratios];
  const chosen = axes.map((axis) => ratios[axis]!);
  const scale = policy === "not_larger" ? Math.min(...chosen) : Math.max(...chosen);
  const kept = shape.map((n, axis) => (axes.includes(axis) ? Math.round(scale * n) : n));
  return [kept, shape.map((_, axis) => (axes.includes(axis) ? scale : 1))];
}

function nearestModeOf(ctx: NodeContext): NearestMode {
  const nearest = ctx.string("nearest_mode", "round_prefer_floor");
  return NEAREST_MODES.find((one) => one === nearest) ?? ctx.malformed("a nearest_mode of ONNX", nearest);
}

export const resizeOps: OpTable = {
  Resize: resize,
  Upsample: upsample,
};
