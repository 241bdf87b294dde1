/** Pads a tensor. */
import wgsl from "../../shaders/pad.wgsl?raw";
import { KernelError } from "../base/errors";
import { sizeOf, stridesOf } from "../base/strides";
import { lanesFor, requirePositive, unitTypes } from "./checks";
import { elemBytes, linearGrid, type Elem, type Kernel } from "./kernel";
import { toMaxAxes } from "./strides";

/** The index is the shader's MODE. */
const PAD_CODES = ["constant", "reflect", "edge", "wrap"] as const;

interface PadParams {
  /** Shape of src. */
  readonly shape: readonly number[];
  /** Elements added in front of each axis; never negative. */
  readonly before: readonly number[];
  /** Elements added at the end of each axis; never negative. */
  readonly after: readonly number[];
  /** reflect: mirrored without repeating the edge, at most size - 1 elements. edge: the edge repeated. wrap: src repeated. */
  readonly mode: (typeof PAD_CODES)[number];
  /** The padding value in mode "constant". */
  readonly value: number;
  readonly elem: Elem;
}

interface PaddedAxis {
  size: number;
  readonly before: number;
  readonly after: number;
}

/** Drops unpadded axes of size 1 and merges unpadded neighbours. */
function mergeUnpadded({ shape, before, after }: PadParams): PaddedAxis[] {
  const merged: PaddedAxis[] = [];
  shape.forEach((size, axis) => {
    const own: PaddedAxis = { size, before: before[axis]!, after: after[axis]! };
    const last = merged.at(-1);
    const padded = own.before > 0 || own.after > 0;
    if (!padded && size === 1) return;
    if (last && !padded && last.before === 0 && last.after === 0) last.size *= size;
    else merged.push(own);
  });
  return merged.length > 0 ? merged : [{ size: 1, before: 0, after: 0 }];
}

/** ONNX Pad. [shape] -> [before + shape + after]. */
export const pad: Kernel<PadParams> = {
  name: "pad",
  wgsl,
  bindings: { src: "read", dst: "write" },
  plan(params) {
    const { shape, before, after, mode, value, elem } = params;
    requirePositive("pad", { shape });
    const counts = [...before, ...after];
    if (
      before.length !== shape.length ||
      after.length !== shape.length ||
      counts.some((n) => !(Number.isInteger(n) && n >= 0))
    )
      throw new KernelError("pad", `counts of at least 0 for ${shape.length} axes`, counts.join(", "));
    if (mode === "reflect" && shape.some((size, axis) => Math.max(before[axis]!, after[axis]!) >= size))
      throw new KernelError(
        "pad",
        `at most size - 1 reflected elements around [${shape.join(", ")}]`,
        counts.join(", "),
      );
    const merged = mergeUnpadded(params);
    const innermost = merged.at(-1)!;
    const lanes = innermost.before === 0 && innermost.after === 0 ? lanesFor(innermost.size) : 1;
    innermost.size /= lanes;
    const sizes = merged.map((axis) => axis.size);
    const outSizes = merged.map((axis) => axis.before + axis.size + axis.after);
    const befores = merged.map((axis) => axis.before);
    const units = sizeOf(outSizes);
    // elem(VALUE) in the shader must be a number of that type.
    const largest = elem === "f16" ? 65504 : Infinity;
    return {
      constants: {
        elem,
        unit: unitTypes(elem, lanes)["unit"]!,
        SIZES: toMaxAxes("pad", sizes, 1),
        BEFORE: toMaxAxes("pad", befores, 0),
        STRIDES: toMaxAxes("pad", stridesOf(sizes), 0),
        DIMS: toMaxAxes("pad", outSizes, 1),
        COUNT: units,
        MODE: PAD_CODES.indexOf(mode),
        VALUE: Math.min(Math.max(value, -largest), largest),
      },
      grid: linearGrid(units),
      flops: 0,
      bytes: (sizeOf(shape) + units * lanes) * elemBytes(elem),
    };
  },
};
