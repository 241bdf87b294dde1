/**
 * Folds a constant scale and shift per channel into the weights and bias of the op before or after it: batch normalisation
 * and residual scales after an op, input normalisation before one.
 *
 *   before                                              after
 *   %c: f32[1,8,8,4] = conv(%x, %w, %b) {...}           %y: f32[1,8,8,4] = conv(%x, %y.w, %y.b) {...}
 *   %m: f32[1,8,8,4] = binary(%c, %s) {fn=mul}          with %y.w = %w * %s (per output channel)
 *   %y: f32[1,8,8,4] = binary(%m, %t) {fn=add}          and  %y.b = %b * %s + %t
 *
 * After conv, convTranspose or matmul: out = s*(x.W + b) + t = x.(W*s) + (s*b + t). Before conv or matmul:
 * (s*x + t).W + b = x.(s*W) + (b + sum of t*W), the shift only without padding, because pads are zeros after it.
 * Conditions: the op has no activation (or the affine is before it), weights and bias are constants, and nothing else reads
 * the value between. Into a convolution that already adds a residual, a shift is folded but no scale.
 */
import { inParts } from "../../base/pacer";
import { computing, deferred, derivedKey, fingerprinting, isLong } from "../constants/deferred";
import { isIdentity, mergeOrigins, rewrite, type Rewrite } from "../edit";
import { sameShape, sizeOf, type Constant, type Graph, type Int8Values, type Node, type NodeFor } from "../ir";
import type { Pass } from "./pass";

type Linear = NodeFor<"conv"> | NodeFor<"convTranspose"> | NodeFor<"matmul">;

/** scale*x + shift per channel (last axis). */
interface Affine {
  readonly x: string;
  readonly scale: (channel: number) => number;
  readonly shift: (channel: number) => number;
  readonly scales: boolean;
  readonly shifts: boolean;
}

/** The constant as a function of the channel; undefined where it varies along other axes. */
function* perChannel(
  constant: Constant | undefined,
  channels: number,
): Generator<undefined, ((channel: number) => number) | undefined> {
  if (constant === undefined) return undefined;
  const { shape } = constant;
  const size = sizeOf(shape);
  if (size !== 1 && (size !== channels || shape.at(-1) !== channels)) return undefined;
  const data = yield* computing(constant);
  return (channel) => data[size === 1 ? 0 : channel]!;
}

const one = (): number => 1;
const zero = (): number => 0;

/** `node` as an affine function of its runtime operand; undefined where it is none. */
function* asAffine(node: Node | undefined, rw: Rewrite): Generator<undefined, Affine | undefined> {
  if (node?.op !== "binary") return undefined;
  const [a, b] = node.inputs as [string, string];
  const left = rw.constant(a) !== undefined;
  const x = left ? b : a;
  const c = yield* perChannel(rw.constant(left ? a : b), node.shape.at(-1) ?? 1);
  if (c === undefined || rw.constant(x) !== undefined || !sameShape(rw.shape(x), node.shape)) return undefined;
  switch (node.attributes.fn) {
    case "add":
      return { x, scale: one, shift: c, scales: false, shifts: true };
    case "sub":
      if (left) return { x, scale: () => -1, shift: c, scales: true, shifts: true };
      return { x, scale: one, shift: (i) => -c(i), scales: false, shifts: true };
    case "mul":
      return { x, scale: c, shift: zero, scales: true, shifts: false };
    case "div":
      return left ? undefined : { x, scale: (i) => 1 / c(i), shift: zero, scales: true, shifts: false };
    default:
      return undefined;
  }
}

function isLinear(node: Node | undefined): node is Linear {
  return (node?.op === "conv" && !node.attributes.pool) || node?.op === "convTranspose" || node?.op === "matmul";
}

/**
 * Calls `visit(row, start)` for every run of weights along the last axis, in order, and yields now and then; `row` is the index on the axis before it.
 * For conv and matmul, rows are input channels and columns are output channels; for convTranspose the reverse. With groups,
 * row r of group g is channel g * rows + r, and the columns are split among the groups.
 */
function eachRow({ shape }: Constant, visit: (row: number, start: number) => void): Generator<undefined> {
  const columns = shape.at(-1)!;
  const rows = shape.at(-2)!;
  const some = (from: number, to: number): void => {
    for (let i = from; i < to; i++) visit(i % rows, i * columns);
  };
  return inParts(sizeOf(shape) / columns, some, columns);
}

function groupsOf(node: Linear): number {
  return node.op === "matmul" ? 1 : node.attributes.groups;
}

/** `values` with each channel's scale times a factor. */
function scaleInt8(values: Int8Values, factors: ArrayLike<number>): Int8Values {
  return deferred({ scales: values.scales.map((scale, i) => scale * factors[i]!) }, () => values.data, values);
}

/** Weights times a factor per channel of the columns. */
function* scaleColumns(weights: Constant, factors: Float64Array): Generator<undefined, Constant> {
  const { shape } = weights;
  const key = derivedKey(`columns ${yield* fingerprinting(factors)}`, weights);
  const int8 = weights.int8 && scaleInt8(weights.int8, factors);
  return deferred(
    { shape, key, int8 },
    function* () {
      const { data } = weights;
      const scaled = new Float32Array(data.length);
      yield* eachRow(weights, (_, start) => {
        for (let c = 0; c < factors.length; c++) scaled[start + c] = data[start + c]! * factors[c]!;
      });
      return scaled;
    },
    weights,
  );
}

/** Weights times a factor per channel of the rows. */
function* scaleRows(weights: Constant, groups: number, factors: Float64Array): Generator<undefined, Constant> {
  const { shape } = weights;
  const rows = shape.at(-2)!;
  const run = shape.at(-1)! / groups;
  const key = derivedKey(`rows ${groups} ${yield* fingerprinting(factors)}`, weights);
  return deferred(
    { shape, key },
    function* () {
      const { data } = weights;
      const scaled = new Float32Array(data.length);
      yield* eachRow(weights, (row, start) => {
        for (let g = 0; g < groups; g++)
          for (let i = start + g * run; i < start + (g + 1) * run; i++) scaled[i] = data[i]! * factors[g * rows + row]!;
      });
      return scaled;
    },
    weights,
  );
}

/** bias[column] + sum over rows of weight * shift(channel of the row). */
function* addThroughWeights(
  bias: Constant,
  weights: Constant,
  groups: number,
  shifts: Float64Array,
): Generator<undefined, Constant> {
  const { shape } = bias;
  const key = derivedKey(`shifts ${groups} ${yield* fingerprinting(shifts)}`, bias, weights);
  const add = function* (): Generator<undefined, Float32Array> {
    const sums = Float64Array.from(bias.data);
    const { data } = weights;
    const rows = weights.shape.at(-2)!;
    const run = sums.length / groups;
    yield* eachRow(weights, (row, start) => {
      for (let c = 0; c < sums.length; c++) sums[c]! += data[start + c]! * shifts[Math.floor(c / run) * rows + row]!;
    });
    return Float32Array.from(sums);
  };
  return deferred({ shape, key }, add, bias, weights);
}

/** The values of a per-channel function for all channels. */
function* tabulate(perChannel: (channel: number) => number, channels: number): Generator<undefined, Float64Array> {
  const all = new Float64Array(channels);
  yield* inParts(channels, (from, to) => {
    for (let channel = from; channel < to; channel++) all[channel] = perChannel(channel);
  });
  return all;
}

interface Operands {
  readonly weights: Constant;
  readonly bias: Constant;
}

/** Weights and bias where both are constants; for a matmul without bias, zeros. */
function operandsOf(node: Linear, rw: Rewrite): Operands | undefined {
  const weights = rw.constant(node.inputs[1]!);
  const channels = node.shape.at(-1)!;
  const bias =
    node.inputs.length < 3 ? { shape: [channels], data: new Float32Array(channels) } : rw.constant(node.inputs[2]!);
  return weights === undefined || bias === undefined ? undefined : { weights, bias };
}

/** The node with new weights, bias and output name. */
function rebuild(node: Linear, output: string, x: string, operands: Partial<Operands>, rw: Rewrite): Linear {
  const { weights, bias } = operands;
  const inputs = [
    x,
    weights === undefined ? node.inputs[1]! : rw.addConstant(`${output}.w`, weights),
    bias === undefined ? node.inputs[2] : rw.addConstant(`${output}.b`, bias),
    ...node.inputs.slice(3),
  ].filter((name) => name !== undefined);
  return { ...node, output, inputs };
}

/** Folds an affine into the op before it. */
function* foldAfter(node: NodeFor<"binary">, rw: Rewrite): Generator<undefined, Node | undefined> {
  const affine = yield* asAffine(node, rw);
  const op = affine && rw.node(affine.x);
  if (affine === undefined || !isLinear(op) || !isIdentity(op.attributes.activation)) return undefined;
  const operands = operandsOf(op, rw);
  if (operands === undefined || rw.uses(op.output) !== 1 || (affine.scales && op.inputs.length > 3)) return undefined;
  const { weights, bias } = operands;
  if (affine.scales && isLong(weights)) return undefined;
  const channels = node.shape.at(-1)!;
  const factors = yield* tabulate(affine.scale, channels);
  const scale = op.op === "convTranspose" ? scaleRows(weights, groupsOf(op), factors) : scaleColumns(weights, factors);
  const before = yield* computing(bias);
  const data = yield* tabulate(
    (channel) => before[channel]! * factors[channel]! + affine.shift(channel),
    before.length,
  );
  const folded = rebuild(
    op,
    node.output,
    op.inputs[0]!,
    {
      weights: affine.scales ? yield* scale : undefined,
      bias: affine.shifts || op.inputs.length > 2 ? { shape: bias.shape, data: new Float32Array(data) } : undefined,
    },
    rw,
  );
  rw.remove(op.output);
  const { activation } = node.attributes;
  return { ...folded, attributes: { ...folded.attributes, activation }, origin: mergeOrigins(op, node) } as Linear;
}

/** Folds one affine into `node`, which follows it. */
function* foldBefore(
  node: NodeFor<"conv"> | NodeFor<"matmul">,
  rw: Rewrite,
): Generator<undefined, typeof node | undefined> {
  const before = rw.node(node.inputs[0]!);
  const affine = yield* asAffine(before, rw);
  if (before?.op !== "binary" || affine === undefined || !isIdentity(before.attributes.activation)) return undefined;
  const operands = operandsOf(node, rw);
  const padded = node.op === "conv" && node.attributes.pads.some((pad) => pad > 0);
  const batched = rw.shape(node.inputs[1]!).length !== (node.op === "conv" ? 4 : 2);
  if (operands === undefined || rw.uses(before.output) !== 1 || batched || (affine.shifts && padded)) return undefined;
  const { weights, bias } = operands;
  if (isLong(weights) || isLong(bias)) return undefined;
  const channels = rw.shape(affine.x).at(-1)!;
  const folded = rebuild(
    node,
    node.output,
    affine.x,
    {
      weights: affine.scales
        ? yield* scaleRows(weights, groupsOf(node), yield* tabulate(affine.scale, channels))
        : undefined,
      bias: affine.shifts
        ? yield* addThroughWeights(bias, weights, groupsOf(node), yield* tabulate(affine.shift, channels))
        : undefined,
    },
    rw,
  );
  rw.remove(before.output);
  return { ...folded, origin: mergeOrigins(before, node) } as typeof node;
}

export const foldAffine: Pass = {
  name: "fold-affine",
  run(graph: Graph): Generator<undefined, Graph> {
    return rewrite(graph, function* (node, rw) {
      if (node.op === "binary") return void rw.emit((yield* foldAfter(node, rw)) ?? node);
      if (node.op !== "conv" && node.op !== "matmul") return void rw.emit(node);
      let folded = node;
      for (let next; (next = yield* foldBefore(folded, rw));) folded = next;
      rw.emit(folded);
    });
  },
};
