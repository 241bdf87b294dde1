/** Resize and its predecessor Upsample. */
import { sameShape, type Pair, type Shape } from "../../ir";
import type { CoordinateMode, NearestMode } from "../../ops/resize";
import { describe, type NodeContext, type OpTable } from "../context";
import { reshape } from "../primitives";
import { liftToImage } from "../window";
import type { Value } from "../values";

interface Sampling {
  readonly mode: "nearest" | "linear";
  readonly coordinates: CoordinateMode;
  readonly nearest: NearestMode;
}

/** Size along one axis; multiplies in f32, as exporters and runtimes do. */
function scaledSize(size: number, scale: number): number {
  return Math.floor(Math.fround(size * Math.fround(scale)));
}

function sizesFromScales(ctx: NodeContext, shape: Shape, scales: readonly number[]): [Shape, readonly number[]] {
  if (scales.length !== shape.length || scales.some((scale) => !(scale > 0)))
    ctx.malformed(`${shape.length} positive scales`, describe(scales));
  return [shape.map((n, axis) => scaledSize(n, scales[axis]!)), scales];
}

/** Resizes the last two axes of [N,C,H,W], the last of [N,C,L], or the middle two of an NHWC tensor. */
function resample(ctx: NodeContext, size: Shape, scales: readonly number[], sampling: Sampling): Value {
  const x = ctx.input(0);
  // A scale may change the sampling positions even where it does not change the size.
  const changed = size.map((n, axis) => n !== x.shape[axis] || scales[axis] !== 1);
  if (sameShape(size, x.shape) && !changed.includes(true)) return x;
  const along = (axis: number): Pair => [scales[axis]!, scales[axis + 1]!];
  if (x.shape.length === 3 && !changed[0] && !changed[1]) {
    const [n, c, l] = size as [number, number, number];
    const image = ctx.toNhwc(liftToImage(ctx, x));
    const y = ctx.emit("resize", [image], { ...sampling, scales: [1, scales[2]!] }, [n, 1, l, c]);
    return reshape(ctx, ctx.toNchw(y), size);
  }
  if (x.shape.length !== 4) ctx.unsupported(`scales ${describe(scales)} of a tensor of rank ${x.shape.length}`);
  const [n, c, h, w] = size as [number, number, number, number];
  if (!changed[0] && !changed[1])
    return ctx.toNchw(ctx.emit("resize", [ctx.toNhwc(x)], { ...sampling, scales: along(2) }, [n, h, w, c]));
  if (!changed[0] && !changed[3]) return ctx.emit("resize", [x], { ...sampling, scales: along(1) }, size);
  return ctx.unsupported(`scales ${describe(scales)}, of other axes than height and width`);
}

function modeOf(ctx: NodeContext): Sampling["mode"] {
  const mode = ctx.string("mode", "nearest");
  // Opsets 7 and 8 also allowed "bilinear".
  if (mode === "linear" || mode === "bilinear") return "linear";
  return mode === "nearest" ? mode : ctx.unsupported(`attribute mode=${mode}`);
}

function upsample(ctx: NodeContext): Value {
  const x = ctx.input(0);
  const scales = ctx.opset < 9 ? ctx.floats("scales") : Array.from(ctx.constant(1, "scales").data);
  return resample(ctx, ...sizesFromScales(ctx, x.shape, scales ?? ctx.malformed("scales", "none")), {
    mode: modeOf(ctx),
    coordinates: "asymmetric",
    nearest: "floor",
  });
}

function resize(ctx: NodeContext): Value {
  const x = ctx.input(0);
  const mode = modeOf(ctx);
  if (ctx.opset < 11) {
    const scales = Array.from(ctx.constant(1, "scales").data);
    // Opset 10 does not define coordinates; onnxruntime uses these.
    const nearest = scales.some((scale) => scale < 1) ? "ceil" : "floor";
    return resample(ctx, ...sizesFromScales(ctx, x.shape, scales), { mode, coordinates: "asymmetric", nearest });
  }
  if (ctx.int("antialias", 0) !== 0) ctx.unsupported("attribute antialias=1");
  const [size, scales] = targetOf(ctx, x.shape);
  return resample(ctx, size, scales, { mode, ...coordinatesOf(ctx) });
}

/** Output shape and scales of every axis, from the inputs scales or sizes and the attributes of opset 18. */
function targetOf(ctx: NodeContext, shape: Shape): [Shape, readonly number[]] {
  const axes = ctx.ints("axes")?.map((axis) => ctx.axis(axis, shape.length)) ?? shape.map((_, axis) => axis);
  const spread = (values: readonly number[], otherwise: (axis: number) => number) => {
    if (values.length !== axes.length) ctx.malformed(`${axes.length} scales or sizes`, describe(values));
    return shape.map((_, axis) => (axes.includes(axis) ? values[axes.indexOf(axis)]! : otherwise(axis)));
  };
  const scales = ctx.optionalConstant(2, "scales");
  if (scales !== undefined && scales.data.length > 0)
    return sizesFromScales(
      ctx,
      shape,
      spread(Array.from(scales.data), () => 1),
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

function coordinatesOf(ctx: NodeContext): Pick<Sampling, "coordinates" | "nearest"> {
  const coordinates = ctx.string("coordinate_transformation_mode", "half_pixel");
  const nearest = ctx.string("nearest_mode", "round_prefer_floor");
  switch (nearest) {
    case "round_prefer_floor":
    case "round_prefer_ceil":
    case "floor":
    case "ceil":
      break;
    default:
      return ctx.malformed("a nearest_mode of ONNX", nearest);
  }
  switch (coordinates) {
    case "half_pixel":
    case "pytorch_half_pixel":
    case "asymmetric":
    case "align_corners":
    case "half_pixel_symmetric":
      return { coordinates, nearest };
    case "tf_half_pixel_for_nn":
      // floor((i + 0.5) / scale) is the half-pixel coordinate rounded to nearest.
      if (nearest === "floor" && modeOf(ctx) === "nearest")
        return { coordinates: "half_pixel", nearest: "round_prefer_ceil" };
      return ctx.unsupported(`attribute coordinate_transformation_mode=${coordinates} with ${nearest}`);
    default:
      return ctx.unsupported(`attribute coordinate_transformation_mode=${coordinates}`);
  }
}

export const resizeOps: OpTable = {
  Resize: {
    import: resize,
    since: 10,
    notes: "nearest and linear over height and width; all coordinate modes but tf_crop_and_resize; no antialias",
  },
  Upsample: { import: upsample, until: 9, notes: "nearest and linear over height and width" },
};
