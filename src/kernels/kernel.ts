/** The interface of a kernel: one shader file, its bindings, and a pure plan() from parameters to plain data. */

import type { WinogradWeights } from "./conv/winograd-weights";

/** Storage type of activations and weights. Sums are f32. */
export type Elem = "f32" | "f16";

/**
 * How a binding is used. "read"/"write": storage buffers; "texture": texture_2d<f32> read with textureLoad;
 * "storage-texture": rgba8unorm written with textureStore.
 */
export type Access = "read" | "write" | "texture" | "storage-texture";

/**
 * Values for the shader's `const` and `alias` lines of the same name. An array needs a line with an explicit type:
 * `const DIMS: array<u32, 6> = ...;`.
 */
export type Constants = Readonly<Record<string, number | boolean | string | readonly number[]>>;

/**
 * Layouts of constant operands, as plain data; packing.ts executes them.
 * - pad: row-major elements, zero-padded to `length`.
 * - conv2d: weights [taps, inChannels, outChannels] with the output channels of each group in blocks of `block`:
 *   [groups * ceil(outChannels/groups/block)][taps][inChannels rounded up to `inBlock`][block], zero-padded.
 *   `inChannels` are those of one group, `outChannels` those of all. With `sums`, tap i is the sum of the given taps sums[i].
 *   With `parts`, weights are [taps, parts * inChannels, outChannels], and each part is packed by itself: [groups * parts *
 *   ceil(outChannels/groups/block)] and so on.
 * - winograd: weights [kernel, kernel, inChannels, outChannels] transformed by winograd-weights.ts; then each of the
 *   points * points matrices [inChannels, columns] is laid out as `product` says.
 */
export type Packing =
  | { readonly layout: "pad"; readonly length: number }
  | ConvPacking
  | ({ readonly layout: "winograd"; readonly product: ConvPacking } & WinogradWeights);

export interface ConvPacking {
  readonly layout: "conv2d";
  readonly taps: number;
  readonly inChannels: number;
  readonly outChannels: number;
  /** Default 1. */
  readonly groups?: number;
  /** Default: the storage type of activations. */
  readonly elem?: Elem;
  /** Integers of 8 bits times a scale per output channel: see packing-int8.ts. Default: as elements. */
  readonly int8?: boolean;
  readonly block: number;
  readonly inBlock: number;
  readonly sums?: readonly (readonly number[])[];
  /** Default 1. */
  readonly parts?: number;
}

export interface KernelPlan {
  /** Set into the shader's `const NAME: type = value;` and `alias NAME = value;` lines; unknown names throw. */
  readonly constants: Constants;
  /**
   * Values given at run time, by the name of a `const` line. These lines become fields of a uniform struct at the binding
   * after the last of `bindings`, so variants that differ only in them share one pipeline. They must be u32, i32 or f32,
   * and the shader may not use them where WGSL needs a constant (array sizes, workgroup sizes). A name may not be in
   * both `runtime` and `constants`.
   */
  readonly runtime?: Readonly<Record<string, number>>;
  /** Values of the shader's `#if NAME` lines. Every name that the shader uses must have one. */
  readonly flags?: Readonly<Record<string, boolean>>;
  /** Workgroups along x, y, z; each at most 65,535. */
  readonly grid: readonly [number, number, number];
  /** 2 x multiply-accumulates, or 1 per elementwise operation. */
  readonly flops: number;
  /** Bytes read + written, each buffer once. */
  readonly bytes: number;
  /** Layouts of constant operands, by binding; default: row-major as in the graph. See packing.ts. */
  readonly packing?: Readonly<Record<string, Packing>>;
  /** Bindings this variant leaves out (their declaration is inside an `#if`). */
  readonly unbound?: readonly string[];
}

export interface Kernel<P> {
  /** Path of the shader file below shaders/, without extension. */
  readonly name: string;
  /** The shader's text with its includes (import of `shaders/NAME.wgsl?raw`). */
  readonly wgsl: string;
  /** Access by the name of the shader's variable, in the order of @binding(i) of group 0. */
  readonly bindings: Readonly<Record<string, Access>>;
  /** Pure: same parameters, same plan. Throws KernelError for unsupported parameters. */
  plan(params: P): KernelPlan;
}

/** A kernel without its parameters, which only plan() needs. */
export type AnyKernel = Omit<Kernel<never>, "plan">;

/** Invocations of a 1-D workgroup in elementwise kernels. */
const WORKGROUP_SIZE = 64;
/** WebGPU's default limit of workgroups per dimension. */
export const MAX_WORKGROUPS = 65_535;

/**
 * A grid for `count` invocations in workgroups of `size`. Past 65,535 workgroups it wraps into y. Shaders recover the index
 * with lib/linear.wgsl, which skips invocations past COUNT.
 */
export function linearGrid(count: number, size: number = WORKGROUP_SIZE): [number, number, number] {
  const groups = Math.max(1, Math.ceil(count / size));
  if (groups <= MAX_WORKGROUPS) return [groups, 1, 1];
  const y = Math.ceil(groups / MAX_WORKGROUPS);
  return [Math.ceil(groups / y), y, 1];
}

/** Bytes of one stored element. */
export function elemBytes(elem: Elem): number {
  return elem === "f16" ? 2 : 4;
}
