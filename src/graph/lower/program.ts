/** A lowered graph: plain data that can be printed, serialised and costed without a GPU. */
import { elemBytes, type Elem, type KernelPlan, type Packing } from "../../kernels/kernel";
import { packedBytes } from "../../kernels/packing-int8";
import type { Shape } from "../ir";

/** What a binding of a step refers to. */
export type Operand =
  | { readonly kind: "value"; readonly value: string }
  /** Index into Program.weights. */
  | { readonly kind: "weight"; readonly weight: number };

export interface Step {
  /** Key of the engine's kernels. */
  readonly kernel: string;
  readonly plan: KernelPlan;
  /** By binding name, without the plan's unbound ones. */
  readonly operands: Readonly<Record<string, Operand>>;
  /** The value this step makes, or makes a part of. */
  readonly output: string;
  readonly origin: readonly string[];
}

/** A constant in the layout one kernel wants. */
export interface Weight {
  /** Name of the constant in the graph, or of the step that needs `data`. */
  readonly constant: string;
  /** Content that lowering made; absent when it is the graph's constant. */
  readonly data?: Float32Array;
  readonly packing: Packing;
}

/** Where a runtime value lives. Several values share a slot when their lifetimes do not overlap. */
export interface Placement {
  readonly shape: Shape;
  readonly slot: number;
}

export interface Port {
  readonly name: string;
  readonly shape: Shape;
  /** The value that holds it. */
  readonly value: string;
}

export interface Program {
  readonly label: string;
  readonly elem: Elem;
  readonly inputs: readonly Port[];
  readonly outputs: readonly Port[];
  readonly steps: readonly Step[];
  readonly weights: readonly Weight[];
  readonly placements: ReadonlyMap<string, Placement>;
  /** Bytes of each slot; a slot is one GPU buffer. */
  readonly slots: readonly number[];
  /** Sums over all steps. */
  readonly flops: number;
  readonly bytes: number;
  /** Bytes of GPU memory while running: slots alone, and weights alone. */
  readonly activationBytes: number;
  readonly weightBytes: number;
}

/** Rounded up to 16 bytes, so that it can be bound as array<vec4>. */
function wholeVectors(bytes: number): number {
  return Math.max(16, Math.ceil(bytes / 16) * 16);
}

/** Bytes of a buffer for `count` elements. */
export function bufferBytes(count: number, elem: Elem): number {
  return wholeVectors(count * elemBytes(elem));
}

/** Bytes of a constant in the layout of a kernel. */
export function weightBytes(packing: Packing, elem: Elem): number {
  return wholeVectors(packedBytes(packing, elem));
}

/** Bytes a weight of `size` bytes takes in a shared buffer: bound offsets are multiples of 256. */
export function alignedWeightBytes(size: number): number {
  return Math.ceil(size / 256) * 256;
}
