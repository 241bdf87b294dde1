/**
 * The schema of the protobuf messages in an ONNX file: for each field number, its name and encoding. Names and numbers are
 * those of onnx.proto (IR version 8). Both the guard and onnx-proto skip fields that are not listed, so files of later
 * versions still load.
 */

/** string, bytes: length-delimited. int32: varint read as 32 bits. int64: varint. float, double: fixed. Any other word: the name of a message. */
type NumberKind = "int32" | "int64" | "float" | "double";

/** What counts for a limit of the guard. */
export type Counter = "nodes" | "names" | "tensors" | "attributes" | "numbers" | "elements";

export interface FieldSchema {
  readonly name: string;
  readonly kind: NumberKind | "string" | "bytes" | MessageName;
  /** The limit that the field, or each number of a list, counts for. */
  readonly counts?: Counter | undefined;
  /** Whether it is a list of numbers, which may be packed. */
  readonly list?: boolean;
}

export type MessageName =
  | "ModelProto"
  | "GraphProto"
  | "NodeProto"
  | "AttributeProto"
  | "TensorProto"
  | "SparseTensorProto"
  | "TensorProto.Segment"
  | "ValueInfoProto"
  | "TypeProto"
  | "TypeProto.Tensor"
  | "TypeProto.Sequence"
  | "TypeProto.Map"
  | "TensorShapeProto"
  | "TensorShapeProto.Dimension"
  | "StringStringEntryProto"
  | "OperatorSetIdProto"
  | "TensorAnnotation"
  | "TrainingInfoProto"
  | "FunctionProto";

type Fields = Readonly<Record<number, FieldSchema>>;

const f = (name: string, kind: FieldSchema["kind"], counts?: Counter): FieldSchema => ({ name, kind, counts });
const list = (name: string, kind: NumberKind, counts: Counter): FieldSchema => ({ name, kind, counts, list: true });

export const SCHEMA: Readonly<Record<MessageName, Fields>> = {
  ModelProto: {
    1: f("ir_version", "int64"),
    2: f("producer_name", "string"),
    3: f("producer_version", "string"),
    4: f("domain", "string"),
    5: f("model_version", "int64"),
    6: f("doc_string", "string"),
    7: f("graph", "GraphProto"),
    8: f("opset_import", "OperatorSetIdProto"),
    14: f("metadata_props", "StringStringEntryProto"),
    20: f("training_info", "TrainingInfoProto"),
    25: f("functions", "FunctionProto"),
  },
  GraphProto: {
    1: f("node", "NodeProto", "nodes"),
    2: f("name", "string"),
    5: f("initializer", "TensorProto", "tensors"),
    10: f("doc_string", "string"),
    11: f("input", "ValueInfoProto", "names"),
    12: f("output", "ValueInfoProto", "names"),
    13: f("value_info", "ValueInfoProto", "names"),
    14: f("quantization_annotation", "TensorAnnotation"),
    15: f("sparse_initializer", "SparseTensorProto", "tensors"),
  },
  NodeProto: {
    1: f("input", "string", "names"),
    2: f("output", "string", "names"),
    3: f("name", "string"),
    4: f("op_type", "string"),
    5: f("attribute", "AttributeProto", "attributes"),
    6: f("doc_string", "string"),
    7: f("domain", "string"),
  },
  AttributeProto: {
    1: f("name", "string"),
    2: f("f", "float"),
    3: f("i", "int64"),
    4: f("s", "bytes"),
    5: f("t", "TensorProto", "tensors"),
    6: f("g", "GraphProto"),
    7: list("floats", "float", "elements"),
    8: list("ints", "int64", "elements"),
    9: f("strings", "bytes", "elements"),
    10: f("tensors", "TensorProto", "tensors"),
    11: f("graphs", "GraphProto"),
    13: f("doc_string", "string"),
    14: f("tp", "TypeProto"),
    15: f("type_protos", "TypeProto"),
    20: f("type", "int32"),
    21: f("ref_attr_name", "string"),
    22: f("sparse_tensor", "SparseTensorProto", "tensors"),
    23: f("sparse_tensors", "SparseTensorProto", "tensors"),
  },
  TensorProto: {
    1: list("dims", "int64", "elements"),
    2: f("data_type", "int32"),
    3: f("segment", "TensorProto.Segment"),
    4: list("float_data", "float", "numbers"),
    5: list("int32_data", "int32", "numbers"),
    6: f("string_data", "bytes", "elements"),
    7: list("int64_data", "int64", "elements"),
    8: f("name", "string"),
    9: f("raw_data", "bytes"),
    10: list("double_data", "double", "numbers"),
    11: list("uint64_data", "int64", "elements"),
    12: f("doc_string", "string"),
    13: f("external_data", "StringStringEntryProto"),
    14: f("data_location", "int32"),
  },
  SparseTensorProto: {
    1: f("values", "TensorProto"),
    2: f("indices", "TensorProto"),
    3: list("dims", "int64", "elements"),
  },
  "TensorProto.Segment": { 1: f("begin", "int64"), 2: f("end", "int64") },
  ValueInfoProto: { 1: f("name", "string"), 2: f("type", "TypeProto"), 3: f("doc_string", "string") },
  TypeProto: {
    1: f("tensor_type", "TypeProto.Tensor"),
    4: f("sequence_type", "TypeProto.Sequence"),
    5: f("map_type", "TypeProto.Map"),
    6: f("denotation", "string"),
    8: f("sparse_tensor_type", "TypeProto.Tensor"),
    9: f("optional_type", "TypeProto.Sequence"),
  },
  "TypeProto.Tensor": { 1: f("elem_type", "int32"), 2: f("shape", "TensorShapeProto") },
  "TypeProto.Sequence": { 1: f("elem_type", "TypeProto") },
  "TypeProto.Map": { 1: f("key_type", "int32"), 2: f("value_type", "TypeProto") },
  TensorShapeProto: { 1: f("dim", "TensorShapeProto.Dimension", "elements") },
  "TensorShapeProto.Dimension": {
    1: f("dim_value", "int64"),
    2: f("dim_param", "string"),
    3: f("denotation", "string"),
  },
  StringStringEntryProto: { 1: f("key", "string"), 2: f("value", "string") },
  OperatorSetIdProto: { 1: f("domain", "string"), 2: f("version", "int64") },
  TensorAnnotation: { 1: f("tensor_name", "string"), 2: f("quant_parameter_tensor_names", "StringStringEntryProto") },
  TrainingInfoProto: {
    1: f("initialization", "GraphProto"),
    2: f("algorithm", "GraphProto"),
    3: f("initialization_binding", "StringStringEntryProto"),
    4: f("update_binding", "StringStringEntryProto"),
  },
  FunctionProto: {
    1: f("name", "string"),
    4: f("input", "string"),
    5: f("output", "string"),
    6: f("attribute", "string"),
    7: f("node", "NodeProto", "nodes"),
    8: f("doc_string", "string"),
    9: f("opset_import", "OperatorSetIdProto"),
    10: f("domain", "string"),
  },
};
