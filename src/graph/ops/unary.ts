/** Elementwise function of one tensor. */
import { unary as kernel } from "../../kernels/unary";
import { mapElements } from "../constants/arithmetic";
import { evaluated } from "../constants/deferred";
import { zerosLike } from "../constants/elements";
import { scalarActivation } from "../constants/scalar";
import { sizeOf } from "../ir";
import type { OpDefinition } from "../op";
import { permuteShape } from "../permutation";

declare module "../ir" {
  interface OpAttributes {
    unary: { activation: Activation };
  }
}

export const unary: OpDefinition<"unary"> = {
  arity: [1, 1],
  kernels: { unary: kernel },
  shape: (_, [x]) => x,
  flops: ({ shape }) => sizeOf(shape),
  evaluate({ shape, attributes }, [x]) {
    const f = scalarActivation(attributes.activation);
    return evaluated({ shape }, () => mapElements(x.data, (value) => f(value), zerosLike(x.data, sizeOf(shape))), x);
  },
  permute: permuteShape,
  lower(b, node) {
    const [src = ""] = node.inputs;
    b.step(node, "unary", kernel.plan({ count: sizeOf(node.shape), ...node.attributes, elem: b.elem }), { src });
  },
};
