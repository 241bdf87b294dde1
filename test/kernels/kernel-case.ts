/** One list of cases a kernel, for tests against the CPU reference and for benches. */
import { describe, it } from "vitest";
import type { Node, OpAttributes, OpName, Shape } from "../../src/graph/ir";
import { sizeOf } from "../../src/graph/ir";
import type { Elem, Kernel, KernelPlan } from "../../src/kernels/kernel";
import { expectClose, randoms, type Tolerance } from "../expect-close";
import { encodeElems, decodeElems, runKernel, testDevice } from "../gpu";
import { evaluate } from "../reference/interpret";

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

/** The operand's values, rounded to `elem`: what the kernel and the reference both read. */
export function operandValues({ shape, low, high, values }: Operand, seed: number, elem: Elem): Float32Array {
  const exact = values ? Float32Array.from(values) : randoms(sizeOf(shape), seed, low, high);
  if (elem === "f32") return exact;
  return decodeElems(encodeElems(exact, elem).buffer as ArrayBuffer, exact.length, elem);
}

/** Runs a case on the GPU and compares it with the reference. Skips f16 where the adapter has none. */
export async function checkCase(
  { kernel, plan, operands, node, tolerance, name }: KernelCase,
  elem: Elem,
  skip: (note: string) => void,
): Promise<void> {
  const device = await testDevice(elem === "f16" ? {} : { defaultLimits: true });
  if (elem === "f16" && !device.features.has("shader-f16")) return skip("this adapter has no shader-f16");
  const names = Object.keys(operands);
  const data = names.map((binding, i) => operandValues(operands[binding]!, 11 + i, elem));
  const inputs = Object.fromEntries(names.map((binding, i) => [binding, data[i]!]));
  const tensors = names
    .map((binding, i) => ({ shape: operands[binding]!.shape, data: data[i]! }))
    .filter((_, i) => operands[names[i]!]!.reference !== false);
  const { dst } = await runKernel(device, kernel, plan(elem), elem, inputs, { dst: sizeOf(node.shape) });
  expectClose(dst!, evaluate(node, tensors).data, tolerance[elem], `${name} ${elem}`);
}

/** What a variant's text depends on besides sizes: storage types, branches, who works on a row. */
function variantOf({ kernel, plan }: KernelCase): string {
  const { constants, flags } = plan("f16");
  const choices = Object.entries(constants).filter(([key, value]) => typeof value !== "number" || key === "PER_ROW");
  return JSON.stringify([kernel.name, choices.filter(([, value]) => typeof value !== "object"), flags]);
}

/**
 * One test a case in f32. f16 differs only in types and conversions, so there the first case of every variant is
 * enough; each costs a pipeline.
 */
export function describeCases(title: string, cases: readonly KernelCase[]): void {
  const variants = new Set<string>();
  describe(title, () => {
    for (const one of cases) {
      const variant = variantOf(one);
      const elems: readonly Elem[] = variants.has(variant) ? ["f32"] : ["f32", "f16"];
      variants.add(variant);
      for (const elem of elems)
        it(`${one.name} ${elem}`, (context) => checkCase(one, elem, (note) => context.skip(note)));
    }
  });
}
