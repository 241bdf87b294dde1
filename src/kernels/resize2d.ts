/** Nearest-neighbour and linear resizing of pictures. */
import wgsl from "../../shaders/resize2d.wgsl?raw";
import type { Pair } from "../base/pair";
import { KernelError } from "../base/errors";
import { lanesFor, requirePositive, unitTypes } from "./checks";
import { elemBytes, linearGrid, type Elem, type Kernel } from "./kernel";
import type { PictureSizes } from "./window";

/** ONNX's coordinate_transformation_mode, as far as this kernel has it. */
export const COORDINATE_MODES = [
  "half_pixel",
  "pytorch_half_pixel",
  "asymmetric",
  "align_corners",
  "half_pixel_symmetric",
] as const;
export type CoordinateMode = (typeof COORDINATE_MODES)[number];

/** ONNX's nearest_mode. */
export const NEAREST_MODES = ["round_prefer_floor", "round_prefer_ceil", "floor", "ceil"] as const;
export type NearestMode = (typeof NEAREST_MODES)[number];

interface Resize2dParams extends PictureSizes {
  readonly mode: "nearest" | "linear";
  readonly coordinates: CoordinateMode;
  /** Rounding; used in mode nearest only. */
  readonly nearest: NearestMode;
  /** ONNX's scales, [along height, along width]: output size / input size before rounding. */
  readonly scales: Pair;
  readonly elem: Elem;
}

/** A source coordinate as a ratio of integers: (step * x + start) / divisor for position x of the output. */
interface SourceCoordinate {
  readonly step: number;
  readonly start: number;
  readonly divisor: number;
}

const INT32_MAX = 2 ** 31 - 1;

/** The fraction nearest to `value` with numerator and denominator of at most these, by continued fractions; stops once it equals `value` in f32. */
export function nearestFraction(
  value: number,
  mostNumerator: number,
  mostDenominator: number,
): [numerator: number, denominator: number] {
  let [n0, d0, n1, d1] = [0, 1, 1, 0];
  let rest = value;
  for (;;) {
    const whole = Math.floor(rest);
    const n2 = whole * n1 + n0;
    const d2 = whole * d1 + d0;
    if (n2 > mostNumerator || d2 > mostDenominator) return [n1, d1];
    [n0, d0, n1, d1] = [n1, d1, n2, d2];
    if (rest === whole || (n1 > 0 && Math.abs(n1 / d1 - value) <= value * 2 ** -25)) return [n1, d1];
    rest = 1 / (rest - whole);
  }
}

/**
 * ONNX Resize's coordinate_transformation_mode in exact integers, so that rounding never selects the wrong pixel: scales
 * are floats, but represent ratios of small integers.
 */
export function sourceCoordinate(
  mode: CoordinateMode,
  inSize: number,
  outSize: number,
  scale: number,
): SourceCoordinate {
  if (mode === "align_corners") return outSize > 1 ? { step: inSize - 1, start: 0, divisor: outSize - 1 } : FIRST;
  if (mode === "pytorch_half_pixel" && outSize === 1) return FIRST;
  // Twice the numerator times the input's size, and twice the denominator times the output's, must fit in 32 bits; rounding modes double
  // once more.
  const most = (size: number): number => Math.floor(INT32_MAX / (8 * (size + 1)));
  const exact = Math.abs(scale * inSize - outSize) < outSize * 2 ** -23;
  const [p, q] = nearestFraction(exact ? outSize / inSize : scale, most(inSize), most(outSize));
  switch (mode) {
    case "asymmetric":
      return { step: q, start: 0, divisor: p };
    case "half_pixel":
    case "pytorch_half_pixel":
      return { step: 2 * q, start: q - p, divisor: 2 * p };
    case "half_pixel_symmetric":
      return { step: 2 * q, start: q - p + inSize * p - outSize * q, divisor: 2 * p };
    default:
      throw mode satisfies never;
  }
}

const FIRST: SourceCoordinate = { step: 0, start: 0, divisor: 1 };

/** A coordinate whose floor is the pixel that ONNX's nearest_mode selects. */
export function nearestCoordinate({ step, start, divisor }: SourceCoordinate, mode: NearestMode): SourceCoordinate {
  switch (mode) {
    case "floor":
      return { step, start, divisor };
    case "ceil": // ceil(n / d) = floor((n + d - 1) / d)
      return { step, start: start + divisor - 1, divisor };
    case "round_prefer_ceil": // floor(n / d + 1/2)
      return { step: 2 * step, start: 2 * start + divisor, divisor: 2 * divisor };
    case "round_prefer_floor": // ceil(n / d - 1/2)
      return { step: 2 * step, start: 2 * start + divisor - 1, divisor: 2 * divisor };
    default:
      throw mode satisfies never;
  }
}

/** ONNX Resize along height and width, without antialiasing. [N, H, W, C] -> [N, OH, OW, C]. */
export const resize2d: Kernel<Resize2dParams> = {
  name: "resize2d",
  wgsl,
  bindings: { src: "read", dst: "write" },
  plan({ batch, inHeight, inWidth, channels, outHeight, outWidth, mode, coordinates, nearest, scales, elem }) {
    requirePositive("resize2d", { batch, inHeight, inWidth, channels, outHeight, outWidth });
    if (!scales.every((scale) => Number.isFinite(scale) && scale > 0))
      throw new KernelError("resize2d", "positive scales", scales.join(", "));
    const along = (inSize: number, outSize: number, scale: number): SourceCoordinate => {
      const coordinate = sourceCoordinate(coordinates, inSize, outSize, scale);
      return mode === "nearest" ? nearestCoordinate(coordinate, nearest) : coordinate;
    };
    const y = along(inHeight, outHeight, scales[0]);
    const x = along(inWidth, outWidth, scales[1]);
    const lanes = lanesFor(channels);
    const outputs = batch * outHeight * outWidth * channels;
    return {
      constants: {
        ...unitTypes(elem, lanes),
        LINEAR: mode === "linear",
      },
      // Layers that differ only in these share a pipeline.
      runtime: {
        IN_H: inHeight,
        IN_W: inWidth,
        OUT_H: outHeight,
        OUT_W: outWidth,
        UNITS: channels / lanes,
        COUNT: outputs / lanes,
        Y_STEP: y.step,
        Y_START: y.start,
        Y_DIVISOR: y.divisor,
        X_STEP: x.step,
        X_START: x.start,
        X_DIVISOR: x.divisor,
      },
      grid: linearGrid(outputs / lanes),
      flops: mode === "linear" ? 8 * outputs : 0,
      bytes: (batch * inHeight * inWidth * channels + outputs) * elemBytes(elem),
    };
  },
};
