/** Resize as models do it that repeat pixels before a convolution; resize.ts has its other forms. */
import type { OnnxNode } from "../../../weights/types";
import { sameShape, type CoordinateMode, type NearestMode, type Pair, type Shape } from "../../ir";
import { describe, type NodeContext, type OpTable } from "../context";
import { reshape } from "../primitives";
import { liftToImage } from "../window";
import type { Value } from "../values";

export interface Sampling {
  readonly mode: "nearest" | "linear";
  readonly coordinates: CoordinateMode;
  readonly nearest: NearestMode;
}

/** Size along one axis; the product is taken in f32, as exporters and runtimes do. */
function scaledSize(size: number, scale: number): number {
  return Math.floor(Math.fround(size * Math.fround(scale)));
}

export function sizesFromScales(ctx: NodeContext, shape: Shape, scales: readonly number[]): [Shape, readonly number[]] {
  if (scales.length !== shape.length || scales.some((scale) => !(scale > 0)))
    ctx.malformed(`${shape.length} positive scales`, describe(scales));
  return [shape.map((n, axis) => scaledSize(n, scales[axis]!)), scales];
}

/** Resizes the last two axes of [N,C,H,W], the last of [N,C,L], or the middle two of an NHWC tensor. */
export function resample(ctx: NodeContext, size: Shape, scales: readonly number[], sampling: Sampling): Value {
  const x = ctx.input(0);
  // A scale may change where samples are taken even where it leaves the size alone.
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

function repeatPixels(ctx: NodeContext): Value {
  const [size, scales] = sizesFromScales(ctx, ctx.input(0).shape, Array.from(ctx.constant(2, "scales").data));
  return resample(ctx, size, scales, { mode: "nearest", coordinates: "asymmetric", nearest: "floor" });
}

/** For a Resize of which repeatsPixels() holds. */
export const repeatPixelsOps: OpTable = { Resize: repeatPixels };

const ATTRIBUTES = { mode: "nearest", coordinate_transformation_mode: "asymmetric", nearest_mode: "floor" };

/** Whether a Resize is of this kind: with scales, which opset 11 has as third input, and these attributes only. */
export function repeatsPixels({ inputs, attributes }: OnnxNode): boolean {
  const plain = Object.entries(ATTRIBUTES).every(([name, value]) => {
    const given = attributes[name];
    return given?.type === "string" && given.value === value;
  });
  return plain && inputs.length === 3 && Object.keys(attributes).length === 3;
}
