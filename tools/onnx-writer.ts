/** Writes ONNX files with onnx-proto, for the weight converters and for tests. */
import onnxProto from "onnx-proto";
import { halfFromFloat } from "../src/weights/numbers/half";
import type { OnnxDType } from "../src/weights/onnx/types";

const { onnx } = onnxProto;
const { AttributeType } = onnx.AttributeProto;

/** A tensor inside an attribute (Constant's `value`). */
export interface TensorSpec {
  readonly name?: string;
  readonly shape: readonly number[];
  readonly dtype?: OnnxDType;
  readonly data: ArrayLike<number>;
}

export interface InitializerSpec extends TensorSpec {
  readonly name: string;
}

export type AttributeSpec =
  | number
  | string
  | readonly number[]
  | readonly string[]
  | TensorSpec
  | { readonly float: number }
  | { readonly floats: readonly number[] }
  | { readonly ints: readonly number[] };

export interface NodeSpec {
  readonly op: string;
  readonly inputs: readonly string[];
  readonly outputs: readonly string[];
  readonly attributes: Readonly<Record<string, AttributeSpec>>;
  readonly name: string;
  readonly domain?: string;
}

export interface ValueSpec {
  readonly name: string;
  /** Strings are symbolic dimensions. Default: the file states no shape. */
  readonly shape?: readonly (number | string)[];
  /** Default f32. */
  readonly dtype?: OnnxDType;
}

export interface ModelSpec {
  /** Version of the default operator set. Default 17. */
  readonly opset?: number;
  readonly producer?: string;
  /** Facts for people, stored as metadata_props. */
  readonly metadata?: Readonly<Record<string, string>>;
  readonly inputs: readonly (ValueSpec & { readonly shape: readonly (number | string)[] })[];
  readonly outputs: readonly ValueSpec[];
  readonly nodes: readonly NodeSpec[];
  readonly initializers?: readonly InitializerSpec[];
}

/** ONNX's TensorProto.DataType numbers. */
export const DATA_TYPES: Readonly<Record<OnnxDType, number>> = {
  f32: 1,
  u8: 2,
  i8: 3,
  u16: 4,
  i16: 5,
  i32: 6,
  i64: 7,
  bool: 9,
  f16: 10,
  f64: 11,
  u32: 12,
  u64: 13,
  bf16: 16,
  f8e4m3fn: 17,
  f8e4m3fnuz: 18,
  f8e5m2: 19,
  f8e5m2fnuz: 20,
  u4: 21,
  i4: 22,
  f4e2m1: 23,
  f8e8m0: 24,
  u2: 25,
  i2: 26,
};

/**
 * One node. Integers become INT (or INTS), other numbers FLOAT (or FLOATS); wrap floats with integer
 * values: `{ float: 1 }`, `{ floats: [1, 2] }`. An empty array is INTS.
 */
export function node(
  op: string,
  inputs: readonly string[],
  outputs: readonly string[],
  attributes: Readonly<Record<string, AttributeSpec>> = {},
  name = "",
): NodeSpec {
  return { op, inputs, outputs, attributes, name };
}

/** The bytes of an ONNX file. Every initializer is in raw_data. */
export function buildModel(spec: ModelSpec): Uint8Array {
  const buffer = onnx.ModelProto.encode({
    irVersion: 8,
    producerName: spec.producer ?? "onnx-writer",
    metadataProps: Object.entries(spec.metadata ?? {}).map(([key, value]) => ({ key, value })),
    opsetImport: [{ domain: "", version: spec.opset ?? 17 }],
    graph: {
      name: "graph",
      input: spec.inputs.map(valueInfo),
      output: spec.outputs.map(valueInfo),
      initializer: (spec.initializers ?? []).map(tensorProto),
      node: spec.nodes.map((n) => ({
        name: n.name,
        opType: n.op,
        domain: n.domain ?? "",
        input: [...n.inputs],
        output: [...n.outputs],
        attribute: Object.entries(n.attributes).map(([name, value]) => attributeProto(name, value)),
      })),
    },
  }).finish();
  // In Node `buffer` is a Buffer, whose slice() would return a view.
  return Uint8Array.from(buffer);
}

function tensorProto(spec: TensorSpec): InstanceType<typeof onnx.TensorProto> {
  const dtype = spec.dtype ?? "f32";
  const count = spec.shape.reduce((product, n) => product * n, 1);
  if (spec.data.length !== count)
    throw new Error(`tensor ${spec.name ?? ""}: ${spec.data.length} numbers for shape [${spec.shape.join(", ")}]`);
  return onnx.TensorProto.create({
    name: spec.name ?? "",
    dims: [...spec.shape],
    dataType: DATA_TYPES[dtype],
    rawData: encodeTensor(spec.data, dtype),
  });
}

/** Numbers -> little-endian elements. i64 and u64 take numbers up to 2^53 exactly; 2^63 saturates to INT64_MAX. */
export function encodeTensor(data: ArrayLike<number>, dtype: OnnxDType): Uint8Array {
  switch (dtype) {
    case "f32":
      return bytesOf(data instanceof Float32Array ? data : Float32Array.from(data));
    case "f64":
      return bytesOf(Float64Array.from(data));
    case "f16":
      return bytesOf(halfFromFloat(data instanceof Float32Array ? data : Float32Array.from(data)));
    case "bf16":
      return bytesOf(Uint16Array.from(new Uint32Array(Float32Array.from(data).buffer), (bits) => bits >>> 16));
    case "i8":
      return bytesOf(data instanceof Int8Array ? data : Int8Array.from(data));
    case "u8":
    case "bool":
      return bytesOf(Uint8Array.from(data));
    case "i16":
      return bytesOf(Int16Array.from(data));
    case "u16":
      return bytesOf(Uint16Array.from(data));
    case "i32":
      return bytesOf(Int32Array.from(data));
    case "u32":
      return bytesOf(Uint32Array.from(data));
    case "i64":
      return bytesOf(BigInt64Array.from(Array.from(data, saturated)));
    case "u64":
      return bytesOf(BigUint64Array.from(Array.from(data, (n) => BigInt(n))));
    default:
      throw new Error(`${dtype} is not written`);
  }
}

const INT64_MAX = 2n ** 63n - 1n;
const INT64_MIN = -(2n ** 63n);

function saturated(value: number): bigint {
  const wide = BigInt(value);
  return wide > INT64_MAX ? INT64_MAX : wide < INT64_MIN ? INT64_MIN : wide;
}

function bytesOf(array: ArrayBufferView): Uint8Array {
  return new Uint8Array(array.buffer, array.byteOffset, array.byteLength);
}

/** The value that onnx-proto writes as an int64: a number, or both halves where a number would round. */
function int64(value: number): number {
  if (Number.isSafeInteger(value)) return value;
  const wide = BigInt.asUintN(64, saturated(value));
  const halves = { low: Number(wide & 0xffffffffn) | 0, high: Number(wide >> 32n) | 0, unsigned: false };
  return halves as unknown as number;
}

function attributeProto(name: string, value: AttributeSpec): InstanceType<typeof onnx.AttributeProto> {
  const { create } = onnx.AttributeProto;
  if (typeof value === "number")
    return Number.isInteger(value)
      ? create({ name, type: AttributeType.INT, i: int64(value) })
      : create({ name, type: AttributeType.FLOAT, f: value });
  if (typeof value === "string") return create({ name, type: AttributeType.STRING, s: utf8(value) });
  if (isList(value)) {
    if (value.length > 0 && value.every((item) => typeof item === "string"))
      return create({ name, type: AttributeType.STRINGS, strings: value.map(utf8) });
    const numbers = value.map(Number);
    return numbers.every(Number.isInteger)
      ? create({ name, type: AttributeType.INTS, ints: numbers.map(int64) })
      : create({ name, type: AttributeType.FLOATS, floats: numbers });
  }
  if ("float" in value) return create({ name, type: AttributeType.FLOAT, f: value.float });
  if ("floats" in value) return create({ name, type: AttributeType.FLOATS, floats: [...value.floats] });
  if ("ints" in value) return create({ name, type: AttributeType.INTS, ints: value.ints.map(int64) });
  return create({ name, type: AttributeType.TENSOR, t: tensorProto(value) });
}

function isList(value: AttributeSpec): value is readonly number[] | readonly string[] {
  return Array.isArray(value);
}

function utf8(text: string): Uint8Array {
  return new TextEncoder().encode(text);
}

function valueInfo(spec: ValueSpec): InstanceType<typeof onnx.ValueInfoProto> {
  const dim = (size: number | string): { dimValue: number } | { dimParam: string } =>
    typeof size === "number" ? { dimValue: size } : { dimParam: size };
  return onnx.ValueInfoProto.create({
    name: spec.name,
    type: {
      tensorType: {
        elemType: DATA_TYPES[spec.dtype ?? "f32"],
        ...(spec.shape ? { shape: { dim: spec.shape.map(dim) } } : {}),
      },
    },
  });
}
