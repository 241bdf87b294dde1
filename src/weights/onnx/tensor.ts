/** Decodes a TensorProto to an OnnxTensor with little-endian bytes, whichever field holds the elements. */
import type { onnx } from "onnx-proto";
import { sizeOf } from "../../base/strides";
import { ELEMENT_BYTES } from "../numbers/dtype";
import { int64ToNumber, type Int64 } from "../numbers/integers";
import { externalEntry, fault, tensorBytes } from "./tensor-bytes";
import type { ExternalData, OnnxDType, OnnxTensor } from "./types";

/** The largest rank that is accepted. Real models have at most 8; a larger rank means a damaged file. */
const MAX_RANK = 32;

/** TensorProto.DataType by number; undefined for unsupported types. */
export const DTYPES: Readonly<Record<number, OnnxDType>> = {
  1: "f32",
  2: "u8",
  3: "i8",
  4: "u16",
  5: "i16",
  6: "i32",
  7: "i64",
  9: "bool",
  10: "f16",
  11: "f64",
  12: "u32",
  13: "u64",
  16: "bf16",
  17: "f8e4m3fn",
  18: "f8e4m3fnuz",
  19: "f8e5m2",
  20: "f8e5m2fnuz",
  21: "u4",
  22: "i4",
  23: "f4e2m1",
  24: "f8e8m0",
  25: "u2",
  26: "i2",
};
const UNREAD: Readonly<Record<number, string>> = {
  8: "string",
  14: "complex64",
  15: "complex128",
};

export function dtypeOf(dataType: number): OnnxDType | "unknown" {
  return DTYPES[dataType] ?? "unknown";
}

/** The name of an unsupported element type; undefined for a supported one. */
export function unreadType(dataType: number): string | undefined {
  if (DTYPES[dataType] !== undefined) return undefined;
  return UNREAD[dataType] ?? (dataType === 0 ? "undefined" : `data type ${dataType}`);
}

/** The external data file that holds this tensor's elements; undefined when they are in the model itself. */
export function externalLocation(proto: onnx.ITensorProto): string | undefined {
  if (proto.dataLocation !== 1) return undefined;
  return externalEntry(proto, "location") ?? "";
}

/** Decodes a tensor. Throws ModelError unless it has exactly the number of bytes that its shape and type require. Yields in long lists. */
export function* decodingTensor(
  proto: onnx.ITensorProto,
  name: string,
  label: string,
  external: ExternalData | undefined,
): Generator<undefined, OnnxTensor> {
  const where = `${label}, tensor "${name}"`;
  const dtype = dtypeOf(proto.dataType ?? 0);
  if (dtype === "unknown") throw fault(where, "a numeric element type", unreadType(proto.dataType ?? 0) ?? "none");
  if (proto.segment) throw fault(where, "a whole tensor", "a segment of one");
  const shape = shapeOf(proto.dims ?? [], where);
  const count = sizeOf(shape);
  const size = Math.ceil(count * ELEMENT_BYTES[dtype]);
  if (!Number.isSafeInteger(size)) throw fault(where, "a tensor that fits in memory", `shape [${shape.join(", ")}]`);
  const bytes = yield* tensorBytes(proto, dtype, where, external);
  if (bytes.byteLength !== size)
    throw fault(where, `${size} bytes for ${dtype}[${shape.join(", ")}]`, `${bytes.byteLength} bytes`);
  return { name, dtype, shape, bytes };
}

function shapeOf(dims: readonly Int64[], where: string): number[] {
  if (dims.length > MAX_RANK) throw fault(where, `at most ${MAX_RANK} dimensions`, `${dims.length}`);
  return dims.map((dim) => {
    const size = int64ToNumber(dim, where);
    if (size < 0) throw fault(where, "dimensions of 0 or more", `${size}`);
    return size;
  });
}
