/** One list of cases a kernel, for tests against the CPU reference and for benches. */
import type { Node, OpAttributes, OpName, Shape } from "../../src/graph/ir";
import type { Elem, Kernel, KernelPlan } from "../../src/kernels/kernel";
import type { Tolerance } from "../shared/expect-close";

export interface Operand {
  readonly shape: Shape;
  /** Bounds of the random values; -1 and 1. */
  readonly low?: number;
  readonly high?: number;
  /** These instead of random values. */
  readonly values?: ArrayLike<number>;
  /** Whether the reference takes it too; true. */
  readonly reference?: boolean;
}

export interface KernelCase {
  readonly name: string;
  readonly kernel: Kernel<never>;
  readonly plan: (elem: Elem) => KernelPlan;
  /** By binding, in the order of the node's inputs. */
  readonly operands: Readonly<Record<string, Operand>>;
  /** What the kernel is to compute, as the graph says it. */
  readonly node: Node;
  readonly tolerance: Readonly<Record<Elem, Tolerance>>;
}

/** For kernels that only move elements. */
export const EXACT: Readonly<Record<Elem, Tolerance>> = { f32: { abs: 0 }, f16: { abs: 0 } };

/** f32: other order of sums than the reference's. f16: arithmetic is f32, results (of order 1) are rounded to 11 bits. */
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
    kernel: kernel as unknown as Kernel<never>,
    plan: (elem) => kernel.plan({ ...params, elem } as unknown as P),
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
