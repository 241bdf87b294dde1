/**
 * The decoder's result and the importer's input: plain data without protobuf classes. Tensors are zero-copy views of the
 * file's bytes where alignment allows.
 */

/** Supported element types of ONNX tensors. */
export type OnnxDType =
  | "f32"
  | "f16"
  | "f64"
  | "bf16"
  | "f8e4m3fn"
  | "f8e4m3fnuz"
  | "f8e5m2"
  | "f8e5m2fnuz"
  | "f8e8m0"
  | "f4e2m1"
  | "i8"
  | "u8"
  | "i16"
  | "u16"
  | "i32"
  | "u32"
  | "i64"
  | "u64"
  | "i4"
  | "u4"
  | "i2"
  | "u2"
  | "bool";

export interface OnnxTensor {
  readonly name: string;
  readonly dtype: OnnxDType;
  readonly shape: readonly number[];
  /** Little-endian elements, row-major; length = element count x element size. */
  readonly bytes: Uint8Array;
}

export type OnnxAttribute =
  | { readonly type: "float"; readonly value: number }
  | { readonly type: "int"; readonly value: number }
  | { readonly type: "string"; readonly value: string }
  | { readonly type: "tensor"; readonly value: OnnxTensor }
  | { readonly type: "floats"; readonly value: readonly number[] }
  | { readonly type: "ints"; readonly value: readonly number[] }
  | { readonly type: "strings"; readonly value: readonly string[] }
  /** An unsupported kind of attribute (subgraphs, sparse tensors, ...), named by `kind`. */
  | { readonly type: "unsupported"; readonly kind: string };

export interface OnnxNode {
  /** The node's name, or `OpType(first output)` when the file has none. */
  readonly name: string;
  readonly op: string;
  /** "" is the default ONNX domain. */
  readonly domain: string;
  /** "" marks an optional input that was left out. */
  readonly inputs: readonly string[];
  readonly outputs: readonly string[];
  readonly attributes: Readonly<Record<string, OnnxAttribute>>;
}

export interface OnnxValueInfo {
  readonly name: string;
  readonly dtype: OnnxDType | "unknown";
  /** Each dimension is a number, a symbolic name, or null where the file states none. */
  readonly shape: readonly (number | string | null)[] | null;
}

export interface OnnxModel {
  /** A label for messages: the file's name or URL where known. */
  readonly label: string;
  readonly producer: string;
  readonly irVersion: number;
  /** Domain -> opset version; the default domain is "". */
  readonly opsets: Readonly<Record<string, number>>;
  readonly inputs: readonly OnnxValueInfo[];
  readonly outputs: readonly OnnxValueInfo[];
  /** In file order, which ONNX requires to be topological. */
  readonly nodes: readonly OnnxNode[];
  readonly initializers: ReadonlyMap<string, OnnxTensor>;
}

/** Returns the bytes of an external data file. `location` is relative to the model's folder and stays inside it. */
export type ExternalData = (location: string) => Uint8Array;
