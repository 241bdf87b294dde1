/** Compares the cases of a kernel with the CPU reference. */
import { describe, it } from "vitest";
import { sizeOf } from "../../src/graph/ir";
import type { Elem } from "../../src/kernels/kernel";
import { expectClose } from "../shared/expect-close";
import { randoms } from "../shared/randoms";
import { decodeElems, encodeElems, runKernel, testDevice } from "../gpu";
import { evaluate } from "../reference/interpret";
import type { KernelCase, Operand } from "./kernel-case";

/** The operand's values, rounded to `elem`; both the kernel and the reference read them. */
function operandValues({ shape, low, high, values }: Operand, seed: number, elem: Elem): Float32Array {
  const exact = values ? Float32Array.from(values) : randoms(sizeOf(shape), seed, low, high);
  if (elem === "f32") return exact;
  return decodeElems(encodeElems(exact, elem).buffer as ArrayBuffer, exact.length, elem);
}

/** Runs a case on the GPU and compares it with the reference. Skips f16 where the adapter has none. */
async function checkCase(
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

/** Identifies the variant of a shader apart from sizes: storage types, branches, invocations per row. */
function variantOf({ kernel, plan }: KernelCase): string {
  const { constants, flags } = plan("f16");
  const choices = Object.entries(constants).filter(([key, value]) => typeof value !== "number" || key === "PER_ROW");
  return JSON.stringify([kernel.name, choices.filter(([, value]) => typeof value !== "object"), flags]);
}

/**
 * Adds a test for each case in f32. f16 differs only in types and conversions, so it tests the first case of each variant:
 * every case compiles a pipeline.
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
