/** Every file of ops/: what each op computes, the cases of its kernels, and how ONNX writes it. */
/// <reference types="vite/client" />
import type { OpName } from "../../src/graph/ir";
import type { KernelCase } from "../kernels/kernel-case";
import { onnx as computedAtLoad } from "./computed-at-load";
import type { OnnxExample } from "./onnx-example";
import type { Reference } from "./reference";

interface ReferenceFile {
  readonly reference: Reference<OpName>;
  readonly cases?: readonly KernelCase[];
  readonly onnx?: readonly OnnxExample[];
}

const FILES = Object.values(import.meta.glob<ReferenceFile>("./ops/*.ts", { eager: true }));

/** By op. */
export const REFERENCES: ReadonlyMap<string, Reference<OpName>> = new Map(
  FILES.map(({ reference }) => [reference.op, reference]),
);

export const CASES: readonly KernelCase[] = FILES.flatMap(({ cases = [] }) => cases);

/** Of every op that the engine imports. */
export const ONNX_EXAMPLES: readonly OnnxExample[] = [...FILES.flatMap(({ onnx = [] }) => onnx), ...computedAtLoad];
