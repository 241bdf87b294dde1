/**
 * Reduces an input whose channels are all equal to one channel, by summing the first convolution's kernel over its input
 * channels.
 *
 *   before  (%x: input f32[1,3,9,9])                              after  (%x: input f32[1,1,9,9])
 *   %t: f32[1,9,9,3] = transpose(%x) {perm=0x2x3x1}               %t: f32[1,9,9,1] = reshape(%x)
 *   %y: f32[1,9,9,8] = conv(%t, %w, %b) {...}                     %y: f32[1,9,9,8] = conv(%t, %y.w, %b) {...}
 *
 * Only for callers that know that all channels are equal. Where other nodes are between the input and its convolutions, the
 * graph and its input do not change.
 */
import { deferred, derivedKey } from "../constants/deferred";
import { rewrite } from "../edit";
import type { Constant, Graph, Node } from "../ir";
import type { Pass } from "./pass";

/** The transpose that is the input's only reader, when only plain convolutions with constant weights read the transpose. */
function stackedInput(graph: Graph, input: string): Node | undefined {
  const [transpose, ...others] = graph.nodes.filter((node) => node.inputs.includes(input));
  if (transpose?.op !== "transpose" || transpose.attributes.perm.join() !== "0,2,3,1" || others.length > 0) return;
  const fits = graph.nodes.every((node) => {
    const at = node.inputs.flatMap((name, i) => (name === transpose.output ? [i] : []));
    const [, weights = ""] = node.inputs;
    const sums = node.op === "conv" && node.attributes.groups === 1 && graph.constants.has(weights);
    return at.length === 0 || (sums && at.join() === "0");
  });
  const promised = graph.outputs.some(({ value }) => value === input || value === transpose.output);
  return fits && !promised ? transpose : undefined;
}

/** [KH,KW,C,OC] -> [KH,KW,1,OC]. */
function sumInputChannels(weights: Constant): Constant {
  const [kh, kw, channels, out] = weights.shape as [number, number, number, number];
  return deferred(
    { shape: [kh, kw, 1, out], key: derivedKey("channels", weights) },
    () => {
      const { data } = weights;
      const sums = new Float32Array(kh * kw * out);
      for (let i = 0; i < sums.length; i++) {
        const first = Math.floor(i / out) * channels * out + (i % out);
        let sum = 0; // in double precision
        for (let c = 0; c < channels; c++) sum += data[first + c * out]!;
        sums[i] = sum;
      }
      return sums;
    },
    weights,
  );
}

/** The pass for the input of that name, [N,C,H,W] -> [N,1,H,W]. */
export function sumGreyInput(input: string): Pass {
  return {
    name: "sum-grey-input",
    *run(graph) {
      const transpose = stackedInput(graph, input);
      if (transpose === undefined) return graph;
      const inputs = graph.inputs.map(({ name, shape }) =>
        name === input ? { name, shape: shape.map((n, axis) => (axis === 1 ? 1 : n)) } : { name, shape },
      );
      return yield* rewrite({ ...graph, inputs }, (node, rw) => {
        if (node.output === transpose.output) {
          const shape = transpose.shape.map((n, axis) => (axis === 3 ? 1 : n));
          rw.emit({ ...transpose, op: "reshape", attributes: {}, shape } as Node);
        } else if (node.inputs[0] === transpose.output) {
          const [x, weights = "", ...rest] = node.inputs;
          const summed = rw.addConstant(`${node.output}.w`, sumInputChannels(rw.constant(weights)!));
          rw.emit({ ...node, inputs: [x!, summed, ...rest] });
        } else rw.emit(node);
      });
    },
  };
}
