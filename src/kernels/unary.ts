/** Elementwise function of one tensor of any shape. */
import wgsl from "../../shaders/unary.wgsl?raw";
import indexing from "../../shaders/lib/indexing.wgsl?raw";
import { KernelError } from "../errors";
import { activationConstants, activationLib, type ActivationParams } from "./activation";
import { elemBytes, linearGrid, type Elem, type Kernel } from "./kernel";

export interface UnaryParams {
  /** Elements of the tensor, at least 1. */
  readonly count: number;
  readonly activation: ActivationParams;
  readonly elem: Elem;
}

/** [...] -> [...], dst[i] = activation(src[i]). */
export const unary: Kernel<UnaryParams> = {
  name: "unary",
  wgsl,
  libs: [indexing, activationLib],
  bindings: { src: "read", dst: "write" },
  plan({ count, activation, elem }) {
    if (!Number.isInteger(count) || count < 1) throw new KernelError("unary", "a positive element count", `${count}`);
    const vectors = Math.ceil(count / 4);
    return {
      constants: { elem, COUNT: count, ...activationConstants(activation) },
      grid: linearGrid(vectors),
      flops: count,
      bytes: 2 * count * elemBytes(elem),
    };
  },
};
