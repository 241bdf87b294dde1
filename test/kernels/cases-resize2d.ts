import type { OpAttributes, Shape } from "../../src/graph/ir";
import { resize2d } from "../../src/kernels/resize2d";
import { EXACT, kernelCase, ROUNDED, type KernelCase } from "./kernel-case";

type Attributes = OpAttributes["resize"];

/** Scales default to out / in, as when a model gives sizes. */
function resizeCase(shape: Shape, out: readonly [number, number], attributes: Partial<Attributes>): KernelCase {
  const [batch, inHeight, inWidth, channels] = shape as [number, number, number, number];
  const [outHeight, outWidth] = out;
  const all: Attributes = {
    mode: "nearest",
    coordinates: "half_pixel",
    nearest: "round_prefer_floor",
    scales: [outHeight / inHeight, outWidth / inWidth],
    ...attributes,
  };
  const params = { batch, inHeight, inWidth, channels, outHeight, outWidth, ...all };
  const outShape = [batch, outHeight, outWidth, channels];
  return kernelCase(
    resize2d,
    params,
    { src: { shape } },
    "resize",
    all,
    outShape,
    all.mode === "linear" ? ROUNDED : EXACT,
  );
}

const coordinateModes: readonly Attributes["coordinates"][] = [
  "half_pixel",
  "pytorch_half_pixel",
  "asymmetric",
  "align_corners",
  "half_pixel_symmetric",
];
const nearestModes: readonly Attributes["nearest"][] = ["round_prefer_floor", "round_prefer_ceil", "floor", "ceil"];
const linear = { mode: "linear" } as const;

export const resize2dCases: readonly KernelCase[] = [
  resizeCase([1, 1, 1, 1], [1, 1], {}),
  resizeCase([1, 3, 5, 8], [6, 10], { coordinates: "asymmetric", nearest: "floor" }), // doubling, the hot case
  resizeCase([2, 3, 5, 2], [6, 10], {}),
  // Every coordinate and rounding mode, enlarging one axis and shrinking the other.
  ...coordinateModes.flatMap((coordinates) => [
    ...nearestModes.map((nearest) => resizeCase([1, 7, 6, 3], [10, 4], { coordinates, nearest })),
    resizeCase([1, 7, 6, 3], [10, 4], { ...linear, coordinates }),
    resizeCase([2, 3, 5, 4], [1, 9], { ...linear, coordinates }),
  ]),
  // A scale whose output size was rounded down: the coordinates follow the scale.
  resizeCase([1, 5, 7, 1], [8, 10], { scales: [1.7, 1.5], coordinates: "asymmetric", nearest: "floor" }),
  resizeCase([1, 5, 7, 4], [8, 10], { ...linear, scales: [1.7, 1.5] }),
  resizeCase([1, 5, 7, 4], [8, 10], { ...linear, scales: [1.7, 1.5], coordinates: "half_pixel_symmetric" }),
];
