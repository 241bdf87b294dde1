/** Layer and instance normalisation: rows get mean 0 and variance 1, and are then scaled and shifted. */
import wgsl from "../../shaders/normalize.wgsl?raw";
import { KernelError } from "../base/errors";
import { requirePositive } from "./checks";
import { elemBytes, type Elem, type Kernel, type KernelPlan } from "./kernel";
import { rowSizes, type Rows } from "./reduce";

interface LayerNormParams {
  readonly rows: number;
  /** Elements of a row, of scale and of bias. */
  readonly size: number;
  readonly epsilon: number;
  /** Whether the op has a bias; without one, its binding is left out. */
  readonly bias: boolean;
  readonly elem: Elem;
}

interface InstanceNormParams {
  readonly batch: number;
  /** Height x width. */
  readonly pixels: number;
  readonly channels: number;
  readonly epsilon: number;
  readonly elem: Elem;
}

const shared = {
  name: "normalize",
  wgsl,
  bindings: { src: "read", scale: "read", bias: "read", dst: "write" },
} as const;

interface NormalizeParams extends Rows {
  readonly epsilon: number;
  readonly bias: boolean;
  /** Whether scale and bias run along the row (else across rows, along inner). */
  readonly scaleAlongAxis: boolean;
  readonly elem: Elem;
}

function normalizePlan(kernel: string, params: NormalizeParams): KernelPlan {
  const { outer, axis, inner, epsilon, bias, scaleAlongAxis, elem } = params;
  if (!(epsilon >= 0)) throw new KernelError(kernel, "an epsilon of at least 0", `${epsilon}`);
  const { constants, grid } = rowSizes({ outer, axis, inner }, elem);
  const elements = outer * axis * inner;
  return {
    constants: { ...constants, EPSILON: epsilon, SCALE_ALONG_AXIS: scaleAlongAxis },
    flags: { BIAS: bias },
    grid,
    flops: 8 * elements,
    bytes: (2 * elements + (bias ? 2 : 1) * (scaleAlongAxis ? axis : inner)) * elemBytes(elem),
    ...(bias ? {} : { unbound: ["bias"] }),
  };
}

/** ONNX LayerNormalization. src [rows, size], scale [size], bias [size] -> [rows, size]. */
export const layerNorm: Kernel<LayerNormParams> = {
  ...shared,
  plan({ rows, size, epsilon, bias, elem }) {
    requirePositive("layer-norm", { rows, size });
    const view = { outer: rows, axis: size, inner: 1 };
    return normalizePlan("layer-norm", { ...view, epsilon, bias, scaleAlongAxis: true, elem });
  },
};

/** ONNX InstanceNormalization. src [N, pixels, C], scale [C], bias [C] -> [N, pixels, C], over the pixels. */
export const instanceNorm: Kernel<InstanceNormParams> = {
  ...shared,
  plan({ batch, pixels, channels, epsilon, elem }) {
    requirePositive("instance-norm", { batch, pixels, channels });
    const view = { outer: batch, axis: pixels, inner: channels };
    return normalizePlan("instance-norm", { ...view, epsilon, bias: true, scaleAlongAxis: false, elem });
  },
};
