/**
 * Fuses nearest upsampling into the convolution after it.
 *
 *   before                                                    after
 *   %r: f32[1,8,8,4] = resize(%x) {mode=nearest scales=2x2}   %y: f32[1,8,8,4] = conv(%x, %w, %b) {... upsample=2x2}
 *   %y: f32[1,8,8,4] = conv(%r, %w, %b) {...}
 *
 * The weights of taps that fall on the same pixel are then summed in advance: a 3x3 kernel becomes 2x2, and the upsampled
 * picture is never materialised. Conditions: strides, dilations and groups of 1, a resize without other readers, and
 * factors whose product is at most 16, because each remainder of the coordinates needs its own dispatch.
 */
import { mergeOrigins, rewrite } from "../edit";
import type { Graph } from "../ir";
import { repeatsOf } from "../ops/resize";
import type { Pass } from "./pass";

const MOST_PHASES = 16;

export const upsampleIntoConv: Pass = {
  name: "upsample-into-conv",
  run(graph: Graph): Generator<undefined, Graph> {
    return rewrite(graph, (node, rw) => {
      const before = rw.node(node.inputs[0]!);
      if (node.op !== "conv" || before?.op !== "resize") return void rw.emit(node);
      const { strides, dilations, groups, upsample, pool } = node.attributes;
      const repeats = repeatsOf(before, rw.shape(before.inputs[0]!));
      const plain = [...strides, ...dilations, groups].every((n) => n === 1) && !upsample && !pool;
      const once = rw.uses(before.output) === 1 && rw.constant(node.inputs[1]!) !== undefined;
      if (!repeats || repeats[0] * repeats[1] > MOST_PHASES || !plain || !once) return void rw.emit(node);
      rw.remove(before.output);
      rw.emit({
        ...node,
        inputs: [before.inputs[0]!, ...node.inputs.slice(1)],
        attributes: { ...node.attributes, upsample: repeats },
        origin: mergeOrigins(before, node),
      });
    });
  },
};
