/** TensorProto -> OnnxTensor: whichever field holds the elements, they come out as little-endian bytes. */
import type { onnx } from "onnx-proto";
import { ModelError } from "../errors";
import { ELEMENT_BYTES } from "./dtype";
import { int64ToNumber, type Int64 } from "./integers";
import { pathProblem } from "./paths";
import type { ExternalData, OnnxDType, OnnxTensor } from "./types";

/** ONNX ends at rank 8 in practice; more is a damaged file. */
const MAX_RANK = 32;

/** TensorProto.DataType by number; `undefined` for what this engine does not read. */
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
};
const UNREAD: Readonly<Record<number, string>> = {
  8: "string",
  14: "complex64",
  15: "complex128",
  17: "float8e4m3fn",
  18: "float8e4m3fnuz",
  19: "float8e5m2",
  20: "float8e5m2fnuz",
  21: "uint4",
  22: "int4",
  23: "float4e2m1",
};

export function dtypeOf(dataType: number): OnnxDType | "unknown" {
  return DTYPES[dataType] ?? "unknown";
}

/** The name of an element type that cannot be read, or undefined when it can. */
export function unreadType(dataType: number): string | undefined {
  if (DTYPES[dataType] !== undefined) return undefined;
  return UNREAD[dataType] ?? (dataType === 0 ? "undefined" : `data type ${dataType}`);
}

/** The file that holds this tensor's elements, or undefined when they are in the model itself. */
export function externalLocation(proto: onnx.ITensorProto): string | undefined {
  if (proto.dataLocation !== 1) return undefined;
  return externalEntry(proto, "location") ?? "";
}

/** Throws ModelError unless the tensor has exactly the bytes that its shape and type ask for. */
export function decodeTensor(
  proto: onnx.ITensorProto,
  name: string,
  label: string,
  external: ExternalData | undefined,
): OnnxTensor {
  const where = `${label}, tensor "${name}"`;
  const dtype = dtypeOf(proto.dataType ?? 0);
  if (dtype === "unknown") throw fault(where, "a numeric element type", unreadType(proto.dataType ?? 0) ?? "none");
  if (proto.segment) throw fault(where, "a whole tensor", "a segment of one");
  const shape = shapeOf(proto.dims ?? [], where);
  const count = shape.reduce((product, n) => product * n, 1);
  const size = count * ELEMENT_BYTES[dtype];
  if (!Number.isSafeInteger(size)) throw fault(where, "a tensor that fits in memory", `shape [${shape.join(", ")}]`);
  const bytes =
    proto.dataLocation === 1
      ? externalBytes(proto, where, external)
      : Object.hasOwn(proto, "rawData") && proto.rawData
        ? proto.rawData
        : listBytes(proto, dtype, where);
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

/** Elements in float_data, int32_data, int64_data, double_data or uint64_data, as ONNX assigns types to them. */
function listBytes(proto: onnx.ITensorProto, dtype: OnnxDType, where: string): Uint8Array {
  const int32s = proto.int32Data ?? [];
  switch (dtype) {
    case "f32":
      return bytesOf(Float32Array.from(proto.floatData ?? []));
    case "f64":
      return bytesOf(Float64Array.from(proto.doubleData ?? []));
    case "i32":
      return bytesOf(Int32Array.from(int32s));
    case "i16":
      return bytesOf(Int16Array.from(int32s));
    case "u16":
    case "f16":
    case "bf16":
      return bytesOf(Uint16Array.from(int32s));
    case "i8":
      return bytesOf(Int8Array.from(int32s));
    case "u8":
    case "bool":
      return bytesOf(Uint8Array.from(int32s));
    case "u32":
      return bytesOf(Uint32Array.from(proto.uint64Data ?? [], (value) => int64ToNumber(value, where)));
    case "i64":
      return bytesOf(BigInt64Array.from(proto.int64Data ?? [], exact));
    case "u64":
      return bytesOf(BigUint64Array.from(proto.uint64Data ?? [], exact));
    default:
      throw dtype satisfies never;
  }
}

/**
 * Both halves of a 64-bit integer. A number (decoders without `long`) is already rounded beyond 2^53; 2^63, the rounded
 * INT64_MAX, would wrap to INT64_MIN and is kept at INT64_MAX.
 */
function exact(value: Int64): bigint {
  if (typeof value !== "number") return (BigInt(value.high) << 32n) | BigInt(value.low >>> 0);
  return value === 2 ** 63 ? 2n ** 63n - 1n : BigInt(value);
}

function bytesOf(array: ArrayBufferView): Uint8Array {
  return new Uint8Array(array.buffer, array.byteOffset, array.byteLength);
}

function externalBytes(proto: onnx.ITensorProto, where: string, external: ExternalData | undefined): Uint8Array {
  const location = externalEntry(proto, "location") ?? "";
  const problem = pathProblem(location);
  if (problem) throw fault(where, "an external data file in the model's folder", problem);
  if (external === undefined)
    throw new ModelError({
      where,
      expected: "a resolver for external data",
      received: `tensor data in the file "${location}"`,
      hint: "Pass externalData, a function that gives that file's bytes, or save the model as one file.",
    });
  const file = external(location);
  const number = (key: string, absent: number): number => {
    const text = externalEntry(proto, key);
    if (text === undefined) return absent;
    if (!/^\d{1,15}$/.test(text)) throw fault(where, `external_data ${key} as a whole number`, JSON.stringify(text));
    return Number(text);
  };
  const offset = number("offset", 0);
  const length = number("length", file.byteLength - offset);
  if (offset > file.byteLength || length > file.byteLength - offset)
    throw new ModelError({
      where,
      expected: `bytes ${offset} to ${offset + length} in "${location}"`,
      received: `a file of ${file.byteLength} bytes`,
      hint: "The data file is truncated or belongs to another model.",
    });
  return file.subarray(offset, offset + length);
}

function externalEntry(proto: onnx.ITensorProto, key: string): string | undefined {
  return proto.externalData?.find((entry) => entry.key === key)?.value ?? undefined;
}

function fault(where: string, expected: string, received: string): ModelError {
  return new ModelError({ where, expected, received, hint: "The model is damaged, or its exporter is at fault." });
}
