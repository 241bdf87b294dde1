/** Reads a tensor's bytes from raw_data, from lists of numbers, or from an external data file. */
import type { onnx } from "onnx-proto";
import { ModelError } from "../../base/errors";
import { int64ToNumber, type Int64 } from "../numbers/integers";
import { pathProblem } from "../../base/paths";
import type { ExternalData, OnnxDType } from "./types";
import { isPackedInteger, isSmallFloat } from "../numbers/small";

/** The bytes of elements in float_data, int32_data, int64_data, double_data or uint64_data, by ONNX's assignment of types. */
function listBytes(proto: onnx.ITensorProto, dtype: OnnxDType, where: string): Uint8Array {
  const int32s = proto.int32Data ?? [];
  if (isSmallFloat(dtype) || isPackedInteger(dtype)) return bytesOf(Uint8Array.from(int32s));
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
 * A 64-bit integer as a BigInt. Numbers (from decoders without `long`) are rounded beyond 2^53; 2^63, the rounded INT64_MAX,
 * would wrap to INT64_MIN and becomes INT64_MAX.
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

/** Whether the elements are stored as raw_data. */
function isRaw(proto: onnx.ITensorProto): boolean {
  return proto.dataLocation !== 1 && Object.hasOwn(proto, "rawData") && proto.rawData !== null;
}

/** The elements as little-endian bytes; a view where the file stores them so. Does not check their number. */
export function tensorBytes(
  proto: onnx.ITensorProto,
  dtype: OnnxDType,
  where: string,
  external: ExternalData | undefined,
): Uint8Array {
  if (isRaw(proto)) return proto.rawData!;
  return proto.dataLocation === 1 ? externalBytes(proto, where, external) : listBytes(proto, dtype, where);
}

export function externalEntry(proto: onnx.ITensorProto, key: string): string | undefined {
  return proto.externalData?.find((entry) => entry.key === key)?.value ?? undefined;
}

export function fault(where: string, expected: string, received: string): ModelError {
  return new ModelError({ where, expected, received, hint: "The model is damaged, or its exporter is at fault." });
}
