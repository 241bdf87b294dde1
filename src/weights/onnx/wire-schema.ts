/**
 * The guard's schema of the protobuf messages in an ONNX file: for each field number, its name and encoding. Field numbers
 * are from onnx.proto (IR version 8). Both the guard and onnx-proto skip fields that are not listed, so files of later
 * versions still load.
 */

/**
 * string, bytes: length-delimited. int32: varint read as 32 bits. int64: varint. float, double: fixed.
 * `...s`: repeated numbers, packed or not. Any other word: the name of a message.
 */
type ScalarKind = "string" | "bytes" | "int32" | "int64" | "float";
type ListKind = "int32s" | "int64s" | "floats" | "doubles";

export interface FieldSchema {
  readonly name: string;
  readonly kind: ScalarKind | ListKind | MessageName;
  /** Which of the guard's counters the field adds to. */
  readonly counts: "nodes" | "tensors" | "attributes" | "dims" | undefined;
}

export type MessageName =
  | "Model"
  | "Graph"
  | "Node"
  | "Attribute"
  | "Tensor"
  | "SparseTensor"
  | "Segment"
  | "ValueInfo"
  | "Type"
  | "TypeTensor"
  | "TypeSequence"
  | "TypeMap"
  | "Shape"
  | "Dimension"
  | "Entry"
  | "OperatorSet"
  | "Annotation"
  | "Training"
  | "Function";

type Fields = Readonly<Record<number, FieldSchema>>;

const f = (name: string, kind: FieldSchema["kind"], counts?: FieldSchema["counts"]): FieldSchema => ({
  name,
  kind,
  counts,
});

export const SCHEMA: Readonly<Record<MessageName, Fields>> = {
  Model: {
    1: f("ir_version", "int64"),
    2: f("producer_name", "string"),
    3: f("producer_version", "string"),
    4: f("domain", "string"),
    5: f("model_version", "int64"),
    6: f("doc_string", "string"),
    7: f("graph", "Graph"),
    8: f("opset_import", "OperatorSet"),
    14: f("metadata_props", "Entry"),
    20: f("training_info", "Training"),
    25: f("functions", "Function"),
  },
  Graph: {
    1: f("node", "Node", "nodes"),
    2: f("name", "string"),
    5: f("initializer", "Tensor", "tensors"),
    10: f("doc_string", "string"),
    11: f("input", "ValueInfo"),
    12: f("output", "ValueInfo"),
    13: f("value_info", "ValueInfo"),
    14: f("quantization_annotation", "Annotation"),
    15: f("sparse_initializer", "SparseTensor", "tensors"),
  },
  Node: {
    1: f("input", "string"),
    2: f("output", "string"),
    3: f("name", "string"),
    4: f("op_type", "string"),
    5: f("attribute", "Attribute", "attributes"),
    6: f("doc_string", "string"),
    7: f("domain", "string"),
  },
  Attribute: {
    1: f("name", "string"),
    2: f("f", "float"),
    3: f("i", "int64"),
    4: f("s", "bytes"),
    5: f("t", "Tensor", "tensors"),
    6: f("g", "Graph"),
    7: f("floats", "floats"),
    8: f("ints", "int64s"),
    9: f("strings", "bytes"),
    10: f("tensors", "Tensor", "tensors"),
    11: f("graphs", "Graph"),
    13: f("doc_string", "string"),
    14: f("tp", "Type"),
    15: f("type_protos", "Type"),
    20: f("type", "int32"),
    21: f("ref_attr_name", "string"),
    22: f("sparse_tensor", "SparseTensor", "tensors"),
    23: f("sparse_tensors", "SparseTensor", "tensors"),
  },
  Tensor: {
    1: f("dims", "int64s", "dims"),
    2: f("data_type", "int32"),
    3: f("segment", "Segment"),
    4: f("float_data", "floats"),
    5: f("int32_data", "int32s"),
    6: f("string_data", "bytes"),
    7: f("int64_data", "int64s"),
    8: f("name", "string"),
    9: f("raw_data", "bytes"),
    10: f("double_data", "doubles"),
    11: f("uint64_data", "int64s"),
    12: f("doc_string", "string"),
    13: f("external_data", "Entry"),
    14: f("data_location", "int32"),
  },
  SparseTensor: { 1: f("values", "Tensor"), 2: f("indices", "Tensor"), 3: f("dims", "int64s", "dims") },
  Segment: { 1: f("begin", "int64"), 2: f("end", "int64") },
  ValueInfo: { 1: f("name", "string"), 2: f("type", "Type"), 3: f("doc_string", "string") },
  Type: {
    1: f("tensor_type", "TypeTensor"),
    4: f("sequence_type", "TypeSequence"),
    5: f("map_type", "TypeMap"),
    6: f("denotation", "string"),
    8: f("sparse_tensor_type", "TypeTensor"),
    9: f("optional_type", "TypeSequence"),
  },
  TypeTensor: { 1: f("elem_type", "int32"), 2: f("shape", "Shape") },
  TypeSequence: { 1: f("elem_type", "Type") },
  TypeMap: { 1: f("key_type", "int32"), 2: f("value_type", "Type") },
  Shape: { 1: f("dim", "Dimension", "dims") },
  Dimension: { 1: f("dim_value", "int64"), 2: f("dim_param", "string"), 3: f("denotation", "string") },
  Entry: { 1: f("key", "string"), 2: f("value", "string") },
  OperatorSet: { 1: f("domain", "string"), 2: f("version", "int64") },
  Annotation: { 1: f("tensor_name", "string"), 2: f("quant_parameter_tensor_names", "Entry") },
  Training: {
    1: f("initialization", "Graph"),
    2: f("algorithm", "Graph"),
    3: f("initialization_binding", "Entry"),
    4: f("update_binding", "Entry"),
  },
  Function: {
    1: f("name", "string"),
    4: f("input", "string"),
    5: f("output", "string"),
    6: f("attribute", "string"),
    7: f("node", "Node", "nodes"),
    8: f("doc_string", "string"),
    9: f("opset_import", "OperatorSet"),
    10: f("domain", "string"),
  },
};
