/** Decodes ONNX bytes to an OnnxModel: guard, onnx-proto, then plain data. */
import { type onnx } from "onnx-proto";
import { ModelError, UnsupportedError, type Unsupported } from "../../base/errors";
import { finish, mapping, Pacer, visiting } from "../../base/pacer";
import { guarding } from "./guard";
import { modelInPieces } from "./in-pieces";
import { int64ToNumber } from "../numbers/integers";
import { decodingTensor, dtypeOf, externalLocation, unreadType } from "./tensor";
import { fault } from "./tensor-bytes";
import type { ExternalData, OnnxAttribute, OnnxModel, OnnxNode, OnnxTensor, OnnxValueInfo } from "./types";

export type { ExternalData } from "./types";

export interface DecodeOptions {
  /** The file's name or URL, for messages. Default "model". */
  readonly label?: string;
  /** Stops readModel(), which then throws its reason. */
  readonly signal?: AbortSignal | undefined;
  /** Resolves external data files, in which tensors are stored beside the model; see externalLocations(). */
  readonly externalData?: ExternalData;
}

/** Most inputs of a model, and most outputs: each has a buffer. */
const MOST_PORTS = 2 ** 14;

/** AttributeProto.AttributeType by number. */
const ATTRIBUTE_TYPES = [
  "undefined",
  "float",
  "int",
  "string",
  "tensor",
  "graph",
  "floats",
  "ints",
  "strings",
  "tensors",
  "graphs",
  "sparse tensor",
  "sparse tensors",
  "type",
  "types",
];

/**
 * Reads an ONNX file. Tensors are views of `bytes` (raw_data, external data): do not change `bytes` while the model is in
 * use. Graph inputs with an initializer (as in IR version 3) are not listed as inputs. Training info and metadata are
 * ignored. Import, not this function, checks the operator set.
 *
 * Throws ModelError when the file is damaged, inconsistent or exceeds a limit, and one UnsupportedError for all sparse
 * or non-numeric initializers and model-local functions.
 */
export async function readModel(bytes: Uint8Array, options: DecodeOptions = {}): Promise<OnnxModel> {
  return new Pacer(options.signal).finish(decoding(bytes, options));
}

/** readModel() without pauses. */
export function decodeModel(bytes: Uint8Array, options: DecodeOptions = {}): OnnxModel {
  return finish(decoding(bytes, options));
}

function* decoding(bytes: Uint8Array, options: DecodeOptions): Generator<undefined, OnnxModel> {
  return yield* modelOf(yield* protoOf(bytes, options), options);
}

function* modelOf(
  proto: onnx.ModelProto,
  { label = "model", externalData }: DecodeOptions,
): Generator<undefined, OnnxModel> {
  const { graph } = proto;
  if (!graph) throw notOnnx(label, "a graph");
  refuseUnsupported(proto, graph, label);
  const initializers = new Map<string, OnnxTensor>();
  for (const tensor of graph.initializer ?? []) {
    const name = tensor.name ?? "";
    if (name === "") throw fault(label, "a name for every initializer", "none");
    if (initializers.has(name)) throw fault(`${label}, initializer "${name}"`, "one tensor of this name", "two");
    initializers.set(name, yield* decodingTensor(tensor, name, label, externalData));
    yield;
  }
  const declared = yield* mapping(graph.input ?? [], (info) => valueInfo(info, label));
  const inputs = declared.filter(({ name }) => !initializers.has(name));
  const inputNames = new Set<string>();
  for (const { name } of inputs) {
    if (inputNames.has(name)) throw fault(`${label}, input "${name}"`, "one input of this name", "two");
    inputNames.add(name);
  }
  const outputs = yield* mapping(graph.output ?? [], (info) => valueInfo(info, label));
  for (const [what, { length }] of Object.entries({ inputs, outputs }))
    if (length > MOST_PORTS) throw fault(label, `at most ${MOST_PORTS} ${what}`, `${length}`);
  const nodes: OnnxNode[] = [];
  for (const node of graph.node ?? []) {
    nodes.push(yield* decodingNode(node, label, externalData));
    yield;
  }
  return {
    label,
    producer: [proto.producerName, proto.producerVersion].filter(Boolean).join(" "),
    irVersion: int64ToNumber(proto.irVersion ?? 0, `${label}, ir_version`),
    opsets: opsetsOf(proto, label),
    inputs,
    outputs,
    nodes,
    initializers,
  };
}

/** The external data files that a model's tensors name, so that callers can fetch them before readModel(). */
export async function externalLocations(bytes: Uint8Array, options: DecodeOptions = {}): Promise<string[]> {
  const proto = await new Pacer(options.signal).finish(protoOf(bytes, options));
  const locations = tensorsOf(proto).map(externalLocation);
  return [...new Set(locations.filter((location) => location !== undefined))];
}

/** All tensors of a model: initializers and values of attributes. */
function tensorsOf({ graph }: onnx.ModelProto): onnx.ITensorProto[] {
  const attributes = (graph?.node ?? []).flatMap((node) => node.attribute ?? []);
  return [...(graph?.initializer ?? []), ...attributes.flatMap(({ t }) => t ?? [])];
}

/** Checks the bytes by the guard, then decodes them. */
function* protoOf(bytes: Uint8Array, { label = "model" }: DecodeOptions): Generator<undefined, onnx.ModelProto> {
  yield* guarding(bytes, label);
  // Given a Node Buffer, the decoder would return every tensor as a Buffer.
  const plain = new Uint8Array(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  return yield* modelInPieces(plain);
}

function refuseUnsupported(proto: onnx.IModelProto, graph: onnx.IGraphProto, label: string): void {
  const items: Unsupported[] = [];
  for (const fn of proto.functions ?? [])
    items.push({ node: fn.name ?? "", op: "function", reason: "model-local functions; inline them when exporting" });
  for (const sparse of graph.sparseInitializer ?? [])
    items.push({ node: sparse.values?.name ?? "", op: "initializer", reason: "sparse tensor" });
  const read = (name: string | null | undefined, op: string, dataType: number): void => {
    const type = unreadType(dataType);
    if (type !== undefined) items.push({ node: name ?? "", op, reason: `elements of ${type}` });
  };
  for (const { name, dataType } of graph.initializer ?? []) read(name, "initializer", dataType ?? 0);
  for (const { name, type } of graph.input ?? [])
    if (type?.tensorType?.elemType) read(name, "input", type.tensorType.elemType);
  if (items.length > 0) throw new UnsupportedError(label, items);
}

function opsetsOf(proto: onnx.IModelProto, label: string): Record<string, number> {
  const opsets = table<number>();
  for (const { domain, version } of proto.opsetImport ?? [])
    opsets[domainOf(domain)] = int64ToNumber(version ?? 0, `${label}, opset_import`);
  if (Object.keys(opsets).length === 0) throw notOnnx(label, "an operator set (opset_import)");
  return opsets;
}

/** "ai.onnx" is the default domain's long name. */
function domainOf(domain: string | null | undefined): string {
  return domain === "ai.onnx" ? "" : (domain ?? "");
}

function* decodingNode(
  proto: onnx.INodeProto,
  label: string,
  external: ExternalData | undefined,
): Generator<undefined, OnnxNode> {
  const op = proto.opType ?? "";
  const outputs = proto.output ?? [];
  const name = proto.name || `${op}(${outputs[0] ?? ""})`;
  const where = `${label}, node "${name}"`;
  if (op === "") throw fault(where, "an op_type", "none");
  const attributes = table<OnnxAttribute>();
  yield* visiting(proto.attribute ?? [], function* (attribute) {
    const key = attribute.name ?? "";
    if (key in attributes) throw fault(where, `one attribute "${key}"`, "two");
    attributes[key] = yield* decodingAttribute(attribute, `${where}, attribute "${key}"`, external);
  });
  return { name, op, domain: domainOf(proto.domain), inputs: proto.input ?? [], outputs, attributes };
}

function* decodingAttribute(
  proto: onnx.IAttributeProto,
  where: string,
  external: ExternalData | undefined,
): Generator<undefined, OnnxAttribute> {
  if (proto.refAttrName) return { type: "unsupported", kind: "reference to a function's attribute" };
  const type = ATTRIBUTE_TYPES[proto.type ?? 0] ?? `attribute type ${proto.type}`;
  switch (type) {
    case "float":
      return { type, value: proto.f ?? 0 };
    case "int":
      return { type, value: int64ToNumber(proto.i ?? 0, where) };
    case "string":
      return { type, value: text(proto.s) };
    case "floats":
      return { type, value: proto.floats ?? [] };
    case "ints":
      return { type, value: yield* mapping(proto.ints ?? [], (value) => int64ToNumber(value, where)) };
    case "strings":
      return { type, value: yield* mapping(proto.strings ?? [], text) };
    case "tensor": {
      const unread = unreadType(proto.t?.dataType ?? 0);
      if (!proto.t) throw fault(where, "a tensor", "none");
      if (unread !== undefined) return { type: "unsupported", kind: `tensor of ${unread}` };
      return { type, value: yield* decodingTensor(proto.t, proto.t.name ?? "", where, external) };
    }
    default:
      return { type: "unsupported", kind: type };
  }
}

function valueInfo(proto: onnx.IValueInfoProto, label: string): OnnxValueInfo {
  const name = proto.name ?? "";
  const tensor = proto.type?.tensorType;
  const where = `${label}, value "${name}"`;
  return {
    name,
    dtype: dtypeOf(tensor?.elemType ?? 0),
    shape: tensor?.shape?.dim?.map((dim) => dimension(dim, where)) ?? null,
  };
}

/** A dimension; null for -1, which some exporters write for an unknown size. */
function dimension(dim: onnx.TensorShapeProto.IDimension, where: string): number | string | null {
  if (Object.hasOwn(dim, "dimParam") && dim.dimParam) return dim.dimParam;
  if (!Object.hasOwn(dim, "dimValue")) return null;
  const size = int64ToNumber(dim.dimValue ?? 0, where);
  return size < 0 ? null : size;
}

/** A record without a prototype, so that names from a file cannot collide with "__proto__" or "constructor". */
function table<T>(): Record<string, T> {
  return Object.create(null) as Record<string, T>;
}

const utf8 = new TextDecoder();

function text(bytes: Uint8Array | null | undefined): string {
  return utf8.decode(bytes ?? undefined);
}

function notOnnx(label: string, expected: string): ModelError {
  return new ModelError({
    where: label,
    expected,
    received: "none",
    hint: "The file is truncated, or is not an ONNX model.",
  });
}
