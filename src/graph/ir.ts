/**
 * The graph between import and lowering.
 *
 * - Every runtime value is a float tensor, row-major in its stated shape. Whether it is stored as
 *   f32 or f16 is decided at lowering. Integer and boolean arithmetic (shapes, indices) is folded away at import.
 * - Spatial ops (conv, convTranspose, pool, resize, depthToSpace, spaceToDepth, instanceNorm) take and
 *   give NHWC. Import puts `transpose` nodes around them for NCHW models; a pass cancels these.
 * - A node has one output and is identified by its name. `origin` lists the ONNX nodes it came from.
 * - Nodes are in topological order.
 */
import type { Pair } from "../base/pair";

export type { Pair };
export { sizeOf } from "../base/strides";

export type Shape = readonly number[];

/** An elementwise function of one argument, also used as the epilogue of other ops. */
export type Activation =
  | {
      readonly fn:
        | "identity"
        | "relu"
        | "sigmoid"
        | "tanh"
        | "sqrt"
        | "exp"
        | "abs"
        | "neg"
        | "erf"
        | "gelu"
        | "geluTanh"
        | "log"
        | "reciprocal"
        | "floor"
        | "ceil"
        | "softplus";
    }
  | { readonly fn: "leakyRelu"; readonly alpha: number }
  | { readonly fn: "elu"; readonly alpha: number }
  | { readonly fn: "hardSigmoid"; readonly alpha: number; readonly beta: number }
  | { readonly fn: "clip"; readonly min: number; readonly max: number };

export type BinaryFn =
  "add" | "sub" | "mul" | "div" | "pow" | "min" | "max" | "prelu" | "less" | "lessOrEqual" | "equal" | "mask";

/** [top, left, bottom, right], in pixels. Never negative. */
export type Pads = readonly [number, number, number, number];

/**
 * Attributes of each op, by name. Every file of ops/ adds its row (`declare module "../ir"`, where the names of this file are known), so Node
 * is the union of the ops that exist, and the type Ops of op.ts names those that an engine lacks.
 */
export interface OpAttributes {}

export type OpName = keyof OpAttributes;

interface NodeOf<K extends OpName> {
  readonly op: K;
  /** The name of the one value that this node computes. */
  readonly output: string;
  /** Names of values: graph inputs, constants or other nodes' outputs. */
  readonly inputs: readonly string[];
  readonly attributes: Readonly<OpAttributes[K]>;
  /** Shape of the output. */
  readonly shape: Shape;
  /** Names of the ONNX nodes this came from. */
  readonly origin: readonly string[];
}

/** A discriminated union over `op`. */
export type Node = { [K in OpName]: NodeOf<K> }[OpName];
export type NodeFor<K extends OpName> = NodeOf<K>;

/** Integers times a scale per index of the last axis: data[i] * scales[i % scales.length]. */
export interface Int8Values {
  /** Row-major. May be deferred, that is computed when read. */
  readonly data: Int8Array;
  readonly scales: Float32Array;
}

export interface Constant {
  readonly shape: Shape;
  /** Row-major; length = product of shape. Never written to. May be computed when read: see constants/deferred.ts. */
  readonly data: Float32Array;
  /** Identifies the content without reading it: within one model, equal keys mean equal data. */
  readonly key?: string | undefined;
  /** The same numbers up to rounding as 8-bit integers, where the model stores them so. */
  readonly int8?: Int8Values | undefined;
}

export interface GraphInput {
  readonly name: string;
  readonly shape: Shape;
}

export interface GraphOutput {
  readonly name: string;
  /** The value that it refers to. */
  readonly value: string;
  /** Its elements, where they are whole numbers that are known at load: as a float tensor they may be rounded. */
  readonly whole?: { readonly data: ArrayLike<number> };
}

/** Immutable; a pass returns a new one. */
export interface Graph {
  /** A label for messages. */
  readonly label: string;
  readonly inputs: readonly GraphInput[];
  readonly outputs: readonly GraphOutput[];
  readonly constants: ReadonlyMap<string, Constant>;
  readonly nodes: readonly Node[];
}

export const IDENTITY: Activation = { fn: "identity" };

export function sameShape(a: Shape, b: Shape): boolean {
  return a.length === b.length && a.every((n, i) => n === b[i]);
}

/** The shape that two shapes broadcast to by NumPy's rules, or null where they do not. */
export function broadcastShapes(a: Shape, b: Shape): Shape | null {
  const rank = Math.max(a.length, b.length);
  const shape: number[] = [];
  for (let i = 0; i < rank; i++) {
    const m = a[i - rank + a.length] ?? 1;
    const n = b[i - rank + b.length] ?? 1;
    if (m !== n && m !== 1 && n !== 1) return null;
    shape.push(m === 1 ? n : m);
  }
  return shape;
}
