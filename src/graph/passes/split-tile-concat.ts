/**
 * Replaces the convolution of a picture concatenated with a tiled vector by a convolution of the picture alone, whose bias
 * is computed from the vector. The tiled tensor is never materialised.
 *
 *   before                                                  after
 *   %t: f32[1,8,8,1000] = expand(%e)  (e [1,1,1,1000])      %r: f32[1,1000] = reshape(%e)
 *   %j: f32[1,8,8,1256] = concat(%x, %t) {axis=3}           %m: f32[1,256] = matmul(%r, %we, %b)
 *   %y: f32[1,8,8,256] = conv(%j, %w, %b) {...}             %v: f32[256] = reshape(%m)
 *                                                           %y: f32[1,8,8,256] = conv(%x, %wx, %v) {...}
 *
 * Exact for any kernel size without pads: every tap reads the same vector, so the taps' weights can be summed. Works for
 * operands in any order, up to MOST_PARTS of them, at least one of which must be a picture.
 */
import { deferred, derivedKey } from "../constants/deferred";
import { mergeOrigins, rewrite, type Rewrite } from "../edit";
import { IDENTITY, sizeOf, type Constant, type Graph, type NodeFor } from "../ir";
import type { Pass } from "./pass";

/** Each convolution that reads a concat gets a copy of it. */
const MOST_PARTS = 64;

/** An operand of the concat, by its range of input channels. */
interface Part {
  /** The picture, or the vector [1,1,1,E] that is tiled. */
  readonly value: string;
  readonly repeated: boolean;
  readonly start: number;
  readonly length: number;
}

function partsOf(concat: NodeFor<"concat">, rw: Rewrite): Part[] {
  let start = 0;
  return concat.inputs.map((name) => {
    const node = rw.node(name);
    const length = rw.shape(name)[3]!;
    const vector = node?.op === "expand" ? node.inputs[0]! : undefined;
    const repeated = vector !== undefined && sizeOf(rw.shape(vector)) === length && rw.shape(vector)[3] === length;
    const part = { value: repeated ? vector : name, repeated, start, length };
    start += length;
    return part;
  });
}

/** The weights of the parts' input channels, in order: [KH,KW,C,OC]. */
function selectChannels(weights: Constant, parts: readonly Part[]): Constant {
  const [kh, kw, channels, out] = weights.shape as [number, number, number, number];
  const length = parts.reduce((sum, part) => sum + part.length, 0);
  const key = derivedKey(`select ${parts.map(({ start, length }) => [start, length]).join()}`, weights);
  return deferred(
    { shape: [kh, kw, length, out], key },
    () => {
      const { data } = weights;
      const selected = new Float32Array(kh * kw * length * out);
      let at = 0;
      for (let tap = 0; tap < kh * kw; tap++)
        for (const part of parts) {
          const from = (tap * channels + part.start) * out;
          selected.set(data.subarray(from, from + part.length * out), at);
          at += part.length * out;
        }
      return selected;
    },
    weights,
  );
}

/** [KH,KW,C,OC] -> [C,OC], summed over taps. */
function sumTaps(weights: Constant): Constant {
  const [kh, kw, channels, out] = weights.shape as [number, number, number, number];
  return deferred(
    { shape: [channels, out], key: derivedKey("taps", weights) },
    () => {
      if (kh * kw === 1) return weights.data;
      const sums = new Float64Array(channels * out);
      weights.data.forEach((value, i) => (sums[i % sums.length]! += value));
      return Float32Array.from(sums);
    },
    weights,
  );
}

/** Concatenates values along one axis; a single value needs no node. */
function join(values: readonly string[], axis: number, name: string, concat: NodeFor<"concat">, rw: Rewrite): string {
  if (values.length === 1) return values[0]!;
  const size = values.reduce((sum, value) => sum + rw.shape(value)[axis]!, 0);
  const shape = rw.shape(values[0]!).map((n, i) => (i === axis ? size : n));
  return rw.emit({
    op: "concat",
    output: rw.fresh(name),
    inputs: values,
    attributes: { axis },
    shape,
    origin: concat.origin,
  });
}

function split(conv: NodeFor<"conv">, rw: Rewrite): NodeFor<"conv"> | undefined {
  const concat = rw.node(conv.inputs[0]!);
  const weights = rw.constant(conv.inputs[1]!);
  const { groups, pads } = conv.attributes;
  if (concat?.op !== "concat" || concat.attributes.axis !== 3 || weights === undefined) return undefined;
  if (concat.inputs.length > MOST_PARTS) return undefined;
  if (groups !== 1 || pads.some((pad) => pad > 0)) return undefined;
  const parts = partsOf(concat, rw);
  const vectors = parts.filter((part) => part.repeated);
  const pictures = parts.filter((part) => !part.repeated);
  if (vectors.length === 0 || pictures.length === 0) return undefined;

  const origin = mergeOrigins(concat, conv);
  const out = weights.shape[3]!;
  const name = conv.output;
  const rows = vectors.map(({ value, length }) =>
    rw.emit({
      op: "reshape",
      output: rw.fresh(`${value}.row`),
      inputs: [value],
      attributes: {},
      shape: [1, length],
      origin,
    }),
  );
  const bias = rw.emit({
    op: "matmul",
    output: rw.fresh(`${name}.bias`),
    inputs: [
      join(rows, 1, `${name}.row`, concat, rw),
      rw.addConstant(`${name}.we`, sumTaps(selectChannels(weights, vectors))),
      conv.inputs[2]!,
    ],
    attributes: { activation: IDENTITY },
    shape: [1, out],
    origin,
  });
  const flat = rw.emit({
    op: "reshape",
    output: rw.fresh(`${name}.bias`),
    inputs: [bias],
    attributes: {},
    shape: [out],
    origin,
  });
  const x = join(
    pictures.map((part) => part.value),
    3,
    `${name}.x`,
    concat,
    rw,
  );
  const wx = rw.addConstant(`${name}.wx`, selectChannels(weights, pictures));
  return { ...conv, inputs: [x, wx, flat, ...conv.inputs.slice(3)], origin };
}

export const splitTileConcat: Pass = {
  name: "split-tile-concat",
  run(graph: Graph): Generator<undefined, Graph> {
    return rewrite(graph, (node, rw) => {
      rw.emit(node.op === "conv" ? (split(node, rw) ?? node) : node);
    });
  },
};
