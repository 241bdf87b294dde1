/**
 * Merges convolutions that read one value with the same attributes. Readers read their channels of the merged output in place.
 *
 *   before                                               after
 *   %a: f32[1,8,8,4] = conv(%x, %wa, %ba) {1x1}          %m: f32[1,8,8,12] = conv(%x, %m.w, %m.b) {1x1}
 *   %b: f32[1,8,8,8] = conv(%x, %wb, %bb) {1x1}          %b: f32[1,8,8,8] = slice(%m) {starts=0x0x0x0}
 *   %c: f32[1,8,8,4] = conv(%b, %wc, %bc) {3x3}          %c: f32[1,8,8,4] = conv(%b, %wc, %bc) {3x3}
 *   %d: f32[1,8,8,4] = conv(%c, %wd, %bd) {3x3}          %d: f32[1,8,8,4] = conv(%c, %wd, %bd) {3x3}
 *   %j: f32[1,8,8,8] = concat(%a, %d)                    %j.wide: f32[1,8,8,16] = concat(%m, %d)
 *                                                        %j: f32[1,8,8,8] = slice(%j.wide) {starts=0x0x0x8}
 *
 * Only where the slices cost nothing (see channel-slices.ts): every merged convolution is read by plain convolutions only.
 * One member may instead be the first or last part of a concatenation that is read by plain convolutions only and has no
 * merged value at its other end. No reader of the merged value may write into that concatenation, because one dispatch
 * cannot read and write a buffer.
 */
import { visiting } from "../../base/pacer";
import { readInPlace } from "../channel-slices";
import { deferred, derivedKey } from "../constants/deferred";
import { mergeOrigins, rewrite } from "../edit";
import { sizeOf, type Constant, type Graph, type Node, type NodeFor } from "../ir";
import type { Ops } from "../op";
import type { Pass } from "./pass";

type Conv = NodeFor<"conv">;

interface Group {
  /** Merged convolutions, in the order of their channels in the merged output. */
  readonly members: readonly Conv[];
  /** The concatenation that reads the merged value instead of `part`, which is the first or last member. */
  readonly concat?: NodeFor<"concat"> | undefined;
  readonly part?: Conv | undefined;
  readonly merged: string;
}

/** Joins rows of several matrices side by side into `joined`. */
function joinRows<T extends Float32Array | Int8Array>(parts: readonly T[], widths: readonly number[], joined: T): T {
  const total = widths.reduce((a, b) => a + b, 0);
  let first = 0;
  parts.forEach((data, i) => {
    const width = widths[i]!;
    for (let from = 0, to = first; from < data.length; from += width, to += total)
      joined.set(data.subarray(from, from + width), to);
    first += width;
  });
  return joined;
}

/** Joins [KH,KW,C,OC], or [OC], of all members along the last axis. Keeps 8-bit values where all members have them. */
function joinColumns(parts: readonly Constant[]): Constant {
  const widths = parts.map(({ shape }) => shape.at(-1)!);
  const shape = [...parts[0]!.shape.slice(0, -1), widths.reduce((a, b) => a + b, 0)];
  const count = sizeOf(shape);
  const all = parts.flatMap(({ int8 }) => int8 ?? []);
  const int8 =
    all.length < parts.length
      ? undefined
      : deferred(
          { scales: Float32Array.from(all.flatMap(({ scales }) => [...scales])) },
          () =>
            joinRows(
              all.map(({ data }) => data),
              widths,
              new Int8Array(count),
            ),
          ...all,
        );
  const make = (): Float32Array =>
    joinRows(
      parts.map(({ data }) => data),
      widths,
      new Float32Array(count),
    );
  return deferred({ shape, key: derivedKey("join", ...parts), int8 }, make, ...parts);
}

/** Most convolutions that are merged into one. */
const MOST_MEMBERS = 256;

/** Groups of convolutions with the same input and attributes. */
function* siblings(graph: Graph): Generator<undefined, Conv[][]> {
  const groups = new Map<string, Conv[]>();
  const add = (node: Node): void => {
    if (node.op !== "conv" || node.inputs.length !== 3 || node.attributes.groups !== 1) return;
    const { upsample, pool } = node.attributes;
    const [x = "", ...constants] = node.inputs;
    const [weights] = constants.map((name) => graph.constants.get(name));
    // Kernels read and write channels four at a time.
    if (upsample || pool || !constants.every((name) => graph.constants.has(name)) || node.shape[3]! % 4 !== 0) return;
    const key = JSON.stringify([x, weights!.shape.slice(0, 2), node.attributes]);
    const group = groups.get(key);
    if (!group) groups.set(key, [node]);
    else if (group.length < MOST_MEMBERS) group.push(node);
  };
  yield* visiting(graph.nodes, add);
  return [...groups.values()].filter((members) => members.length > 1);
}

/** The groups to merge. */
function* plan(graph: Graph, ops: Ops): Generator<undefined, Group[]> {
  const inPlace = yield* readInPlace(graph, ops);
  const readersOf = new Map<string, Node[]>();
  const groups = yield* siblings(graph);
  for (const { output } of groups.flat()) readersOf.set(output, []);
  yield* visiting(graph.nodes, (node) => {
    for (const input of new Set(node.inputs)) readersOf.get(input)?.push(node);
  });
  const readers = (value: string): readonly Node[] => readersOf.get(value)!;
  const promised = new Set(graph.outputs.map(({ value }) => value));
  /** Concatenations that already have a merged value. */
  const taken = new Set<string>();
  return groups.flatMap((members): Group[] => {
    const inner = members.filter(({ output }) => inPlace(output));
    const written = new Set(inner.flatMap(({ output }) => readers(output).map((reader) => reader.output)));
    for (const member of members) {
      const [concat, ...others] = readers(member.output);
      if (inner.length === 0 || concat?.op !== "concat" || others.length > 0 || promised.has(member.output)) continue;
      const { inputs, attributes, output } = concat;
      const first = inputs[0] === member.output;
      const atEnd = first || inputs.at(-1) === member.output;
      if (attributes.axis !== 3 || !atEnd || !inPlace(output) || taken.has(output)) continue;
      const once = inputs.filter((part) => part === member.output).length === 1;
      if (!once || inputs.some((part) => written.has(part))) continue;
      taken.add(output);
      const merged = `${member.output}.merged`;
      return [{ members: first ? [...inner, member] : [member, ...inner], concat, part: member, merged }];
    }
    return inner.length > 1 ? [{ members: inner, merged: `${inner[0]!.output}.merged` }] : [];
  });
}

export const mergeSiblings: Pass = {
  name: "merge-siblings",
  *run(graph: Graph, ops: Ops): Generator<undefined, Graph> {
    const groups = yield* plan(graph, ops);
    if (groups.length === 0) return graph;
    const groupOf = new Map(groups.flatMap((group) => group.members.map(({ output }) => [output, group] as const)));
    const groupInto = new Map(groups.flatMap((group) => (group.concat ? [[group.concat.output, group] as const] : [])));
    const made = new Map<Group, string>();
    return yield* rewrite(graph, (node, rw) => {
      /** Emits the slice of `source` from channel `first` on, which replaces the value of `of`. */
      const slice = (of: Node, source: string, first: number): void =>
        void rw.emit({
          op: "slice",
          output: of.output,
          inputs: [source],
          attributes: { starts: [0, 0, 0, first], steps: [1, 1, 1, 1] },
          shape: of.shape,
          origin: of.origin,
        });
      const group = groupOf.get(node.output);
      const into = groupInto.get(node.output);
      if (group && !made.has(group) && node.op === "conv") {
        const { members, part } = group;
        const output = rw.fresh(group.merged);
        const [weights, bias] = ([1, 2] as const).map((i) =>
          joinColumns(members.map((m) => rw.constant(m.inputs[i]!)!)),
        );
        const channels = bias!.shape[0]!;
        made.set(
          group,
          rw.emit({
            ...node,
            output,
            inputs: [node.inputs[0]!, rw.addConstant(`${output}.w`, weights!), rw.addConstant(`${output}.b`, bias!)],
            shape: [...node.shape.slice(0, 3), channels],
            origin: mergeOrigins(...members),
          }),
        );
        let first = 0;
        for (const member of members) {
          if (member !== part) slice(member, output, first);
          first += member.shape[3]!;
        }
      } else if (into && node.op === "concat") {
        const merged = made.get(into)!;
        const own = into.part!.output;
        const extra = rw.shape(merged)[3]! - into.part!.shape[3]!;
        const wide = rw.emit({
          ...node,
          output: rw.fresh(`${node.output}.wide`),
          inputs: node.inputs.map((part) => (part === own ? merged : part)),
          shape: [...node.shape.slice(0, 3), node.shape[3]! + extra],
        });
        slice(node, wide, node.inputs[0] === own ? extra : 0);
      } else if (!group) rw.emit(node);
    });
  },
};
