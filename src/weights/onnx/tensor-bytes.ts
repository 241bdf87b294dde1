/** Reads a tensor's bytes from raw_data, from lists of numbers, or from an external data file. */
import type { onnx } from "onnx-proto";
import { ModelError } from "../../base/errors";
import { inParts } from "../../base/pacer";
import { int64ToNumber, type Int64 } from "../numbers/integers";
import { pathProblem } from "../../base/paths";
import type { ExternalData, OnnxDType } from "./types";

type List = "floatData" | "doubleData" | "int32Data" | "int64Data" | "uint64Data";
type Elements = new (length: number) => { [index: number]: unknown; readonly buffer: ArrayBuffer };

/**
 * By ONNX's assignment of types: the list that holds the elements, the array that takes them, and what they are converted by. int32_data has
 * the bytes of the types that are not named.
 */
const LISTS: Partial<Record<OnnxDType, readonly [List, Elements, ((value: Int64, where: string) => unknown)?]>> = {
  f32: ["floatData", Float32Array],
  f64: ["doubleData", Float64Array],
  i32: ["int32Data", Int32Array],
  i16: ["int32Data", Int16Array],
  u16: ["int32Data", Uint16Array],
  f16: ["int32Data", Uint16Array],
  bf16: ["int32Data", Uint16Array],
  i8: ["int32Data", Int8Array],
  u32: ["uint64Data", Uint32Array, int64ToNumber],
  i64: ["int64Data", BigInt64Array, exact],
  u64: ["uint64Data", BigUint64Array, exact],
};

/** The bytes of elements in float_data, int32_data, int64_data, double_data or uint64_data. */
function* listBytes(proto: onnx.ITensorProto, dtype: OnnxDType, where: string): Generator<undefined, Uint8Array> {
  const [name, type, convert = (value: Int64) => value] = LISTS[dtype] ?? ["int32Data", Uint8Array];
  const list: ArrayLike<Int64> = proto[name] ?? [];
  if (list instanceof type) return new Uint8Array(list.buffer);
  const array = new type(list.length);
  yield* inParts(list.length, (from, to) => {
    for (let i = from; i < to; i++) array[i] = convert(list[i]!, where);
  });
  return new Uint8Array(array.buffer);
}

/**
 * A 64-bit integer as a BigInt. Numbers (from decoders without `long`) are rounded beyond 2^53; 2^63, the rounded INT64_MAX,
 * would wrap to INT64_MIN and becomes INT64_MAX.
 */
function exact(value: Int64): bigint {
  if (typeof value !== "number") return (BigInt(value.high) << 32n) | BigInt(value.low >>> 0);
  return value === 2 ** 63 ? 2n ** 63n - 1n : BigInt(value);
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
export function* tensorBytes(
  proto: onnx.ITensorProto,
  dtype: OnnxDType,
  where: string,
  external: ExternalData | undefined,
): Generator<undefined, Uint8Array> {
  if (isRaw(proto)) return proto.rawData!;
  return proto.dataLocation === 1 ? externalBytes(proto, where, external) : yield* listBytes(proto, dtype, where);
}

export function externalEntry(proto: onnx.ITensorProto, key: string): string | undefined {
  return proto.externalData?.find((entry) => entry.key === key)?.value ?? undefined;
}

export function fault(where: string, expected: string, received: string): ModelError {
  return new ModelError({ where, expected, received, hint: "The model is damaged, or its exporter is at fault." });
}
