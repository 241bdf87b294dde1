/** Sums of products by index labels, as transposes, sums and matrix products. */
import { sizeOf } from "../../ir";
import { describe, type NodeContext, type OpTable } from "../context";
import { reduce, requireFloat, reshape, slice, transpose } from "../primitives";
import type { Value } from "../values";
import { matmul } from "./matrix";

/** A tensor whose axes have different labels. */
interface Labelled {
  readonly value: Value;
  readonly labels: readonly string[];
}

/** "a...b" as labels; the axes of "..." are named "-2", "-1" from its last axis on, so that they broadcast. */
function labelsOf(ctx: NodeContext, term: string, rank: number): string[] {
  const letters = term.replace("...", "");
  const hidden = term.includes("...") ? rank - letters.length : 0;
  if (!/^[A-Za-z]*$/.test(letters) || hidden < 0 || letters.length + hidden !== rank)
    ctx.malformed(`labels of ${rank} axes in the equation`, term);
  const dots = Array.from({ length: hidden }, (_, i) => `${i - hidden}`);
  const [before = "", after = ""] = term.split("...");
  return [...before, ...dots, ...after];
}

const order = (ctx: NodeContext, { value, labels }: Labelled, wanted: readonly string[]): Value =>
  transpose(
    ctx,
    value,
    wanted.map((label) => labels.indexOf(label)),
  );

/** Keeps of two axes with one label the elements where both indices are equal. */
function diagonal(ctx: NodeContext, { value, labels }: Labelled): Labelled {
  const second = labels.findIndex((label, axis) => labels.indexOf(label) < axis);
  if (second < 0) return { value, labels };
  const first = labels.indexOf(labels[second]!);
  const rest = [...labels.keys()].filter((axis) => axis !== first && axis !== second);
  const { shape } = value;
  const n = shape[first]!;
  if (shape[second] !== n) ctx.malformed(`equal sizes of ${labels[second]}`, describe(shape));
  const outer = rest.map((axis) => shape[axis]!);
  const flat = reshape(ctx, transpose(ctx, value, [...rest, first, second]), [...outer, n * n]);
  const steps = [...outer.map(() => 1), n + 1];
  const cut = slice(
    ctx,
    flat,
    steps.map(() => 0),
    steps,
    [...outer, n],
  );
  return diagonal(ctx, { value: cut, labels: [...rest, first].map((axis) => labels[axis]!) });
}

/** Sums over the axes whose labels `kept` lacks. */
function sumOver({ value, labels }: Labelled, ctx: NodeContext, kept: (label: string) => boolean): Labelled {
  const axes = [...labels.keys()].filter((axis) => !kept(labels[axis]!));
  return { value: reduce(ctx, "sum", value, axes, false), labels: labels.filter(kept) };
}

/** Multiplies two tensors, and sums over the labels that `kept` lacks. */
function multiply(ctx: NodeContext, left: Labelled, right: Labelled, kept: (label: string) => boolean): Labelled {
  const a = sumOver(left, ctx, (label) => kept(label) || right.labels.includes(label));
  const b = sumOver(right, ctx, (label) => kept(label) || left.labels.includes(label));
  const common = a.labels.filter((label) => b.labels.includes(label));
  const [batch, summed] = [common.filter(kept), common.filter((label) => !kept(label))];
  const rows = a.labels.filter((label) => !common.includes(label));
  const columns = b.labels.filter((label) => !common.includes(label));
  const sizes = (x: Labelled, labels: readonly string[]): number[] =>
    labels.map((label) => x.value.shape[x.labels.indexOf(label)]!);
  const matrices = (x: Labelled, first: readonly string[], second: readonly string[]): Value => {
    const shape = [...sizes(x, batch), sizeOf(sizes(x, first)), sizeOf(sizes(x, second))];
    return reshape(ctx, order(ctx, x, [...batch, ...first, ...second]), shape);
  };
  const product = matmul(ctx, matrices(a, rows, summed), matrices(b, summed, columns));
  const shape = [...product.shape.slice(0, -2), ...sizes(a, rows), ...sizes(b, columns)];
  return { value: reshape(ctx, product, shape), labels: [...batch, ...rows, ...columns] };
}

function einsum(ctx: NodeContext): Value {
  const equation = ctx.string("equation", "").replaceAll(" ", "");
  const [left = "", right] = equation.split("->");
  const terms = left.split(",");
  const inputs = ctx.inputs();
  requireFloat(ctx, ...inputs);
  if (terms.length !== inputs.length) ctx.malformed(`${inputs.length} terms in the equation`, equation);
  const operands = inputs.map((value, i) =>
    diagonal(ctx, { value, labels: labelsOf(ctx, terms[i]!, value.shape.length) }),
  );
  const all = operands.flatMap(({ labels }) => labels);
  const dots = [...new Set(all.filter((label) => label < "A"))].sort((p, q) => Number(p) - Number(q));
  const single = [...left.replace(/[^A-Za-z]/g, "")].sort().filter((label) => left.split(label).length === 2);
  const [before = "", after = ""] = (right ?? "").split("...");
  const wanted =
    right === undefined ? [...dots, ...single] : [...before, ...(right.includes("...") ? dots : []), ...after];
  const unknown = wanted.find((label, i) => !all.includes(label) || wanted.indexOf(label) < i);
  if (unknown !== undefined) ctx.malformed("labels of the operands, each once, in the result", equation);
  const [first, ...others] = operands;
  const result = others.reduce((made, next, i) => {
    const later = others.slice(i + 1).flatMap(({ labels }) => labels);
    return multiply(ctx, made, next, (label) => wanted.includes(label) || later.includes(label));
  }, first!);
  return order(
    ctx,
    sumOver(result, ctx, (label) => wanted.includes(label)),
    wanted,
  );
}

export const einsumOps: OpTable = { Einsum: einsum };
