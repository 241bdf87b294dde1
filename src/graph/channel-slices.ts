/**
 * Values that are channels of a wider buffer. A convolution or pooling whose result is only concatenated writes into
 * the concatenation's buffer, and a slice of channels that only convolutions read is read in place. Nothing is copied.
 *
 *   %a = conv(..)                     %c[.., 0:32] = conv(..)
 *   %b = conv(..)             ->      %c[.., 32:96] = conv(..)
 *   %c = concat(%a, %b)
 *   %s = slice(%c) {from 8 on}        %d = conv(%c[.., 8:96])
 *   %d = conv(%s, ..)
 */
import { shapesOf } from "./cost";
import { visiting } from "../base/pacer";
import { countingUses } from "./edit";
import type { Graph, NodeFor } from "./ir";
import { definitionOf, type BufferSlice, type Ops } from "./op";

/** Whether every reader of a value is a convolution that can read channels of a wider buffer. */
export function* readInPlace(graph: Graph, ops: Ops): Generator<undefined, (value: string) => boolean> {
  const uses = yield* countingUses(graph);
  const reads = new Map<string, number>();
  yield* visiting(graph.nodes, (node) => {
    const [src = ""] = node.inputs;
    if (definitionOf(ops, node).readsChannels?.(node)) reads.set(src, (reads.get(src) ?? 0) + 1);
  });
  return (value) => uses.has(value) && uses.get(value) === reads.get(value);
}

/** Whether the slice takes neighbouring channels of every pixel. */
function takesChannels({ attributes: { starts, steps }, shape }: NodeFor<"slice">): boolean {
  return shape.length === 4 && steps.every((step) => step === 1) && starts.slice(0, 3).every((start) => start === 0);
}

/** Values that are channels of another value's buffer, by name; yields between nodes. */
export function* slicingChannels(graph: Graph, ops: Ops): Generator<undefined, ReadonlyMap<string, BufferSlice>> {
  const uses = yield* countingUses(graph);
  const shapes = shapesOf(graph);
  const inPlace = yield* readInPlace(graph, ops);
  const channelsOf = (value: string): number => shapes.get(value)!.at(-1)!;
  /** Slices that are read in place, by the value that they are slices of. */
  const views = new Map<string, NodeFor<"slice">[]>();
  for (const node of graph.nodes) {
    if (node.op !== "slice" || !takesChannels(node) || !inPlace(node.output)) continue;
    const [source = ""] = node.inputs;
    const wholeImage = node.shape.slice(0, 3).every((n, axis) => n === shapes.get(source)![axis]);
    if (!wholeImage || graph.constants.has(source)) continue;
    const slices = views.get(source);
    if (slices) slices.push(node);
    else views.set(source, [node]);
  }
  /** Outputs of the nodes that read a slice, by the slice. */
  const readers = new Map([...views.values()].flat().map(({ output }): [string, string[]] => [output, []]));
  for (const { inputs, output } of graph.nodes) readers.get(inputs[0]!)?.push(output);
  const writable = new Set<string>();
  yield* visiting(graph.nodes, (node) => {
    if (definitionOf(ops, node).writesChannels?.(node)) writable.add(node.output);
  });
  const result = new Map<string, BufferSlice>();
  for (const node of graph.nodes) {
    if (node.op !== "concat" || node.attributes.axis !== node.shape.length - 1) continue;
    const parts = new Set(node.inputs);
    let first = 0;
    for (const part of node.inputs) {
      // Only slices may read it besides the concatenation, and their readers may not write into the concatenation.
      const alone = uses.get(part) === 1 + (views.get(part)?.length ?? 0);
      const clear = !views.get(part)?.some(({ output }) => readers.get(output)!.some((reader) => parts.has(reader)));
      if (writable.has(part) && alone && clear)
        result.set(part, { output: node.output, first, channels: channelsOf(node.output) });
      first += channelsOf(part);
    }
  }
  for (const [source, slices] of views) {
    const at = result.get(source) ?? { output: source, first: 0, channels: channelsOf(source) };
    for (const { output, attributes } of slices) result.set(output, { ...at, first: at.first + attributes.starts[3]! });
  }
  return result;
}
