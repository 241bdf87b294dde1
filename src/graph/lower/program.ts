/** A lowered graph: plain data that can be printed, serialised and costed without a GPU. */
import { elemBytes, type Elem, type KernelPlan, type Packing } from "../../kernels/kernel";
import { packedBytes } from "../../kernels/packing-int8";
import type { GraphOutput, Shape } from "../ir";
import type { ElementRange } from "../op";

/** The resource of one binding of a step. */
export type Operand =
  | { readonly kind: "value"; readonly value: string; readonly range?: ElementRange }
  /** Index into Program.weights. */
  | { readonly kind: "weight"; readonly weight: number };

export interface Step {
  /** Key into the engine's `kernels`. */
  readonly kernel: string;
  readonly plan: KernelPlan;
  /** Operands by binding name, without the plan's unbound ones. */
  readonly operands: Readonly<Record<string, Operand>>;
  /** The value that this step writes, or of which it writes a part. */
  readonly output: string;
  readonly origin: readonly string[];
}

/** A constant in the layout that one kernel reads. */
export interface Weight {
  /** Name of the constant in the graph, or of the step that needs `data`. */
  readonly constant: string;
  /** Content that lowering computed; absent when the content is the graph's constant. */
  readonly data?: Float32Array;
  readonly packing: Packing;
}

/** The slot of a run-time value. Values share a slot when their lifetimes do not overlap. */
export interface Placement {
  readonly shape: Shape;
  readonly slot: number;
}

export interface Port {
  readonly name: string;
  readonly shape: Shape;
  /** The value that holds the input's or output's data. */
  readonly value: string;
  /** See GraphOutput. */
  readonly whole?: GraphOutput["whole"];
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
  /** Bytes of GPU memory while running: of the slots, and of the weights. */
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
