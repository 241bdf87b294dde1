/** Output shapes from input shapes and attributes: the rules that verify() holds every graph to. */
import { GraphError } from "../errors";
import { broadcastShapes, sameShape, type Node, type NodeFor, type Pair, type Pads, type Shape } from "./ir";

const show = (shape: Shape): string => `[${shape.join(",")}]`;

function fail(node: Node, expected: string, received: string): never {
  throw new GraphError({ where: `node %${node.output} (${node.op})`, expected, received });
}

function expectRank(node: Node, shape: Shape, rank: number, what: string): void {
  if (shape.length !== rank) fail(node, `${what} of rank ${rank}`, show(shape));
}

function expectShape(node: Node, actual: Shape | undefined, expected: Shape, what: string): void {
  if (actual === undefined || !sameShape(actual, expected))
    fail(node, `${what} of shape ${show(expected)}`, actual === undefined ? "nothing" : show(actual));
}

/** Places of a window of `kernel` taps: floor((size + pads - dilation*(kernel-1) - 1) / stride) + 1. */
function windows(
  size: number,
  before: number,
  after: number,
  kernel: number,
  stride: number,
  dilation: number,
): number {
  return Math.floor((size + before + after - dilation * (kernel - 1) - 1) / stride) + 1;
}

function slidingShape(x: Shape, kernel: Pair, strides: Pair, pads: Pads, dilations: Pair): Pair {
  return [
    windows(x[1]!, pads[0], pads[2], kernel[0], strides[0], dilations[0]),
    windows(x[2]!, pads[1], pads[3], kernel[1], strides[1], dilations[1]),
  ];
}

function inferConv(node: NodeFor<"conv">, inputs: readonly Shape[]): Shape {
  const [x, weights, bias, residual] = inputs as [Shape, Shape, Shape, Shape?];
  const { strides, pads, dilations, groups, upsample = [1, 1], pool } = node.attributes;
  expectRank(node, x, 4, "x");
  expectRank(node, weights, 4, "weights");
  const [kh, kw, inner, oc] = weights as [number, number, number, number];
  if (inner * groups !== x[3] || oc % groups !== 0)
    fail(node, `weights [KH,KW,${x[3]}/${groups},OC]`, `weights ${show(weights)} for x ${show(x)}`);
  expectShape(node, bias, [oc], "bias");
  const enlarged = [x[0]!, x[1]! * upsample[0], x[2]! * upsample[1], x[3]!];
  const [height, width] = slidingShape(enlarged, [kh, kw], strides, pads, dilations);
  if (pool && inputs.length > 3) fail(node, "no residual before pooling", "one");
  const shape = pool ? [x[0]!, height >> 1, width >> 1, oc] : [x[0]!, height, width, oc];
  if (inputs.length > 3) expectShape(node, residual, shape, "residual");
  return shape;
}

function inferConvTranspose(node: NodeFor<"convTranspose">, inputs: readonly Shape[]): Shape {
  const [x, weights, bias] = inputs as [Shape, Shape, Shape];
  expectRank(node, x, 4, "x");
  expectRank(node, weights, 4, "weights");
  if (weights[3] !== x[3]) fail(node, `weights [KH,KW,OC/groups,${x[3]}]`, show(weights));
  const oc = weights[2]! * node.attributes.groups;
  expectShape(node, bias, [oc], "bias");
  return [x[0]!, node.shape[1]!, node.shape[2]!, oc];
}

function inferMatmul(node: NodeFor<"matmul">, inputs: readonly Shape[]): Shape {
  const [a, b, bias] = inputs as [Shape, Shape, Shape?];
  if (a.length < 2 || b.length < 2) fail(node, "operands of rank 2 or more", `${show(a)} and ${show(b)}`);
  if (a.at(-1) !== b.at(-2)) fail(node, `b [...,${a.at(-1)},N]`, show(b));
  if (b.length > 2 && !sameShape(a.slice(0, -2), b.slice(0, -2)))
    fail(node, "equal batch dimensions, or none in b", `${show(a)} and ${show(b)}`);
  if (inputs.length > 2) expectShape(node, bias, [b.at(-1)!], "bias");
  return [...a.slice(0, -1), b.at(-1)!];
}

function inferSlice(node: NodeFor<"slice">, x: Shape): Shape {
  const { starts, steps } = node.attributes;
  expectRank(node, node.shape, x.length, "a result");
  x.forEach((size, axis) => {
    const first = starts[axis]!;
    const last = first + (node.shape[axis]! - 1) * steps[axis]!;
    if (!(first >= 0 && first < size && last >= 0 && last < size))
      fail(node, `indices 0..${size - 1} on axis ${axis}`, `${first}..${last}`);
  });
  return node.shape;
}

function inferExpand(node: NodeFor<"expand">, x: Shape): Shape {
  if (x.length !== node.shape.length || !x.every((n, i) => n === 1 || n === node.shape[i]))
    fail(node, `an input that broadcasts to ${show(node.shape)}`, show(x));
  return node.shape;
}

function inferConcat(node: NodeFor<"concat">, inputs: readonly Shape[]): Shape {
  const { axis } = node.attributes;
  const first = inputs[0]!;
  for (const shape of inputs)
    if (shape.length !== first.length || !shape.every((n, i) => i === axis || n === first[i]))
      fail(node, `operands like ${show(first)} but for axis ${axis}`, show(shape));
  return first.map((n, i) => (i === axis ? inputs.reduce((sum, shape) => sum + shape[axis]!, 0) : n));
}

function inferReduce(node: NodeFor<"reduce">, x: Shape): Shape {
  const { axes, keepDims } = node.attributes;
  return keepDims ? x.map((n, i) => (axes.includes(i) ? 1 : n)) : x.filter((_, i) => !axes.includes(i));
}

function inferTranspose(node: NodeFor<"transpose">, x: Shape): Shape {
  const { perm } = node.attributes;
  if ([...perm].sort((a, b) => a - b).some((axis, i) => axis !== i) || perm.length !== x.length)
    fail(node, `a permutation of ${x.length} axes`, `[${perm.join(",")}]`);
  return perm.map((axis) => x[axis]!);
}

function inferReshape(node: NodeFor<"reshape">, x: Shape): Shape {
  const count = (shape: Shape): number => shape.reduce((product, n) => product * n, 1);
  if (count(x) !== count(node.shape)) fail(node, `${count(node.shape)} elements`, show(x));
  return node.shape;
}

function inferBlocks(node: NodeFor<"depthToSpace"> | NodeFor<"spaceToDepth">, x: Shape): Shape {
  expectRank(node, x, 4, "x");
  const { block } = node.attributes;
  const [n, h, w, c] = x as [number, number, number, number];
  if (node.op === "depthToSpace") return [n, h * block, w * block, c / (block * block)];
  return [n, h / block, w / block, c * block * block];
}

function inferNorm(node: NodeFor<"instanceNorm"> | NodeFor<"layerNorm">, inputs: readonly Shape[]): Shape {
  const x = inputs[0]!;
  if (node.op === "instanceNorm") expectRank(node, x, 4, "x");
  const expected = node.op === "instanceNorm" ? [x[3]!] : x.slice(node.attributes.axis);
  inputs.slice(1).forEach((shape) => expectShape(node, shape, expected, "scale and bias"));
  return x;
}

/** Least and greatest number of inputs of each op. */
function expectInputs(node: Node, count: number): void {
  const [least, most] = arity(node);
  if (count < least || count > most) fail(node, `${least} to ${most} inputs`, `${count}`);
}

function arity(node: Node): [number, number] {
  switch (node.op) {
    case "conv":
      return [3, 4];
    case "convTranspose":
    case "instanceNorm":
      return [3, 3];
    case "matmul":
    case "layerNorm":
      return [2, 3];
    case "binary":
      return [2, 2];
    case "concat":
      return [1, Infinity];
    default:
      return [1, 1];
  }
}

/**
 * The shape that `node` gives for inputs of these shapes. Where the node itself states the size (slice, expand,
 * reshape, resize, convTranspose) that statement is checked against the inputs. Throws GraphError when they do not fit.
 */
export function inferShape(node: Node, inputs: readonly Shape[]): Shape {
  expectInputs(node, inputs.length);
  const x = inputs[0]!;
  switch (node.op) {
    case "conv":
      return inferConv(node, inputs);
    case "convTranspose":
      return inferConvTranspose(node, inputs);
    case "matmul":
      return inferMatmul(node, inputs);
    case "pool": {
      expectRank(node, x, 4, "x");
      const { kernel, strides, pads, dilations } = node.attributes;
      return [x[0]!, ...slidingShape(x, kernel, strides, pads, dilations), x[3]!];
    }
    case "reduce":
      return inferReduce(node, x);
    case "unary":
    case "softmax":
      return x;
    case "binary":
      return (
        broadcastShapes(x, inputs[1]!) ?? fail(node, "operands that broadcast", `${show(x)} and ${show(inputs[1]!)}`)
      );
    case "concat":
      return inferConcat(node, inputs);
    case "slice":
      return inferSlice(node, x);
    case "pad":
      return x.map((n, i) => n + node.attributes.before[i]! + node.attributes.after[i]!);
    case "reshape":
      return inferReshape(node, x);
    case "transpose":
      return inferTranspose(node, x);
    case "expand":
      return inferExpand(node, x);
    case "gather":
      return x.map((n, i) => (i === node.attributes.axis ? node.attributes.indices.length : n));
    case "resize":
      expectRank(node, x, 4, "x");
      return [x[0]!, node.shape[1]!, node.shape[2]!, x[3]!];
    case "depthToSpace":
    case "spaceToDepth":
      return inferBlocks(node, x);
    case "instanceNorm":
    case "layerNorm":
      return inferNorm(node, inputs);
    default:
      return node satisfies never;
  }
}
