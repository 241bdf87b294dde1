/** Tensors of the file as constants. */
import { ModelError } from "../../errors";
import { toFloat32, toIntegers } from "../../weights/dtype";
import type { OnnxTensor } from "../../weights/types";
import { sizeOf } from "../ir";
import { isFloat, type ConstantValue, type NumberArray } from "./values";

/** Zero-copy for f32 and 8-bit integers where alignment allows. `name`: for tensors that have none. */
export function decodeConstant(tensor: OnnxTensor, name: string = tensor.name): ConstantValue {
  const { dtype, shape } = tensor;
  const data = elements(tensor);
  if (data.length !== sizeOf(shape))
    throw new ModelError({
      where: `tensor "${tensor.name || name}"`,
      expected: `${sizeOf(shape)} elements for shape [${shape.join(", ")}]`,
      received: `${data.length}`,
    });
  return { kind: "constant", name, dtype, shape, data };
}

function elements(tensor: OnnxTensor): NumberArray {
  const { dtype, bytes } = tensor;
  if (isFloat(dtype)) return toFloat32(tensor);
  if (dtype === "i8") return new Int8Array(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  if (dtype === "u8") return bytes;
  if (dtype === "bool") return Uint8Array.from(bytes, (byte) => (byte === 0 ? 0 : 1));
  return Float64Array.from(toIntegers(tensor));
}
