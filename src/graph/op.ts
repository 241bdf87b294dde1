/** The compiler's definition of an op: one OpDefinition in each file of ops/. */
import type { ConvPlan } from "../kernels/conv/algorithm";
import type { Conv2dParams } from "../kernels/conv/params";
import type { AnyKernel, Elem, KernelPlan } from "../kernels/kernel";
import type { Elements, NumberArray } from "./constants/elements";
import type { Node, NodeFor, OpName, Shape } from "./ir";
import { fail } from "./op-tools";
import type { Permutation } from "./permutation";

/** One T per input of a node; every op has at least one input. */
export type Inputs<T> = readonly [T, ...T[]];

export interface OpDefinition<K extends OpName> {
  /** Least and greatest number of inputs. */
  readonly arity: readonly [number, number];
  /** Kernels by the names that lower() uses. */
  readonly kernels: Readonly<Record<string, AnyKernel>>;
  /**
   * The output's shape. An op whose attributes do not determine the shape checks the node's stated shape and returns it. Throws
   * GraphError where inputs and attributes do not fit.
   */
  shape(node: NodeFor<K>, inputs: Inputs<Shape>): Shape;
  /** 2 x multiply-accumulates for convolutions and matrix products; one per tap or element for other ops; 0 for data movement. */
  flops(node: NodeFor<K>, inputs: Inputs<Shape>): number;
  /**
   * The value for constant inputs, in their number type: integers stay integers. It is computed when it is read, in parts by computing().
   * Ops without it always run on the GPU, and nodes for which it returns undefined.
   */
  evaluate?<T extends NumberArray>(node: NodeFor<K>, inputs: Inputs<Elements<T>>): Elements<T> | undefined;
  /**
   * Moves the node above a transpose: for inputs x = transpose(x', perm), returns the node on the x' and the permutation that its result
   * still needs: node(x...) = transpose(result.node(x'...), result.perm). Absent where the op depends on the order of axes.
   */
  permute?(node: NodeFor<K>, perm: Permutation): { readonly node: NodeFor<K>; readonly perm: Permutation };
  /** Whether the first input may be channels of a wider value's buffer; see channel-slices.ts. Default: no. */
  readsChannels?(node: NodeFor<K>): boolean;
  /** Whether the output may be channels of a wider value's buffer. Default: no. */
  writesChannels?(node: NodeFor<K>): boolean;
  /** Adds the dispatches that compute the node. A generator where they are one for each input: it yields after each. */
  lower(b: Lowering, node: NodeFor<K>): void | Generator<undefined, void>;
}

/** A definition for every op; TypeScript reports a missing one. */
export type Ops = { readonly [K in OpName]: OpDefinition<K> };

export function definitionOf<K extends OpName>(ops: Ops, node: NodeFor<K>): OpDefinition<K> {
  return ops[node.op];
}

/** A value's position among the channels of a wider value. */
export interface BufferSlice {
  /** The value with the buffer. */
  readonly output: string;
  /** First channel, and number of channels of the wider value. */
  readonly first: number;
  readonly channels: number;
}

/** Neighbouring elements of a value. */
export interface ElementRange {
  readonly first: number;
  readonly count: number;
}

/** Operations for an op's lower(). Values are named as in the graph. */
export interface Lowering {
  /** Storage type of activations. */
  readonly elem: Elem;
  /** Most bytes of a value that one dispatch can bind. */
  readonly bindingBytes: number;
  /** Shape of an input, constant, node output or temporary. */
  shape(value: string): Shape;
  isConstant(value: string): boolean;
  /** Whether the constant has values of 8 bits. */
  hasInt8(value: string): boolean;
  /** The value's slice of a wider buffer; undefined where the value has its own buffer. */
  sliceOf(value: string): BufferSlice | undefined;
  /** The dispatches of a convolution, by the algorithm chosen for it. */
  planConvolution(params: Conv2dParams): ConvPlan;
  /** Makes `value` share `source`'s buffer. */
  alias(value: string, source: string): void;
  /** Adds an intermediate value between the steps of one node and returns its name. */
  temporary(output: string, shape: Shape): string;
  /**
   * Adds a dispatch for `node`. `inputs` are values or constants by binding; the plan's `packing` applies to constants.
   *
   * @param output Default: the node's.
   * @param ranges The elements that the dispatch binds of its operands, by binding; default: all. They start at multiples of 256 bytes.
   */
  step(
    node: Node,
    kernel: string,
    plan: KernelPlan,
    inputs: Readonly<Record<string, string>>,
    output?: string,
    ranges?: Readonly<Record<string, ElementRange | undefined>>,
  ): void;
  /** step() with one more operand, whose content lowering computed. */
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

/** The node's value for constant inputs; undefined where it has to run on the GPU. */
export function evaluate<T extends NumberArray>(
  ops: Ops,
  node: Node,
  inputs: readonly Elements<T>[],
): Elements<T> | undefined {
  return definitionOf(ops, node).evaluate?.(node, inputs as Inputs<Elements<T>>);
}

/** Kernels of all ops, by the names that steps use. */
export function kernelsOf(ops: Ops): Record<string, AnyKernel> {
  return Object.assign({}, ...Object.values(ops).map(({ kernels }) => kernels)) as Record<string, AnyKernel>;
}
