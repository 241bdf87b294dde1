/** The same elements with another shape; values share a buffer, so nothing is copied. */
import { unary } from "../../kernels/unary";
import { reshaped } from "../constants/strided";
import { IDENTITY, sizeOf } from "../ir";
import type { OpDefinition } from "../op";
import { fail, show } from "../op-tools";

declare module "../ir" {
  interface OpAttributes {
    reshape: Record<string, never>;
  }
}

export const reshape: OpDefinition<"reshape"> = {
  arity: [1, 1],
  kernels: { unary },
  shape(node, [x]) {
    if (sizeOf(x) !== sizeOf(node.shape)) fail(node, `${sizeOf(node.shape)} elements`, show(x));
    return node.shape;
  },
  flops: () => 0,
  evaluate: ({ shape }, [x]) => reshaped(x, shape),
  lower(b, node) {
    const [src = ""] = node.inputs;
    if (!b.isConstant(src)) return b.alias(node.output, src);
    // A constant has no buffer to share, so it is copied.
    const plan = unary.plan({ count: sizeOf(node.shape), activation: IDENTITY, elem: b.elem });
    b.step(node, "unary", plan, { src });
  },
};
