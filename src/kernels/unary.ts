/** Elementwise function of one tensor of any shape. */
import wgsl from "../../shaders/unary.wgsl?raw";
import { activationConstants, type ActivationParams } from "./activation";
import { lanesFor, requirePositive, unitTypes } from "./checks";
import { elemBytes, linearGrid, type Elem, type Kernel } from "./kernel";

interface UnaryParams {
  /** Elements of the tensor, at least 1. */
  readonly count: number;
  readonly activation: ActivationParams;
  readonly elem: Elem;
}

/** [...] -> [...], dst[i] = activation(src[i]). */
export const unary: Kernel<UnaryParams> = {
  name: "unary",
  wgsl,
  bindings: { src: "read", dst: "write" },
  plan({ count, activation, elem }) {
    requirePositive("unary", { count });
    const vectors = Math.ceil(count / 4);
    const lanes = lanesFor(count);
    return {
      constants: {
        unit: unitTypes(elem, lanes)["unit"]!,
        LENGTH: count,
        COUNT: vectors,
        ...activationConstants(activation),
      },
      flags: { VECTOR: lanes === 4 },
      grid: linearGrid(vectors),
      flops: count,
      bytes: 2 * count * elemBytes(elem),
    };
  },
};
