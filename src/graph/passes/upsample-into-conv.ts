/**
 * A convolution of a picture whose pixels are repeated reads the picture as it was.
 *
 *   before                                                    after
 *   %r: f32[1,8,8,4] = resize(%x) {mode=nearest scales=2x2}   %y: f32[1,8,8,4] = conv(%x, %w, %b) {... upsample=2x2}
 *   %y: f32[1,8,8,4] = conv(%r, %w, %b) {...}
 *
 * Taps that fall on the same pixel are then summed beforehand: of a 3x3 kernel 2x2 products stay, and the enlarged
 * picture is never made. Only for strides, dilations and groups of 1, a resize that nothing else reads, and factors
 * of at most 16 together, because each remainder of the coordinates is a dispatch of its own.
 */
import { mergeOrigins, rewrite } from "../edit";
import type { Graph } from "../ir";
import { repeatsOf } from "../ops/resize";
import type { Pass } from "./pass";

const MOST_PHASES = 16;

export const upsampleIntoConv: Pass = {
  name: "upsample-into-conv",
  run(graph: Graph): Graph {
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
