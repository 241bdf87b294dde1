/** A case of a kernel: its parameters, operands, and the node that the CPU reference evaluates. */
import type { Node, OpAttributes, OpName, Shape } from "../../src/graph/ir";
import type { Elem, Kernel } from "../../src/kernels/kernel";
import type { Tolerance } from "../shared/expect-close";
import { kernelCall, type KernelCall } from "../shared/kernel-call";

export interface Operand {
  readonly shape: Shape;
  /** Bounds of the random values; default -1 and 1. */
  readonly low?: number;
  readonly high?: number;
  /** Used instead of random values. */
  readonly values?: ArrayLike<number>;
  /** Whether the reference reads it too; default true. */
  readonly reference?: boolean;
}

export interface KernelCase extends KernelCall {
  readonly name: string;
  /** By binding, in the order of the node's inputs. */
  readonly operands: Readonly<Record<string, Operand>>;
  /** The same computation as a node of a graph, for the reference. */
  readonly node: Node;
  readonly tolerance: Readonly<Record<Elem, Tolerance>>;
}

/** For kernels that only move elements. */
export const EXACT: Readonly<Record<Elem, Tolerance>> = { f32: { abs: 0 }, f16: { abs: 0 } };

/** f32: the order of sums differs from the reference. f16: arithmetic is f32; results (of order 1) are rounded to 11 bits. */
export const ROUNDED: Readonly<Record<Elem, Tolerance>> = {
  f32: { range: 1e-6, abs: 1e-6 },
  f16: { range: 2 ** -10, abs: 2 ** -10 },
};

export function kernelCase<P extends { readonly elem: Elem }, K extends OpName>(
  kernel: Kernel<P>,
  params: Omit<P, "elem">,
  operands: Readonly<Record<string, Operand>>,
  op: K,
  attributes: OpAttributes[K],
  shape: Shape,
  tolerance: KernelCase["tolerance"] = EXACT,
  label = "",
): KernelCase {
  const shapes = Object.values(operands).map((operand) => `[${operand.shape}]`);
  return {
    name: `${op} ${shapes.join(" ")} -> [${shape}] ${label || summary(attributes)}`.trim(),
    ...kernelCall(kernel, params),
    operands,
    node: { op, output: "dst", inputs: [], attributes, shape, origin: [] } as unknown as Node,
    tolerance,
  };
}

function summary(attributes: object): string {
  return Object.entries(attributes)
    .filter(([, value]) => !(typeof value === "object" && "fn" in value && value.fn === "identity"))
    .map(([name, value]) => `${name}=${typeof value === "object" ? JSON.stringify(value) : value}`)
    .join(" ");
}
