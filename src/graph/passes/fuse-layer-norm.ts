/**
 * Finds a layer normalisation that is written out, as exporters before opset 17 do, and over the channels of images all do.
 *
 *   before                                                       after
 *   %m: f32[1,8,8,1] = reduce(%x) {fn=mean axes=3 keepDims=true}      %y: f32[1,8,8,4] = layerNorm(%x, %s, %b) {axis=3 epsilon=1e-6}
 *   %d: f32[1,8,8,4] = binary(%x, %m) {fn=sub}
 *   %q: f32[1,8,8,4] = binary(%d, %d) {fn=mul}
 *   %v: f32[1,8,8,1] = reduce(%q) {fn=mean axes=3 keepDims=true}
 *   %e: f32[1,8,8,1] = binary(%v, %epsilon) {fn=add}
 *   %r: f32[1,8,8,1] = unary(%e) {activation=sqrt}
 *   %n: f32[1,8,8,4] = binary(%d, %r) {fn=div}
 *   %t: f32[1,8,8,4] = binary(%n, %s) {fn=mul}
 *   %y: f32[1,8,8,4] = binary(%t, %b) {fn=add}
 *
 * Exporters also write d * (1 / r), as a reciprocal or a division, and epsilon + v.
 *
 * One node reads x once from memory, and its sums and squares are f32 where f16 would overflow. x - mean may be computed twice. Axes that are
 * not the last ones become so by transposes. Scale and bias are fused where they are constants of the normalised axes' shape and nothing
 * else reads what they scale and shift. Nodes that are still read elsewhere stay.
 */
import { deferred } from "../constants/deferred";
import { reshaped } from "../constants/strided";
import { isIdentity, mergeOrigins, rewrite, type Rewrite } from "../edit";
import { sameShape, sizeOf, type BinaryFn, type Graph, type Node, type NodeFor, type Shape } from "../ir";
import { invert, isIdentityPermutation, permute } from "../permutation";
import type { Pass } from "./pass";

/** The operands of a + b, a - b, ... without activation. */
function operandsOf(fn: BinaryFn, node: Node | undefined): readonly string[] | undefined {
  const plain = node?.op === "binary" && node.attributes.fn === fn && isIdentity(node.attributes.activation);
  return plain ? node.inputs : undefined;
}

interface Along {
  readonly of: string;
  readonly axes: readonly number[];
}

function meanOf(value: string, rw: Rewrite): Along | undefined {
  const node = rw.node(value);
  if (node?.op !== "reduce" || node.attributes.fn !== "mean" || !node.attributes.keepDims) return undefined;
  return { of: node.inputs[0]!, axes: node.attributes.axes };
}

/** x where `value` is x - mean(x). */
function centredOf(value: string, rw: Rewrite): Along | undefined {
  const [x, m] = operandsOf("sub", rw.node(value)) ?? [];
  const mean = m === undefined ? undefined : meanOf(m, rw);
  return mean?.of === x ? mean : undefined;
}

/** x where `value` is fn(x). */
function argumentOf(fn: "sqrt" | "reciprocal", value: string, rw: Rewrite): string | undefined {
  const node = rw.node(value);
  return node?.op === "unary" && node.attributes.activation.fn === fn ? node.inputs[0] : undefined;
}

/** x where `value` is 1 / x. */
function invertedOf(value: string, rw: Rewrite): string | undefined {
  const [one = "", x] = operandsOf("div", rw.node(value)) ?? [];
  const constant = rw.constant(one);
  if (constant && sizeOf(constant.shape) === 1 && constant.data[0] === 1) return x;
  return argumentOf("reciprocal", value, rw);
}

/** d and e where `node` is d / sqrt(e) or d * (1 / sqrt(e)). */
function overRootOf(node: Node, rw: Rewrite): [string, string] | undefined {
  const quotient = operandsOf("div", node);
  const [a = "", b = ""] = operandsOf("mul", node) ?? [];
  const [ofA, ofB] = [invertedOf(a, rw), invertedOf(b, rw)];
  const [d, root] = quotient ?? (ofB === undefined ? [b, ofA] : [a, ofB]);
  const e = root === undefined ? undefined : argumentOf("sqrt", root, rw);
  return d === undefined || e === undefined ? undefined : [d, e];
}

/** x and epsilon where `node` is (x - mean) / sqrt(variance + epsilon). */
function normalisedOf(node: Node, rw: Rewrite): (Along & { readonly epsilon: number }) | undefined {
  const [d = "", raised] = overRootOf(node, rw) ?? [];
  const sum = (raised === undefined ? undefined : operandsOf("add", rw.node(raised))) ?? [];
  const added = sum.map((name) => rw.constant(name)).find((constant) => constant !== undefined);
  const variance = sum.map((name) => meanOf(name, rw)).find((mean) => mean !== undefined);
  const [left = "", right] = operandsOf("mul", variance && rw.node(variance.of)) ?? [];
  const [x, squared] = [centredOf(d, rw), centredOf(left, rw)];
  const sameAxes = [squared, variance].every((other) => other?.axes.join() === x?.axes.join());
  if (!x || left !== right || squared?.of !== x.of || !sameAxes || !added || sizeOf(added.shape) !== 1)
    return undefined;
  // An epsilon of more axes than x gives the result its own.
  if (!sameShape(rw.shape(x.of), node.shape)) return undefined;
  const epsilon = added.data[0]!;
  return epsilon >= 0 ? { ...x, epsilon } : undefined;
}

/** The constant among the operands that has one element for each of `shape`, the last axes, and the other operand. */
function perElement(operands: readonly string[], shape: Shape, rw: Rewrite): [string, string] | undefined {
  for (const [i, name] of operands.entries()) {
    const own = rw.constant(name)?.shape;
    const fits = own && sizeOf(own) === sizeOf(shape) && sameShape(own.slice(-shape.length), shape);
    if (fits) return [name, operands[1 - i]!];
  }
  return undefined;
}

export const fuseLayerNorm: Pass = {
  name: "fuse-layer-norm",
  run(graph: Graph): Generator<undefined, Graph> {
    /** Nodes of this pass, which have a scale of ones until they are multiplied. */
    const unscaled = new Set<string>();
    return rewrite(graph, (node, rw) => {
      const found = normalisedOf(node, rw);
      if (found) return normalise(node, found, unscaled, rw);
      const scaled = operandsOf("mul", node);
      const shifted = operandsOf("add", node);
      const norm = (scaled ?? shifted)?.map((name) => rw.node(name)).find((before) => before?.op === "layerNorm");
      if (norm?.op !== "layerNorm" || rw.uses(norm.output) !== 1) return void rw.emit(node);
      const shape = norm.shape.slice(norm.attributes.axis);
      const [constant, other] = perElement(node.inputs, shape, rw) ?? [];
      const open = scaled ? unscaled.has(norm.output) && norm.inputs.length === 2 : norm.inputs.length === 2;
      if (constant === undefined || other !== norm.output || !open) return void rw.emit(node);
      const operand = rw.addConstant(`${constant}.row`, reshaped(rw.constant(constant)!, shape));
      const inputs = scaled ? [norm.inputs[0]!, operand] : [...norm.inputs, operand];
      rw.remove(norm.output);
      rw.emit({ ...norm, output: node.output, inputs, origin: mergeOrigins(norm, node) });
    });
  },
};

function normalise(
  node: Node,
  { of: x, axes, epsilon }: Along & { readonly epsilon: number },
  unscaled: Set<string>,
  rw: Rewrite,
): void {
  const rank = node.shape.length;
  const perm = [...node.shape.keys()].filter((axis) => !axes.includes(axis)).concat(axes);
  const inPlace = isIdentityPermutation(perm);
  const shape = permute(node.shape, perm);
  const transpose = (from: string, order: readonly number[], to: string): string => {
    const output = { output: to, inputs: [from], shape: permute(rw.shape(from), order) };
    return rw.emit({ op: "transpose", ...output, attributes: { perm: order }, origin: node.origin });
  };
  const axis = rank - axes.length;
  const row = shape.slice(axis);
  const ones = deferred({ shape: row }, () => new Float32Array(sizeOf(row)).fill(1));
  const norm: NodeFor<"layerNorm"> = {
    op: "layerNorm",
    output: inPlace ? node.output : rw.fresh(`${node.output}.last`),
    inputs: [inPlace ? x : transpose(x, perm, rw.fresh(`${x}.last`)), rw.addConstant(`${node.output}.ones`, ones)],
    attributes: { axis, epsilon },
    shape,
    origin: node.origin,
  };
  rw.emit(norm);
  if (inPlace) unscaled.add(norm.output);
  else transpose(norm.output, invert(perm), node.output);
}
