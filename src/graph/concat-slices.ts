/**
 * Concat by slices: a convolution whose result only goes into a concatenation of channels writes its channels of the
 * concatenation's buffer itself, and nothing is copied.
 *
 *   %a = conv(..)                     %c[.., 0:32] = conv(..)
 *   %b = conv(..)             ->      %c[.., 32:96] = conv(..)
 *   %c = concat(%a, %b)
 */
import { shapesOf } from "./cost";
import { countUses } from "./edit";
import type { Graph } from "./ir";

export interface ConcatSlice {
  /** The concatenation's output. */
  readonly output: string;
  /** First channel, and channels of the concatenation in all. */
  readonly first: number;
  readonly channels: number;
}

/** Values that are made in place, by name. */
export function concatSlices(graph: Graph): ReadonlyMap<string, ConcatSlice> {
  const uses = countUses(graph);
  const shapes = shapesOf(graph);
  const convolutions = new Map(
    graph.nodes.flatMap((node) => (node.op === "conv" ? [[node.output, node] as const] : [])),
  );
  const slices = new Map<string, ConcatSlice>();
  for (const node of graph.nodes) {
    if (node.op !== "concat" || node.attributes.axis !== node.shape.length - 1) continue;
    const channels = node.shape.at(-1)!;
    let first = 0;
    for (const part of node.inputs) {
      const made = convolutions.get(part);
      // A depthwise convolution has a kernel of its own, which writes whole tensors.
      if (made?.attributes.groups === 1 && uses.get(part) === 1)
        slices.set(part, { output: node.output, first, channels });
      first += shapes.get(part)!.at(-1)!;
    }
  }
  return slices;
}
