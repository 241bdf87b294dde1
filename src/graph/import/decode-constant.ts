/** Converts tensors of the file to constants. */
import { ModelError } from "../../base/errors";
import { ELEMENT_BYTES, toIntegers, view } from "../../weights/numbers/dtype";
import { toFloat32 } from "../../weights/numbers/floats";
import type { OnnxTensor } from "../../weights/onnx/types";
import { inParts } from "../../base/pacer";
import { deferred, evaluated } from "../constants/deferred";
import { sizeOf } from "../ir";
import type { NumberArray } from "../constants/elements";
import { allocate, isFloat, type ConstantValue } from "./values";

/**
 * Zero-copy for f32 and 8-bit integers where alignment allows. `name`: for tensors without a name; `key`: identifies the
 * tensor within the model.
 */
export function decodeConstant(tensor: OnnxTensor, name: string = tensor.name, key?: string): ConstantValue {
  const { dtype, shape, bytes } = tensor;
  const wanted = Math.ceil(sizeOf(shape) * ELEMENT_BYTES[dtype]);
  if (bytes.byteLength !== wanted)
    throw new ModelError({
      where: `tensor "${tensor.name || name}"`,
      expected: `${wanted} bytes for ${dtype}[${shape.join(", ")}]`,
      received: `${bytes.byteLength}`,
    });
  const facts = { kind: "constant", name, dtype, shape, key } as const;
  if (dtype === "f32") return deferred(facts, () => view(Float32Array, bytes));
  if (dtype === "i8") return { ...facts, data: new Int8Array(bytes.buffer, bytes.byteOffset, bytes.byteLength) };
  if (dtype === "u8") return { ...facts, data: bytes };
  return isFloat(dtype)
    ? deferred(facts, () => elements(tensor, toFloat32))
    : evaluated(facts, () => elements(tensor, toIntegers));
}

/** The elements as `convert` gives them, converted in parts. */
function* elements(
  tensor: OnnxTensor,
  convert: (part: OnnxTensor) => ArrayLike<number>,
): Generator<undefined, NumberArray> {
  const { dtype, shape, bytes } = tensor;
  const data = allocate(dtype, sizeOf(shape));
  const size = ELEMENT_BYTES[dtype];
  // Bounds of parts are multiples of 8 elements, which begin at whole bytes.
  yield* inParts(data.length, (from, to) => {
    const part = bytes.subarray(from * size, Math.ceil(to * size));
    data.set(convert({ ...tensor, shape: [to - from], bytes: part }), from);
  });
  return data;
}
