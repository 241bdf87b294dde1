/** Resizing along any axes, by any of ONNX's filters: a product with a constant matrix for each axis. */
import { inParts } from "../../../base/pacer";
import type { NearestMode } from "../../../kernels/resize2d";
import { mapElements } from "../../constants/arithmetic";
import { withFacts } from "../../constants/deferred";
import type { Shape } from "../../ir";
import type { NodeContext } from "../context";
import { binary, reshape, transpose } from "../primitives";
import { type ConstantValue, type Value } from "../values";
import { matmul } from "./matrix";

export interface Filter {
  readonly mode: "nearest" | "linear" | "cubic";
  /** ONNX's coordinate_transformation_mode and nearest_mode. */
  readonly coordinates: string;
  readonly nearest: NearestMode;
  /** Widens the filter by 1 / scale where the size shrinks. */
  readonly antialias: boolean;
  /** Leaves out what lies outside the input, instead of repeating its edge. */
  readonly excludeOutside: boolean;
  /** Keys' parameter of the cubic filter. */
  readonly cubicA: number;
  /** For each axis, the part [start, end] of tf_crop_and_resize; 0 and 1 are the first and the last element. */
  readonly crop?: readonly (readonly [number, number])[] | undefined;
  /** The value outside the input, for tf_crop_and_resize. */
  readonly outside: number;
}

/** How an axis of `from` elements is resized to `to` elements. */
interface Along {
  readonly from: number;
  readonly to: number;
  /** ONNX's scale, which is not always to / from. */
  readonly scale: number;
  readonly crop: readonly [number, number];
}

/** The coordinate of output element `i` in the input, by the formulas of ONNX Resize. */
function coordinate(ctx: NodeContext, mode: string, i: number, { from, to, scale, crop: [start, end] }: Along): number {
  const half = (i + 0.5) / scale - 0.5;
  switch (mode) {
    case "half_pixel":
      return half;
    case "pytorch_half_pixel":
      return to > 1 ? half : 0;
    case "half_pixel_symmetric":
      return (from - to / scale) / 2 + half;
    case "asymmetric":
      return i / scale;
    case "align_corners":
      return to > 1 ? (i * (from - 1)) / (to - 1) : 0;
    case "tf_half_pixel_for_nn":
      return half + 0.5;
    case "tf_crop_and_resize":
      return (from - 1) * (to > 1 ? start + (i * (end - start)) / (to - 1) : (start + end) / 2);
    default:
      return ctx.unsupported(`attribute coordinate_transformation_mode=${mode}`);
  }
}

/** Weight of an element at distance `d`: for linear a triangle, for cubic Keys' convolution filter. */
function weight({ mode, cubicA: a }: Filter, d: number): number {
  if (mode === "linear") return Math.max(0, 1 - d);
  if (d <= 1) return ((a + 2) * d - (a + 3)) * d * d + 1;
  return d < 2 ? ((a * d - 5 * a) * d + 8 * a) * d - 4 * a : 0;
}

function nearestIndex(mode: NearestMode, x: number): number {
  if (mode === "floor") return Math.floor(x);
  if (mode === "ceil") return Math.ceil(x);
  return mode === "round_prefer_ceil" ? Math.floor(x + 0.5) : Math.ceil(x - 0.5);
}

/** The matrix [from, to] of weights, and for each of [to] output elements 1 where it lies inside the input, else 0. */
function matrixOf(ctx: NodeContext, filter: Filter, along: Along): { matrix: ConstantValue; inside: ConstantValue } {
  const { from, to, scale } = along;
  const stretch = filter.antialias ? Math.min(1, scale) : 1;
  ctx.spend([to, Math.ceil(4 / stretch)]); // the taps
  const data = new Float32Array(ctx.spend([from, to]));
  const reach = filter.mode === "nearest" ? 0 : 2 / stretch;
  const isInside = (x: number): boolean => !filter.crop || (x >= 0 && x <= from - 1);
  coordinate(ctx, filter.coordinates, 0, along); // refuses unknown modes
  const fill = (i: number): void => {
    const x = coordinate(ctx, filter.coordinates, i, along);
    const centre = filter.mode === "nearest" ? nearestIndex(filter.nearest, x) : x;
    const taps: [at: number, weight: number][] = [];
    for (let at = Math.ceil(centre - reach); at <= centre + reach; at++)
      if (!filter.excludeOutside || (at >= 0 && at < from))
        taps.push([at, reach === 0 ? 1 : weight(filter, Math.abs(x - at) * stretch)]);
    const sum = taps.reduce((total, [, w]) => total + w, 0);
    for (const [at, w] of taps) data[Math.min(from - 1, Math.max(0, at)) * to + i]! += isInside(x) ? w / sum : 0;
  };
  const compute = function* (): Generator<undefined, Float32Array> {
    const visit = (first: number, end: number): void => {
      for (let i = first; i < end; i++) fill(i);
    };
    yield* inParts(to, visit, 4 + 4 * reach);
    return data;
  };
  const matrix = withFacts(ctx.evaluated("f32", [from, to], compute), { name: `${ctx.outputName}.filter` });
  const mask = new Float32Array(ctx.spend([to]));
  const masking = () =>
    mapElements(mask, (_, i) => Number(isInside(coordinate(ctx, filter.coordinates, i, along))), mask);
  return { matrix, inside: withFacts(ctx.evaluated("f32", [to], masking), { name: `${ctx.outputName}.inside` }) };
}

/** x resized to `size`, axis by axis. */
export function resample(ctx: NodeContext, x: Value, size: Shape, scales: readonly number[], filter: Filter): Value {
  const rank = size.length;
  let y = x;
  let inside: Value | undefined;
  for (const [axis, to] of size.entries()) {
    const crop = filter.crop?.[axis] ?? [0, 1];
    const along = { from: x.shape[axis]!, to, scale: scales[axis]!, crop };
    if (along.from === to && along.scale === 1 && crop[0] === 0 && crop[1] === 1) continue;
    const weights = matrixOf(ctx, filter, along);
    // The axis goes last and back by the same exchange.
    const exchange = [...size.keys()];
    [exchange[axis], exchange[rank - 1]] = [rank - 1, axis];
    y = transpose(ctx, matmul(ctx, transpose(ctx, y, exchange), weights.matrix), exchange);
    const mask = reshape(
      ctx,
      weights.inside,
      size.map((n, i) => (i === axis ? n : 1)),
    );
    inside = inside ? binary(ctx, "mul", inside, mask) : mask;
  }
  if (inside === undefined || filter.outside === 0 || !filter.crop) return y;
  const outside = binary(ctx, "sub", ctx.floatConstant([], [1], "one"), inside);
  return binary(ctx, "add", y, binary(ctx, "mul", outside, ctx.floatConstant([], [filter.outside], "outside")));
}
