/** Converts tensors of the file to constants. */
import { ModelError } from "../../base/errors";
import { ELEMENT_BYTES, toIntegers, view } from "../../weights/numbers/dtype";
import { toFloat32 } from "../../weights/numbers/floats";
import type { OnnxTensor } from "../../weights/onnx/types";
import { deferred } from "../constants/deferred";
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
  if (!isFloat(dtype)) return { ...facts, data: elements(tensor) };
  return deferred(facts, () => (dtype === "f32" ? view(Float32Array, bytes) : toFloat32(tensor)));
}

function elements(tensor: OnnxTensor): NumberArray {
  const { dtype, bytes } = tensor;
  if (dtype === "i8") return new Int8Array(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  if (dtype === "u8") return bytes;
  const data = allocate(dtype, sizeOf(tensor.shape));
  data.set(toIntegers(tensor));
  return data;
}
