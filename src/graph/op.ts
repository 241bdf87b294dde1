/** What the compiler knows of an op: one OpDefinition in each file of ops/. */
import type { ConvPlan } from "../kernels/conv/algorithm";
import type { Conv2dParams } from "../kernels/conv/params";
import type { AnyKernel, Elem, KernelPlan } from "../kernels/kernel";
import type { Elements, NumberArray } from "./constants/elements";
import type { Node, NodeFor, OpName, Shape } from "./ir";
import { fail } from "./op-tools";
import type { Permutation } from "./permutation";

/** One for each input of a node; every op has at least one. */
export type Inputs<T> = readonly [T, ...T[]];

export interface OpDefinition<K extends OpName> {
  /** Least and greatest number of inputs. */
  readonly arity: readonly [number, number];
  /** Kernels that lower() names, by those names. */
  readonly kernels: Readonly<Record<string, AnyKernel>>;
  /**
   * The output's shape. An op whose attributes leave it open checks the one that the node states, and returns that. Throws GraphError
   * where inputs and attributes do not fit.
   */
  shape(node: NodeFor<K>, inputs: Inputs<Shape>): Shape;
  /** 2 x multiply-accumulates of convolutions and matrix products; one per tap or element of others; 0 for data movement. */
  flops(node: NodeFor<K>, inputs: Inputs<Shape>): number;
  /**
   * The value for constant inputs, in their number type: whole numbers stay whole. Large results are deferred. Absent where the work is
   * the GPU's.
   */
  evaluate?<T extends NumberArray>(node: NodeFor<K>, inputs: Inputs<Elements<T>>): Elements<T>;
  /**
   * Moves the node above a transpose: for inputs x = transpose(x', perm) gives the node on the x' and the permutation that its result still
   * needs: node(x...) = transpose(result.node(x'...), result.perm). Absent where the order of axes matters.
   */
  permute?(node: NodeFor<K>, perm: Permutation): { readonly node: NodeFor<K>; readonly perm: Permutation };
  /** Whether the first input may lie among the channels of a wider value; see channel-slices.ts. Default: no. */
  readsChannels?(node: NodeFor<K>): boolean;
  /** Whether the output may be written among the channels of a wider value. Default: no. */
  writesChannels?(node: NodeFor<K>): boolean;
  /** Adds the dispatches that compute the node. */
  lower(b: Lowering, node: NodeFor<K>): void;
}

/** A definition for every op: the compiler names what is missing. */
export type Ops = { readonly [K in OpName]: OpDefinition<K> };

export function definitionOf<K extends OpName>(ops: Ops, node: NodeFor<K>): OpDefinition<K> {
  return ops[node.op];
}

/** Where a value lies among the channels of a wider one. */
export interface ChannelSlice {
  /** The value with the buffer. */
  readonly output: string;
  /** First channel, and channels of that value in all. */
  readonly first: number;
  readonly channels: number;
}

/** What an op's lower() works with; values are named as in the graph. */
export interface Lowering {
  /** Storage type of activations. */
  readonly elem: Elem;
  /** Shape of an input, constant, node output or temporary. */
  shape(value: string): Shape;
  isConstant(value: string): boolean;
  /** Whether the constant has values of 8 bits. */
  hasInt8(value: string): boolean;
  /** Undefined where the value has a buffer of its own. */
  sliceOf(value: string): ChannelSlice | undefined;
  /** The dispatches of a convolution, by the algorithm chosen for it. */
  planConvolution(params: Conv2dParams): ConvPlan;
  /** `value` is another view of `source`'s elements. */
  alias(value: string, source: string): void;
  /** A value between the steps of one node. */
  temporary(output: string, shape: Shape): string;
  /**
   * Adds a dispatch for `node`. `inputs` are values or constants by binding; the plan's `packing` applies to constants.
   *
   * @param output Default: the node's.
   */
  step(node: Node, kernel: string, plan: KernelPlan, inputs: Readonly<Record<string, string>>, output?: string): void;
  /** step() with one more operand whose content lowering made. */
  stepWithData(
    node: Node,
    kernel: string,
    plan: KernelPlan,
    inputs: Readonly<Record<string, string>>,
    data: { readonly binding: string; readonly values: Float32Array },
  ): void;
}

/** The shape that the node has for inputs of these shapes. Throws GraphError when they do not fit. */
export function inferShape(ops: Ops, node: Node, inputs: readonly Shape[]): Shape {
  const definition = definitionOf(ops, node);
  const [least, most] = definition.arity;
  if (inputs.length < least || inputs.length > most) fail(node, `${least} to ${most} inputs`, `${inputs.length}`);
  return definition.shape(node, inputs as Inputs<Shape>);
}

/** The node's value for constant inputs; undefined where its op is not evaluated. */
export function evaluate<T extends NumberArray>(
  ops: Ops,
  node: Node,
  inputs: readonly Elements<T>[],
): Elements<T> | undefined {
  return definitionOf(ops, node).evaluate?.(node, inputs as Inputs<Elements<T>>);
}

/** Kernels of all ops, by the names that steps have. */
export function kernelsOf(ops: Ops): Record<string, AnyKernel> {
  return Object.assign({}, ...Object.values(ops).map(({ kernels }) => kernels)) as Record<string, AnyKernel>;
}
