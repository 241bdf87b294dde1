/** What the caller gives for a model's inputs: shapes, and values that become constants. */
import { InputError } from "../../base/errors";
import type { OnnxValueInfo } from "../../weights/onnx/types";
import { sizeOf, type Shape } from "../ir";
import { constantOf, type ConstantValue } from "./values";

/** The model's shape with open sizes filled in from `given`, which may be of `least` on. Constants may be empty. */
export function resolveShape(input: OnnxValueInfo, given: Shape | undefined, least: 0 | 1): Shape {
  const where = `input "${input.name}"`;
  const stated = input.shape === null ? "unknown shape" : `[${input.shape.map((n) => n ?? "?").join(", ")}]`;
  if (given === undefined) {
    const open = input.shape === null || input.shape.some((n) => typeof n !== "number" || n < 1);
    if (open)
      throw new InputError({
        where,
        expected: "a shape that is known at load",
        received: stated,
        hint: `Pass inputShapes: { "${input.name}": [...] }.`,
      });
    return input.shape as Shape;
  }
  if (given.some((n) => !Number.isInteger(n) || n < least))
    throw new InputError({ where, expected: `sizes of at least ${least}`, received: `[${given.join(", ")}]` });
  const fits =
    input.shape === null ||
    (input.shape.length === given.length &&
      input.shape.every((n, axis) => typeof n !== "number" || n < 1 || n === given[axis]));
  if (!fits)
    throw new InputError({ where, expected: `the model's shape ${stated}`, received: `[${given.join(", ")}]` });
  return given;
}

/** An input's value that becomes a constant. Throws InputError where its elements do not fill the shape. */
export function frozenConstant(
  name: string,
  dtype: ConstantValue["dtype"],
  shape: Shape,
  data: ArrayLike<number | bigint>,
): ConstantValue {
  if (data.length !== sizeOf(shape))
    throw new InputError({
      where: `freeze "${name}"`,
      expected: `${sizeOf(shape)} elements for shape [${shape.join(", ")}]`,
      received: `${data.length}`,
    });
  const numbers = typeof data[0] === "bigint" ? Array.from(data, Number) : (data as ArrayLike<number>);
  return constantOf(dtype, shape, numbers, name);
}
