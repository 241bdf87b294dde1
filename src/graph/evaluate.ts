/** Evaluates single nodes on constants, for passes. Heavy ops (convolutions, pooling, ...) are left to the device. */
import { deferred } from "./constants/deferred";
import { scalarActivation, scalarBinary } from "./constants/scalar";
import { sizeOf, stridesOf, type Constant, type Node, type NodeFor, type Shape } from "./ir";
import { gatherStrided, transposeConstant } from "./constants/strided";

/** The constant repeated to `shape` by NumPy's rules. */
export function broadcastConstant({ shape, data }: Constant, target: Shape): Constant {
  const own = stridesOf(shape);
  const strides = target.map((_, i) => {
    const axis = i - target.length + shape.length;
    return axis < 0 || shape[axis] === 1 ? 0 : own[axis]!;
  });
  return { shape: target, data: gatherStrided(data, target, strides) };
}

function concat(node: NodeFor<"concat">, inputs: readonly Constant[]): Float32Array {
  const { axis } = node.attributes;
  const out = new Float32Array(sizeOf(node.shape));
  const blocks = sizeOf(node.shape.slice(0, axis));
  let at = 0;
  for (let block = 0; block < blocks; block++)
    for (const { shape, data } of inputs) {
      const length = sizeOf(shape.slice(axis));
      out.set(data.subarray(block * length, (block + 1) * length), at);
      at += length;
    }
  return out;
}

function slice(node: NodeFor<"slice">, { shape, data }: Constant): Float32Array {
  const strides = stridesOf(shape);
  const { starts, steps } = node.attributes;
  const offset = starts.reduce((sum, start, axis) => sum + start * strides[axis]!, 0);
  return gatherStrided(
    data,
    node.shape,
    strides.map((stride, axis) => stride * steps[axis]!),
    offset,
  );
}

function binary(node: NodeFor<"binary">, a: Constant, b: Constant): Float32Array {
  const left = broadcastConstant(a, node.shape).data;
  const right = broadcastConstant(b, node.shape).data;
  const fn = scalarBinary(node.attributes.fn);
  const activate = scalarActivation(node.attributes.activation);
  return left.map((value, i) => activate(fn(value, right[i]!)));
}

function gather(node: NodeFor<"gather">, { shape, data }: Constant): Float32Array {
  const { axis, indices } = node.attributes;
  const out = new Float32Array(sizeOf(node.shape));
  const inner = sizeOf(shape.slice(axis + 1));
  const outer = sizeOf(shape.slice(0, axis));
  for (let o = 0; o < outer; o++)
    indices.forEach((index, i) => {
      const from = (o * shape[axis]! + index) * inner;
      out.set(data.subarray(from, from + inner), (o * indices.length + i) * inner);
    });
  return out;
}

/** [...,M,K] x [K,N] + [N], summed in double precision; null for batches in b. */
function matmul(node: NodeFor<"matmul">, a: Constant, b: Constant, bias?: Constant): Constant | null {
  if (b.shape.length !== 2) return null;
  const [depth, columns] = b.shape as [number, number];
  const activate = scalarActivation(node.attributes.activation);
  const data = Float32Array.from({ length: sizeOf(node.shape) }, (_, i) => {
    const column = i % columns;
    const row = (i - column) / columns;
    let sum = bias?.data[column] ?? 0;
    for (let k = 0; k < depth; k++) sum += a.data[row * depth + k]! * b.data[k * columns + column]!;
    return activate(sum);
  });
  return { shape: node.shape, data };
}

function reduce(node: NodeFor<"reduce">, x: Constant): Float32Array {
  const { fn, axes } = node.attributes;
  const rank = x.shape.length;
  const kept = Array.from({ length: rank }, (_, i) => i).filter((axis) => !axes.includes(axis));
  const rows = transposeConstant(x, [...kept, ...axes]).data;
  const length = axes.reduce((product, axis) => product * x.shape[axis]!, 1);
  return Float32Array.from({ length: rows.length / length }, (_, row) => {
    const values = rows.subarray(row * length, (row + 1) * length);
    if (fn === "max" || fn === "min") return values.reduce((a, b) => Math[fn](a, b));
    let sum = 0; // in double precision
    for (const value of values) sum += value;
    return fn === "mean" ? sum / length : sum;
  });
}

/** The node's value for constant inputs, or null for an op that is not evaluated here. */
export function evaluate(node: Node, inputs: readonly Constant[]): Constant | null {
  const x = inputs[0]!;
  const { shape } = node;
  switch (node.op) {
    case "unary":
      return { shape, data: x.data.map(scalarActivation(node.attributes.activation)) };
    case "binary":
      return { shape, data: binary(node, x, inputs[1]!) };
    case "reshape":
      return deferred({ shape, key: x.key }, () => x.data);
    case "transpose":
      return transposeConstant(x, node.attributes.perm);
    case "expand":
      return broadcastConstant(x, shape);
    case "concat":
      return { shape, data: concat(node, inputs) };
    case "slice":
      return { shape, data: slice(node, x) };
    case "gather":
      return { shape, data: gather(node, x) };
    case "reduce":
      return { shape, data: reduce(node, x) };
    case "matmul":
      return matmul(node, x, inputs[1]!, inputs[2]);
    case "conv":
    case "convTranspose":
    case "pool":
    case "softmax":
    case "pad":
    case "resize":
    case "depthToSpace":
    case "spaceToDepth":
    case "instanceNorm":
    case "layerNorm":
      return null;
    default:
      return node satisfies never;
  }
}
