/** Gathers entries of an axis by constant indices. */
import wgsl from "../../shaders/gather.wgsl?raw";
import { KernelError } from "../base/errors";
import { lanesFor, requirePositive, unitTypes } from "./checks";
import { elemBytes, linearGrid, type Elem, type Kernel } from "./kernel";
import { rowsAlong } from "./reduce";

/** Equals the shader's BASE: the largest base whose digits are all exact in f16. */
const BASE = 2048;

interface GatherParams {
  /** Shape of src. */
  readonly shape: readonly number[];
  readonly axis: number;
  /** Number of indices. */
  readonly count: number;
  readonly elem: Elem;
}

/**
 * Constant indices as elements that are exact in f32 and in f16: [count, 3], the digits of each index to base 2048,
 * highest first. Throws KernelError for an index outside the axis.
 */
export function gatherIndices(indices: readonly number[], axisSize: number): Float32Array {
  const wrong = indices.find((index) => !Number.isInteger(index) || index < 0 || index >= axisSize);
  if (wrong !== undefined) throw new KernelError("gather", `indices from 0 to ${axisSize - 1}`, `${wrong}`);
  return Float32Array.from(
    indices.flatMap((index) => [Math.floor(index / (BASE * BASE)), Math.floor(index / BASE) % BASE, index % BASE]),
  );
}

/**
 * ONNX Gather with flat constant indices: src [.., shape[axis], ..] -> [.., count, ..]. The binding `indices` holds
 * the result of gatherIndices(), stored as `elem`.
 */
export const gather: Kernel<GatherParams> = {
  name: "gather",
  wgsl,
  bindings: { src: "read", indices: "read", dst: "write" },
  plan({ shape, axis, count, elem }) {
    if (!Number.isInteger(axis) || axis < 0 || axis >= shape.length)
      throw new KernelError("gather", `an axis of [${shape.join(", ")}]`, `${axis}`);
    requirePositive("gather", { shape, count });
    const { outer, axis: size, inner } = rowsAlong(shape, axis);
    const lanes = lanesFor(inner);
    const outputs = outer * count * inner;
    return {
      constants: {
        elem,
        unit: unitTypes(elem, lanes)["unit"]!,
        SIZE: size,
        PICKED: count,
        INNER: inner / lanes,
        COUNT: outputs / lanes,
      },
      grid: linearGrid(outputs / lanes),
      flops: 0,
      bytes: (2 * outputs + 3 * count) * elemBytes(elem),
    };
  },
};
