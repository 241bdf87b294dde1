/** Every file of ops/: what each op computes, and the cases of its kernels. */
/// <reference types="vite/client" />
import type { OpName } from "../../src/graph/ir";
import type { KernelCase } from "../kernels/kernel-case";
import type { Reference } from "./reference";

interface ReferenceFile {
  readonly reference: Reference<OpName>;
  readonly cases?: readonly KernelCase[];
}

const FILES = Object.values(import.meta.glob<ReferenceFile>("./ops/*.ts", { eager: true }));

/** By op. */
export const REFERENCES: ReadonlyMap<string, Reference<OpName>> = new Map(
  FILES.map(({ reference }) => [reference.op, reference]),
);

export const CASES: readonly KernelCase[] = FILES.flatMap(({ cases = [] }) => cases);
