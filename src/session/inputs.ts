/** Input tensors of a session, by name. */
import { InputError } from "../base/errors";
import { ownEntry } from "../base/own-entry";
import type { OnnxValueInfo } from "../weights/onnx/types";
import { sizeOf, type Shape } from "../graph/ir";
import type { Elem } from "../kernels/kernel";

export type { Tensor } from "../gpu/run-program";

/** A tensor that run() is given: row-major elements. On the GPU all are floats. */
export interface InputTensor {
  readonly data: ArrayLike<number | bigint>;
  readonly shape: Shape;
}

/** Every input's shape, from `given` or else from the model; undefined when a dimension is still open. */
export function knownShapes(
  inputs: readonly OnnxValueInfo[],
  given: Readonly<Record<string, Shape>> = {},
): Record<string, Shape> | undefined {
  const shapes: [string, Shape][] = [];
  for (const input of inputs) {
    const shape = ownEntry(given, input.name) ?? input.shape;
    if (!shape?.every((n): n is number => typeof n === "number")) return undefined;
    shapes.push([input.name, shape]);
  }
  return Object.fromEntries(shapes);
}

/**
 * Copies the inputs. Throws InputError unless they are exactly one whole tensor for every expected input, with whole numbers that are exact
 * in `elem`. Import checks the shapes.
 */
export function copyInputs(
  label: string,
  expected: readonly OnnxValueInfo[],
  inputs: Readonly<Record<string, InputTensor>>,
  elem: Elem,
): [name: string, tensor: { readonly data: Float32Array; readonly shape: Shape }][] {
  const names = new Set(expected.map(({ name }) => name));
  for (const name of Object.keys(inputs))
    if (!names.has(name))
      throw new InputError({
        where: label,
        expected: `inputs ${[...names].join(", ")}`,
        received: `"${name}"`,
      });
  return expected.map(({ name, dtype }) => {
    const where = `input "${name}"`;
    const tensor = ownEntry(inputs, name);
    const data = tensor?.shape && tensor.data;
    if (!data || !(ArrayBuffer.isView(data) || Array.isArray(data)))
      throw new InputError({
        where,
        expected: "a tensor { data: array, shape }",
        received: Object.prototype.toString.call(data ?? tensor).slice(8, -1),
      });
    if (data.length !== sizeOf(tensor.shape))
      throw new InputError({ where, expected: `${sizeOf(tensor.shape)} elements`, received: `${data.length}` });
    // Floats of 32 bits hold all whole numbers up to 2^24, those of 16 bits up to 2^11.
    const most = elem === "f32" ? 2 ** 24 : 2 ** 11;
    const large = /^[iu]\d/.test(dtype) && (data as readonly number[]).find((value) => Math.abs(Number(value)) > most);
    if (large)
      throw new InputError({
        where,
        expected: `whole numbers up to ${most} (or freeze it)`,
        received: `${large}`,
      });
    const copy = data instanceof Float32Array ? data.slice() : Float32Array.from(data as number[], Number);
    return [name, { data: copy, shape: [...tensor.shape] }];
  });
}
