/** Reference of the IR's ops on tensors of any rank: obvious loops, summing in double precision. */
import type { BinaryFn, NodeFor, Shape } from "../../src/graph/ir";
import { activate } from "./activation";
import { broadcastAt, fill, flatOf, indexOf, stridesOf, type Tensor } from "./tensor";

type Operands = readonly (Tensor | undefined)[];

/** [...,M,K] x [...,K,N] (+ bias [N]); b without batch dimensions is used for every matrix of a. */
export function matmul(node: NodeFor<"matmul">, [a, b, bias]: Operands): Tensor {
  const K = a!.shape.at(-1)!;
  if (b!.shape.at(-2) !== K) throw new Error(`${node.output}: [${a!.shape}] x [${b!.shape}]`);
  const batched = b!.shape.length > 2;
  return fill(node.shape, (index) => {
    const batch = index.slice(0, -2);
    const [m, n] = index.slice(-2) as [number, number];
    const aRow = flatOf([...batch, m, 0], a!.shape);
    const bFirst = flatOf([...(batched ? batch : []), 0, n], b!.shape);
    const bStride = b!.shape.at(-1)!;
    let sum = bias === undefined ? 0 : bias.data[n]!;
    for (let k = 0; k < K; k++) sum += a!.data[aRow + k]! * b!.data[bFirst + k * bStride]!;
    return activate(node.attributes.activation, sum);
  });
}

/** mean, sum, max or min over `axes`. */
export function reduce(node: NodeFor<"reduce">, x: Tensor): Tensor {
  const { fn, axes, keepDims } = node.attributes;
  const kept = x.shape.map((n, axis) => (axes.includes(axis) ? 1 : n));
  const strides = stridesOf(kept);
  const size = kept.reduce((product, n) => product * n, 1);
  const start = fn === "max" ? -Infinity : fn === "min" ? Infinity : 0;
  const results = new Float64Array(size).fill(start);
  for (let flat = 0; flat < x.data.length; flat++) {
    const at = indexOf(flat, x.shape).reduce(
      (sum, i, axis) => (axes.includes(axis) ? sum : sum + i * strides[axis]!),
      0,
    );
    const value = x.data[flat]!;
    if (fn === "max") results[at] = Math.max(results[at]!, value);
    else if (fn === "min") results[at] = Math.min(results[at]!, value);
    else results[at] = results[at]! + value;
  }
  const count = x.data.length / size;
  const data = Float32Array.from(results, (value) => (fn === "mean" ? value / count : value));
  const shape = keepDims ? kept : x.shape.filter((_, axis) => !axes.includes(axis));
  return { shape, data };
}

export function combine(fn: BinaryFn, a: number, b: number): number {
  switch (fn) {
    case "add":
      return a + b;
    case "sub":
      return a - b;
    case "mul":
      return a * b;
    case "div":
      return a / b;
    case "pow":
      return a ** b;
    case "min":
      return Math.min(a, b);
    case "max":
      return Math.max(a, b);
    case "prelu":
      return a < 0 ? a * b : a;
    default:
      return fn satisfies never;
  }
}

export function binary(node: NodeFor<"binary">, [a, b]: Operands): Tensor {
  const { fn, activation } = node.attributes;
  return fill(node.shape, (index) => activate(activation, combine(fn, broadcastAt(a!, index), broadcastAt(b!, index))));
}

/** exp(x - max) / sum of exp(x - max) along one axis. */
export function softmax(node: NodeFor<"softmax">, x: Tensor): Tensor {
  const { axis } = node.attributes;
  const size = x.shape[axis]!;
  const stride = stridesOf(x.shape)[axis]!;
  const data = new Float32Array(x.data.length);
  for (let first = 0; first < data.length; first++) {
    if (Math.floor(first / stride) % size !== 0) continue;
    const row = Array.from({ length: size }, (_, i) => x.data[first + i * stride]!);
    const max = Math.max(...row);
    const sum = row.reduce((total, value) => total + Math.exp(value - max), 0);
    row.forEach((value, i) => (data[first + i * stride] = Math.exp(value - max) / sum));
  }
  return { shape: node.shape, data };
}

export function concat(node: NodeFor<"concat">, parts: Operands): Tensor {
  const { axis } = node.attributes;
  return fill(node.shape, (index) => {
    const inside = [...index];
    for (const part of parts) {
      if (inside[axis]! < part!.shape[axis]!) return part!.data[flatOf(inside, part!.shape)]!;
      inside[axis] = inside[axis]! - part!.shape[axis]!;
    }
    throw new Error(`${node.output}: the parts do not fill [${node.shape}]`);
  });
}

/** The tensor whose element at `index` is x at `source(index)`. */
function rearrange(shape: Shape, x: Tensor, source: (index: number[]) => number[]): Tensor {
  return fill(shape, (index) => {
    const at = source(index);
    if (at.some((i, axis) => !(i >= 0 && i < x.shape[axis]!))) throw new Error(`[${at}] is outside [${x.shape}]`);
    return x.data[flatOf(at, x.shape)]!;
  });
}

export function slice(node: NodeFor<"slice">, x: Tensor): Tensor {
  const { starts, steps } = node.attributes;
  return rearrange(node.shape, x, (index) => index.map((i, axis) => starts[axis]! + i * steps[axis]!));
}

export function pad(node: NodeFor<"pad">, x: Tensor): Tensor {
  const { mode, before, value } = node.attributes;
  return fill(node.shape, (index) => {
    const at = index.map((i, axis) => i - before[axis]!);
    const outside = at.some((i, axis) => i < 0 || i >= x.shape[axis]!);
    if (outside && mode === "constant") return value;
    const inside = at.map((i, axis) => {
      const last = x.shape[axis]! - 1;
      if (mode === "edge") return Math.min(last, Math.max(0, i));
      return i < 0 ? -i : i > last ? 2 * last - i : i;
    });
    return x.data[flatOf(inside, x.shape)]!;
  });
}

/** Output axis i is input axis perm[i]. */
export function transpose(node: NodeFor<"transpose">, x: Tensor): Tensor {
  const { perm } = node.attributes;
  return rearrange(node.shape, x, (index) => perm.map((_, axis) => index[perm.indexOf(axis)]!));
}

export function expand(node: NodeFor<"expand">, x: Tensor): Tensor {
  return fill(node.shape, (index) => broadcastAt(x, index));
}

export function gather(node: NodeFor<"gather">, x: Tensor): Tensor {
  const { axis, indices } = node.attributes;
  return rearrange(node.shape, x, (index) => index.map((i, a) => (a === axis ? indices[i]! : i)));
}

/** (x - mean) / sqrt(variance + epsilon) * scale + bias over all axes from `axis` on. */
export function layerNorm(node: NodeFor<"layerNorm">, [x, scale, bias]: Operands): Tensor {
  const { axis, epsilon } = node.attributes;
  const size = x!.shape.slice(axis).reduce((product, n) => product * n, 1);
  const data = new Float32Array(x!.data.length);
  for (let first = 0; first < data.length; first += size) {
    const row = x!.data.subarray(first, first + size);
    const mean = row.reduce((sum, value) => sum + value, 0) / size;
    const variance = row.reduce((sum, value) => sum + (value - mean) ** 2, 0) / size;
    row.forEach((value, i) => {
      data[first + i] = ((value - mean) / Math.sqrt(variance + epsilon)) * scale!.data[i]! + (bias?.data[i] ?? 0);
    });
  }
  return { shape: node.shape, data };
}
