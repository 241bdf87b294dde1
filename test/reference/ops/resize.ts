import type { NodeFor, OpAttributes, Shape } from "../../../src/graph/ir";
import { resize2d } from "../../../src/kernels/resize2d";
import { EXACT, kernelCase, ROUNDED, type KernelCase } from "../../kernels/kernel-case";
import { example, floats, int64s, type OnnxExample } from "../onnx-example";
import type { Reference } from "../reference";
import { as4, fill, type Tensor } from "../tensor";

/**
 * Where output pixel `o` lies in the input, by the ONNX formula of its coordinate mode. Every step is rounded to f32,
 * as runtimes and shaders do: where a sample falls on the border of two pixels, the rounding decides.
 */
function sourceCoordinate(
  mode: OpAttributes["resize"]["coordinates"],
  o: number,
  scale: number,
  inSize: number,
  outSize: number,
): number {
  const f32 = Math.fround;
  const halfPixel = f32(f32((o + 0.5) / f32(scale)) - 0.5);
  switch (mode) {
    case "half_pixel":
      return halfPixel;
    case "pytorch_half_pixel":
      return outSize > 1 ? halfPixel : 0;
    case "asymmetric":
      return f32(o / f32(scale));
    case "align_corners":
      return outSize > 1 ? f32((o * (inSize - 1)) / (outSize - 1)) : 0;
    case "half_pixel_symmetric": {
      const adjustment = f32(outSize / f32(f32(scale) * inSize));
      const offset = f32((inSize / 2) * f32(1 - adjustment));
      return f32(f32(offset + f32((o + 0.5) / f32(scale))) - 0.5);
    }
    default:
      return mode satisfies never;
  }
}

function nearestIndex(mode: OpAttributes["resize"]["nearest"], at: number): number {
  switch (mode) {
    case "round_prefer_floor":
      return Math.ceil(at - 0.5);
    case "round_prefer_ceil":
      return Math.floor(at + 0.5);
    case "floor":
      return Math.floor(at);
    case "ceil":
      return Math.ceil(at);
    default:
      return mode satisfies never;
  }
}

/** Nearest or bilinear; samples outside the picture repeat its edge. */
function resize(node: NodeFor<"resize">, x: Tensor): Tensor {
  const [, H, W, C] = as4(x.shape);
  const [, OH, OW] = as4(node.shape);
  const { mode, coordinates, nearest, scales } = node.attributes;
  const clamp = (i: number, size: number) => Math.min(size - 1, Math.max(0, i));
  return fill(node.shape, ([n, oy, ox, c]) => {
    const y = sourceCoordinate(coordinates, oy!, scales[0], H, OH);
    const xx = sourceCoordinate(coordinates, ox!, scales[1], W, OW);
    const at = (iy: number, ix: number) => x.data[((n! * H + clamp(iy, H)) * W + clamp(ix, W)) * C + c!]!;
    if (mode === "nearest") return at(nearestIndex(nearest, y), nearestIndex(nearest, xx));
    const [y0, x0] = [Math.floor(y), Math.floor(xx)];
    const [fy, fx] = [y - y0, xx - x0];
    const top = at(y0, x0) * (1 - fx) + at(y0, x0 + 1) * fx;
    const bottom = at(y0 + 1, x0) * (1 - fx) + at(y0 + 1, x0 + 1) * fx;
    return top * (1 - fy) + bottom * fy;
  });
}

export const reference: Reference<"resize"> = { op: "resize", compute: (node, [x]) => resize(node, x!) };

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

export const cases: readonly KernelCase[] = [
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

export const onnx: readonly OnnxExample[] = [
  example("Resize", ["x", "", "", int64s([1, 4, 9, 15])], { mode: "linear" }),
  // The newest opset that has it.
  example("Upsample", ["x", floats([1, 1, 2, 3])], { mode: "nearest" }, { opset: 9 }),
];
