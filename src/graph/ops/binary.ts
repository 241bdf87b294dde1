/** Elementwise function of two tensors. */
import { binary as kernel } from "../../kernels/binary";
import { zipElements } from "../constants/arithmetic";
import { evaluated } from "../constants/deferred";
import { isWhole, zerosLike } from "../constants/elements";
import { scalarActivation, scalarBinary } from "../constants/scalar";
import { broadcastShapes, sizeOf } from "../ir";
import type { OpDefinition } from "../op";
import { fail, show } from "../op-tools";
import { permuteShape } from "../permutation";

declare module "../ir" {
  interface OpAttributes {
    /** NumPy broadcasting; out = activation(a fn b). prelu: a < 0 ? a*b : a; mask: b != 0 ? a : 0; comparisons give 0 or 1. */
    binary: { fn: BinaryFn; activation: Activation };
  }
}

export const binary: OpDefinition<"binary"> = {
  arity: [2, 2],
  kernels: { binary: kernel },
  shape: (node, [a, b]) =>
    broadcastShapes(a, b!) ?? fail(node, "operands that broadcast", `${show(a)} and ${show(b!)}`),
  flops: ({ shape }) => sizeOf(shape),
  /** Integer quotients are truncated towards zero. Products of 32 bits, which a double may round, wrap exactly. */
  evaluate({ shape, attributes }, [a, b]) {
    const zip = () => {
      const out = zerosLike(a.data, sizeOf(shape));
      const exact = attributes.fn === "mul" && (out instanceof Int32Array || out instanceof Uint32Array);
      const fn = exact ? Math.imul : scalarBinary(attributes.fn, isWhole(a.data));
      const activate = scalarActivation(attributes.activation);
      return zipElements(a, b!, shape, (x, y) => activate(fn(x, y)), out);
    };
    return evaluated({ shape }, zip, a, b!);
  },
  permute: permuteShape,
  lower(b, node) {
    const [left = "", right = ""] = node.inputs;
    const shapes = { shapeA: b.shape(left), shapeB: b.shape(right), shape: node.shape };
    b.step(node, "binary", kernel.plan({ ...shapes, ...node.attributes, elem: b.elem }), { a: left, b: right });
  },
};
