/** Running sums along one axis. */
import wgsl from "../../shaders/cum-sum.wgsl?raw";
import { lanesFor, requirePositive, unitTypes } from "./checks";
import { elemBytes, linearGrid, type Elem, type Kernel } from "./kernel";
import type { Rows } from "./reduce";

interface CumSumParams extends Rows {
  /** Whether each sum excludes the element itself. */
  readonly exclusive: boolean;
  /** Whether sums run from the end of the axis. */
  readonly reverse: boolean;
  readonly elem: Elem;
}

/** ONNX CumSum along the middle of [outer, axis, inner]. Sums are f32. */
export const cumSum: Kernel<CumSumParams> = {
  name: "cum-sum",
  wgsl,
  bindings: { src: "read", dst: "write" },
  plan({ outer, axis, inner, exclusive, reverse, elem }) {
    requirePositive("cum-sum", { outer, axis, inner });
    const lanes = lanesFor(inner);
    const rows = (outer * inner) / lanes;
    const elements = outer * axis * inner;
    return {
      constants: { ...unitTypes(elem, lanes), COUNT: rows, AXIS: axis, INNER: inner / lanes },
      flags: { EXCLUSIVE: exclusive, REVERSE: reverse },
      grid: linearGrid(rows),
      flops: elements,
      bytes: 2 * elements * elemBytes(elem),
    };
  },
};
