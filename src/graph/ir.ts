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

export type BinaryFn = "add" | "sub" | "mul" | "div" | "pow" | "min" | "max" | "prelu";

/** [top, left, bottom, right], in pixels. Never negative. */
export type Pads = readonly [number, number, number, number];

export type CoordinateMode =
  "half_pixel" | "pytorch_half_pixel" | "asymmetric" | "align_corners" | "half_pixel_symmetric";
export type NearestMode = "round_prefer_floor" | "round_prefer_ceil" | "floor" | "ceil";

/** Attributes of each op. One row per op, so that the compiler names every switch to extend. */
export interface OpAttributes {
  /** inputs: x [N,H,W,C], weights [KH,KW,C/groups,OC], bias [OC], residual? [N,OH,OW,OC].
   *  out = activation(conv(x, weights) + bias + residual). bias may be a runtime value. With upsample, every pixel of x
   *  counts that often along both axes. With pool (then no residual), out keeps the largest of each whole 2x2 window. */
  conv: {
    strides: Pair;
    pads: Pads;
    dilations: Pair;
    groups: number;
    activation: Activation;
    upsample?: Pair;
    pool?: true;
  };
  /** inputs: x [N,H,W,C], weights [KH,KW,OC/groups,C], bias [OC]. Output size is in the node's shape. */
  convTranspose: { strides: Pair; pads: Pads; dilations: Pair; groups: number; activation: Activation };
  /** inputs: a [...,M,K], b [...,K,N] (batch dimensions equal, or b has none), bias? [N]. */
  matmul: { activation: Activation };
  /** inputs: x [N,H,W,C]. Average with countIncludePad=false divides by the taps inside the picture. */
  pool: { kind: "max" | "average"; kernel: Pair; strides: Pair; pads: Pads; dilations: Pair; countIncludePad: boolean };
  /** Over `axes` (sorted, non-negative). Reduced axes stay as size 1 when keepDims. */
  reduce: { fn: "mean" | "sum" | "max" | "min"; axes: readonly number[]; keepDims: boolean };
  unary: { activation: Activation };
  /** NumPy broadcasting; out = activation(a fn b). prelu: a < 0 ? a*b : a. */
  binary: { fn: BinaryFn; activation: Activation };
  softmax: { axis: number };
  concat: { axis: number };
  /** out[i] = x[starts + i*steps] on every axis; steps may be negative. Output size is in the node's shape. */
  slice: { starts: readonly number[]; steps: readonly number[] };
  /** `before` and `after` per axis; never negative (import turns negative pads into slices). */
  pad: { mode: "constant" | "reflect" | "edge"; before: readonly number[]; after: readonly number[]; value: number };
  /** Same elements, another shape: costs nothing. */
  reshape: Record<string, never>;
  transpose: { perm: readonly number[] };
  /** Broadcast to the node's shape (same rank as the input). */
  expand: Record<string, never>;
  /** inputs: x. Indices are constant, non-negative and flat; output axis size = indices.length. */
  gather: { axis: number; indices: readonly number[] };
  /** inputs: x [N,H,W,C]; spatial axes only. `scales` as ONNX uses them in the coordinate formula. */
  resize: { mode: "nearest" | "linear"; coordinates: CoordinateMode; nearest: NearestMode; scales: Pair };
  /** NHWC; mode as in ONNX: how a channel index splits into (block row, block column, channel). */
  depthToSpace: { block: number; mode: "DCR" | "CRD" };
  spaceToDepth: { block: number };
  /** inputs: x [N,H,W,C], scale [C], bias [C]. */
  instanceNorm: { epsilon: number };
  /** inputs: x, scale, bias?; normalises over axes >= axis. scale/bias have x's trailing shape. */
  layerNorm: { axis: number; epsilon: number };
}

export type OpName = keyof OpAttributes;

interface NodeOf<K extends OpName> {
  readonly op: K;
  /** The name of the one value this node makes. */
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
  /** Row-major. May be computed when it is read. */
  readonly data: Int8Array;
  readonly scales: Float32Array;
}

export interface Constant {
  readonly shape: Shape;
  /** Row-major; length = product of shape. Never written to. May be computed when it is read: see deferred.ts. */
  readonly data: Float32Array;
  /** Stands for the content where it is known without reading it: within one model, equal keys mean equal data. */
  readonly key?: string | undefined;
  /** The same numbers but for rounding, where the model has them so. */
  readonly int8?: Int8Values | undefined;
}

export interface GraphInput {
  readonly name: string;
  readonly shape: Shape;
}

/** Immutable; a pass returns a new one. */
export interface Graph {
  /** A label for messages. */
  readonly label: string;
  readonly inputs: readonly GraphInput[];
  /** Public output name -> value name, with the shape that the model promises. */
  readonly outputs: readonly { readonly name: string; readonly value: string }[];
  readonly constants: ReadonlyMap<string, Constant>;
  readonly nodes: readonly Node[];
}

/** A pure function from graph to graph; the driver verifies its result. */
export interface Pass {
  readonly name: string;
  run(graph: Graph): Graph;
}

export const IDENTITY: Activation = { fn: "identity" };

/** Number of elements. */
export function sizeOf(shape: Shape): number {
  return shape.reduce((product, n) => product * n, 1);
}

export function sameShape(a: Shape, b: Shape): boolean {
  return a.length === b.length && a.every((n, i) => n === b[i]);
}

/** Distance between neighbours on each axis of a row-major tensor. */
export function stridesOf(shape: Shape): number[] {
  const strides = new Array<number>(shape.length).fill(1);
  for (let i = shape.length - 2; i >= 0; i--) strides[i] = strides[i + 1]! * shape[i + 1]!;
  return strides;
}

/** NumPy broadcasting of two shapes, or null where they do not go together. */
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
