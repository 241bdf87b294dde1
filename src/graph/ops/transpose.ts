/** Permutes axes. */
import { transpose as kernel } from "../../kernels/strided-copy";
import { transposed } from "../constants/strided";
import type { OpDefinition } from "../op";
import { fail } from "../op-tools";

declare module "../ir" {
  interface OpAttributes {
    /** Axis i of the output is axis perm[i] of x. */
    transpose: { perm: readonly number[] };
  }
}

export const transpose: OpDefinition<"transpose"> = {
  arity: [1, 1],
  kernels: { transpose: kernel },
  shape(node, [x]) {
    const { perm } = node.attributes;
    if ([...perm].sort((a, b) => a - b).some((axis, i) => axis !== i) || perm.length !== x.length)
      fail(node, `a permutation of ${x.length} axes`, `[${perm.join(",")}]`);
    return perm.map((axis) => x[axis]!);
  },
  flops: () => 0,
  evaluate: ({ attributes }, [x]) => transposed(x, attributes.perm),
  lower(b, node) {
    const [src = ""] = node.inputs;
    b.step(node, "transpose", kernel.plan({ shape: b.shape(src), ...node.attributes, elem: b.elem }), { src });
  },
};
