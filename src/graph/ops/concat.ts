/** Concatenation along one axis. */
import { concatPart } from "../../kernels/strided-copy";
import { inParts } from "../../base/pacer";
import { evaluated } from "../constants/deferred";
import { zerosLike } from "../constants/elements";
import { sizeOf } from "../ir";
import type { OpDefinition } from "../op";
import { expectAxis, fail, show } from "../op-tools";
import { permuteAxis } from "../permutation";

declare module "../ir" {
  interface OpAttributes {
    concat: { axis: number };
  }
}

export const concat: OpDefinition<"concat"> = {
  arity: [1, Infinity],
  kernels: { concatPart },
  shape(node, inputs) {
    const { axis } = node.attributes;
    const [first] = inputs;
    expectAxis(node, axis, first.length);
    for (const shape of inputs)
      if (shape.length !== first.length || !shape.every((n, i) => i === axis || n === first[i]))
        fail(node, `operands like ${show(first)} but for axis ${axis}`, show(shape));
    return first.map((n, i) => (i === axis ? inputs.reduce((sum, shape) => sum + shape[axis]!, 0) : n));
  },
  flops: () => 0,
  evaluate({ shape, attributes: { axis } }, inputs) {
    const join = function* () {
      const parts = inputs.map(({ shape, data }) => ({ data, length: sizeOf(shape.slice(axis)) }));
      const data = zerosLike(parts[0]!.data, sizeOf(shape));
      let at = 0;
      yield* inParts(sizeOf(shape.slice(0, axis)) * parts.length, (from, to) => {
        for (let i = from; i < to; i++) {
          const { data: part, length } = parts[i % parts.length]!;
          const first = Math.floor(i / parts.length) * length;
          data.set(part.subarray(first, first + length), at);
          at += length;
        }
      });
      return data;
    };
    return evaluated({ shape }, join, ...inputs);
  },
  permute: permuteAxis,
  *lower(b, node) {
    const { axis } = node.attributes;
    let offset = 0;
    for (const part of node.inputs) {
      const shape = b.shape(part);
      const plan = concatPart.plan({ shape, axis, offset, axisTotal: node.shape[axis]!, elem: b.elem });
      // Parts that were written into the result's buffer need no copy.
      if (!b.sliceOf(part)) b.step(node, "concatPart", plan, { src: part });
      offset += shape[axis]!;
      yield;
    }
  },
};
