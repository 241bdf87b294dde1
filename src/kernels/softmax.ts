/** Softmax along one axis. */
import wgsl from "../../shaders/softmax.wgsl?raw";
import { requirePositive } from "./checks";
import { elemBytes, type Elem, type Kernel } from "./kernel";
import { rowSizes, type Rows } from "./reduce";

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
    const elements = outer * axis * inner;
    return {
      ...rowSizes({ outer, axis, inner }, elem),
      flops: 4 * elements,
      bytes: 2 * elements * elemBytes(elem),
    };
  },
};
