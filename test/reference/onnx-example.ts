/** How ONNX writes the ops: one node for each, all of them together in one model (see test/browser/bundlers.test.ts). */
import type { OnnxDType } from "../../src/weights/onnx/types";
import type { AttributeSpec, TensorSpec } from "../../tools/onnx-writer";
import { randoms } from "../shared/randoms";

/** Inputs of the model that every example may use, by name: x in [-1, 1), positive in [0.1, 1). */
export const INPUTS = {
  x: { shape: [1, 4, 6, 6], data: randoms(144, 1) },
  positive: { shape: [1, 4, 6, 6], data: randoms(144, 2, 0.1, 1) },
} as const;

export interface OnnxExample {
  readonly op: string;
  /** Names of INPUTS, constants; "" leaves one out. */
  readonly inputs: readonly (keyof typeof INPUTS | "" | TensorSpec)[];
  readonly attributes: Readonly<Record<string, AttributeSpec>>;
  /** Number of outputs. */
  readonly outputs: number;
  /** Of the outputs. */
  readonly dtype: OnnxDType;
  readonly opset: number;
}

/** Default: one output of floats, in the newest opset that onnxruntime's official builds promise. */
export function example(
  op: string,
  inputs: OnnxExample["inputs"],
  attributes: OnnxExample["attributes"] = {},
  { outputs = 1, dtype = "f32", opset = 21 }: Partial<Pick<OnnxExample, "outputs" | "dtype" | "opset">> = {},
): OnnxExample {
  return { op, inputs, attributes, outputs, dtype, opset };
}

export function int64s(data: readonly number[], shape: readonly number[] = [data.length]): TensorSpec {
  return { dtype: "i64", shape, data };
}

export function bools(data: readonly number[]): TensorSpec {
  return { dtype: "bool", shape: [data.length], data };
}

export function floats(data: readonly number[], shape: readonly number[] = [data.length]): TensorSpec {
  return { shape, data };
}

/** Seeded random floats in [low, high). */
export function weights(shape: readonly number[], low = -1, high = 1): TensorSpec {
  const count = shape.reduce((product, n) => product * n, 1);
  return { shape, data: randoms(count, 3 + count, low, high) };
}
