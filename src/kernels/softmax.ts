/** Softmax along one axis. */
import wgsl from "../../shaders/softmax.wgsl?raw";
import { lanesFor, requirePositive, unitTypes } from "./checks";
import { elemBytes, linearGrid, type Elem, type Kernel } from "./kernel";
import { invocationsPerRow, type Rows } from "./reduce";

interface SoftmaxParams extends Rows {
  readonly elem: Elem;
}

/** ONNX Softmax (opset 13) along the middle of [outer, axis, inner]; the row's maximum is subtracted first. */
export const softmax: Kernel<SoftmaxParams> = {
  name: "softmax",
  wgsl,
  bindings: { src: "read", dst: "write" },
  plan({ outer, axis, inner, elem }) {
    requirePositive("softmax", { outer, axis, inner });
    const lanes = lanesFor(inner);
    const rows = (outer * inner) / lanes;
    const perRow = invocationsPerRow({ outer, axis, inner: inner / lanes });
    const elements = outer * axis * inner;
    return {
      constants: { ...unitTypes(elem, lanes), ROWS: rows, AXIS: axis, INNER: inner / lanes, PER_ROW: perRow },
      grid: linearGrid(rows * perRow),
      flops: 4 * elements,
      bytes: 2 * elements * elemBytes(elem),
    };
  },
};
