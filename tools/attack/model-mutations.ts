/** Changes to ONNX files: the protobuf message is decoded, changed and encoded again. */
import onnxProto, { type onnx } from "onnx-proto";
import { ENGINE } from "../../src/session/engine";
import { encodeTensor, DATA_TYPES } from "../onnx-writer";
import type { CorpusFile } from "./attack";
import type { Dice } from "./dice";
import type { Mutation } from "./mutations";

const { ModelProto } = onnxProto.onnx;

const OPS = [...Object.keys(ENGINE.importers), "Loop", "If", "Unknown"];
const ATTRIBUTES =
  "allowzero alpha auto_pad axes axis batch_dims beta blocksize ceil_mode coordinate_transformation_mode count_include_pad cubic_coeff_a dilations direction end ends epsilon equation exclude_outside group keepdims kernel_shape largest mode nearest_mode noop_with_empty_axes num_groups num_outputs output_padding output_shape pads perm reverse sorted split start starts steps storage_order strides to training_mode transA transB value value_float value_ints".split(
    " ",
  );
const WORDS = [
  "",
  "SAME_UPPER",
  "SAME_LOWER",
  "VALID",
  "NOTSET",
  "nearest",
  "linear",
  "cubic",
  "reflect",
  "edge",
  "wrap",
  "constant",
  "CRD",
  "DCR",
  "asymmetric",
  "align_corners",
  "half_pixel",
  "floor",
  "ceil",
  "tanh",
  "bij,bjk->bik",
  "ij->ji",
  "?",
];
const DOMAINS = ["", "ai.onnx", "com.microsoft", "\u0000"];

type Graph = onnx.IGraphProto;
/** A decoded message: the decoder makes every list. */
type Whole<T> = { -readonly [K in keyof T]-?: NonNullable<T[K]> };

function onGraph(
  change: (graph: Whole<Graph>, dice: Dice, model: onnx.ModelProto, others: readonly CorpusFile[]) => void,
): Mutation {
  return (bytes, dice, others) => {
    try {
      const model = ModelProto.decode(Uint8Array.from(bytes));
      if (!model.graph) return bytes;
      change(model.graph as Whole<Graph>, dice, model, others);
      return Uint8Array.from(ModelProto.encode(model).finish());
    } catch {
      return bytes; // an earlier step has damaged it
    }
  };
}

/** A change of one node, where there is one. */
function onNode(change: (node: Whole<onnx.INodeProto>, dice: Dice, graph: Whole<Graph>) => void): Mutation {
  return onGraph((graph, dice) => {
    const node = graph.node[dice.below(graph.node.length)];
    if (node) change(node as Whole<onnx.INodeProto>, dice, graph);
  });
}

function onTensor(change: (tensor: Whole<onnx.ITensorProto>, dice: Dice) => void): Mutation {
  return onGraph((graph, dice) => {
    const inNodes = graph.node.flatMap((node) => (node.attribute ?? []).flatMap(({ t }) => t ?? []));
    const tensor = dice.pick([...graph.initializer, ...inNodes]);
    if (tensor) change(tensor as Whole<onnx.ITensorProto>, dice);
  });
}

/** Names of values that a node may read. */
function valuesOf(graph: Whole<Graph>): string[] {
  const names = [...graph.input, ...graph.initializer].map(({ name }) => name ?? "");
  return [...names, ...graph.node.flatMap(({ output }) => output ?? []), "", "nothing"];
}

function attributeOf(dice: Dice): onnx.IAttributeProto {
  const name = dice.pick(ATTRIBUTES);
  const list = <T>(item: () => T): T[] => Array.from({ length: dice.below(6) }, item);
  const text = (): Uint8Array => new TextEncoder().encode(dice.pick(WORDS));
  const { AttributeType } = onnxProto.onnx.AttributeProto;
  return dice.pick([
    () => ({ name, type: AttributeType.INT, i: dice.integer() }),
    () => ({ name, type: AttributeType.INTS, ints: list(() => dice.integer()) }),
    () => ({ name, type: AttributeType.FLOAT, f: dice.float() }),
    () => ({ name, type: AttributeType.FLOATS, floats: list(() => dice.float()) }),
    () => ({ name, type: AttributeType.STRING, s: text() }),
    () => ({ name, type: AttributeType.STRINGS, strings: list(text) }),
    () => ({ name, type: AttributeType.TENSOR, t: tensorOf(dice, "") }),
  ])();
}

function tensorOf(dice: Dice, name: string): onnx.ITensorProto {
  const dims = Array.from({ length: dice.below(5) }, () => dice.pick([0, 1, 1, 2, 3, 4]));
  const dtype = dice.pick(["f32", "f32", "i64", "i64", "i32", "u8", "i8", "bool", "f16", "f64"] as const);
  const count = dims.reduce((product, n) => product * n, 1);
  const number = dtype.startsWith("f") ? () => dice.float() : () => dice.below(5);
  return {
    name,
    dims,
    dataType: DATA_TYPES[dtype],
    rawData: encodeTensor(Array.from({ length: count }, number), dtype),
  };
}

/** Replaces an item, removes one, repeats one, or adds one. */
function changeList<T>(list: T[], dice: Dice, item: () => T): void {
  const at = dice.below(list.length);
  const change = list.length === 0 ? 0 : dice.below(6);
  if (change === 0) list.splice(at, 0, item());
  else if (change === 1) list.splice(at, 1);
  else if (change === 2) list.splice(at, 0, list[at]!);
  else list[at] = item();
}

function shapeOf(dice: Dice, value: onnx.IValueInfoProto | undefined): void {
  const tensor = value?.type?.tensorType;
  if (!tensor) return;
  if (dice.chance(0.2)) tensor.elemType = dice.below(18);
  else if (dice.chance(0.1)) tensor.shape = null;
  else
    changeList(((tensor.shape ??= {}).dim ??= []), dice, () =>
      dice.chance(0.2) ? { dimParam: dice.pick(["h", "w", "batch", ""]) } : { dimValue: dice.integer() },
    );
}

export const MODEL_MUTATIONS: Readonly<Record<string, Mutation>> = {
  "read another value": onNode((node, dice, graph) => changeList(node.input, dice, () => dice.pick(valuesOf(graph)))),
  "change the outputs of a node": onNode((node, dice, graph) =>
    changeList(node.output, dice, () => (dice.chance(0.5) ? `new${dice.below(9)}` : dice.pick(valuesOf(graph)))),
  ),
  "another op": onNode((node, dice) => void (node.opType = dice.pick(OPS))),
  "another domain": onNode((node, dice) => void (node.domain = dice.pick(DOMAINS))),
  "another attribute": onNode((node, dice) => changeList(node.attribute, dice, () => attributeOf(dice))),
  "a number of an attribute": onNode((node, dice) => {
    const attribute = dice.pick(node.attribute);
    if (!attribute) return;
    if (attribute.ints?.length) changeList(attribute.ints as number[], dice, () => dice.integer());
    else if (attribute.floats?.length) changeList(attribute.floats, dice, () => dice.float());
    else if (Object.hasOwn(attribute, "f")) attribute.f = dice.float();
    else if (Object.hasOwn(attribute, "s")) attribute.s = new TextEncoder().encode(dice.pick(WORDS));
    else attribute.i = dice.integer();
  }),
  "remove, repeat or swap nodes": onGraph(({ node }, dice) => {
    const [a, b] = [dice.below(node.length), dice.below(node.length)];
    const change = dice.below(3);
    if (node.length === 0) return;
    if (change === 0) node.splice(a, 1);
    else if (change === 1) node.splice(a, 0, node[b]!);
    else [node[a], node[b]] = [node[b]!, node[a]!];
  }),
  "a node more": onGraph((graph, dice) => {
    const values = valuesOf(graph);
    const at = dice.below(graph.node.length + 1);
    const before = graph.node[at - 1]?.output?.[0] ?? graph.input[0]?.name ?? "x";
    const added = `added${dice.below(1000)}`;
    const more = Array.from({ length: dice.below(3) }, () => dice.pick(values));
    const attribute = Array.from({ length: dice.below(3) }, () => attributeOf(dice));
    graph.node.splice(at, 0, { opType: dice.pick(OPS), input: [before, ...more], output: [added], attribute });
    for (const node of graph.node.slice(at + 1))
      node.input = (node.input ?? []).map((name) => (name === before ? added : name));
    for (const output of graph.output) if (output.name === before) output.name = added;
  }),
  "nodes of another model": onGraph((graph, dice, model, others) => {
    const other = ModelProto.decode(Uint8Array.from(dice.pick(others).bytes)).graph;
    if (!other?.node) return;
    const from = dice.below(other.node.length);
    graph.node.push(...other.node.slice(from, from + 1 + dice.below(4)));
    graph.initializer.push(...(other.initializer ?? []).slice(0, 8));
    if (dice.chance(0.5) && other.output) graph.output.push(...other.output);
    if (dice.chance(0.5)) model.opsetImport = [{ domain: "", version: 13 + dice.below(10) }];
  }),
  "a graph in an attribute": onNode((node, dice) => {
    let graph: Graph = { name: "inner" };
    for (let depth = dice.pick([1, 2, 20, 60]); depth > 0; depth--)
      graph = { node: [{ opType: "If", attribute: [{ name: "then_branch", type: 5, g: graph }] }] };
    node.attribute.push({ name: dice.pick(["then_branch", "body"]), type: 5, g: graph });
  }),
  "the shape of a tensor": onTensor((tensor, dice) => changeList(tensor.dims as number[], dice, () => dice.integer())),
  "the type of a tensor": onTensor((tensor, dice) => void (tensor.dataType = dice.below(20))),
  "the numbers of a tensor": onTensor((tensor, dice) => {
    switch (dice.below(10)) {
      case 0:
        tensor.rawData = tensor.rawData.slice(0, dice.below(tensor.rawData.length + 1));
        break;
      case 1:
        tensor.externalData = [{ key: "location", value: dice.pick(["a.bin", "../../etc/passwd", ""]) }];
        break;
      case 2:
        tensor.floatData = Array.from({ length: dice.below(9) }, () => dice.float());
        break;
      case 3:
        tensor.int64Data = Array.from({ length: dice.below(9) }, () => dice.integer());
        break;
      default: {
        if (tensor.rawData.length < 4) return;
        const at = 4 * dice.below(tensor.rawData.length >> 2);
        const float = tensor.dataType === DATA_TYPES.f32;
        tensor.rawData = Uint8Array.from(tensor.rawData);
        tensor.rawData.set(float ? encodeTensor([dice.float()], "f32") : encodeTensor([dice.below(9) - 2], "i32"), at);
      }
    }
  }),
  "a new tensor": onGraph((graph, dice) => {
    const at = dice.below(graph.initializer.length);
    graph.initializer[at] = tensorOf(dice, graph.initializer[at]?.name ?? "new");
  }),
  "an input": onGraph((graph, dice) => shapeOf(dice, graph.input[dice.below(graph.input.length)])),
  "an output": onGraph((graph, dice) => {
    if (dice.chance(0.3)) shapeOf(dice, graph.output[dice.below(graph.output.length)]);
    else
      changeList(graph.output, dice, () => ({
        name: dice.pick(valuesOf(graph)),
        type: { tensorType: { elemType: 1 } },
      }));
  }),
  "the operator set": onGraph((_graph, dice, model) => {
    model.opsetImport = [{ domain: dice.chance(0.9) ? "" : dice.pick(DOMAINS), version: 5 + dice.below(20) }];
  }),
  "names that programs know": onGraph((graph, dice) => {
    const [from, to] = [
      dice.pick(valuesOf(graph)),
      dice.pick(["__proto__", "constructor", "toString", "", "\u202e\u0007"]),
    ];
    const renamed = (name: string): string => (name === from ? to : name);
    for (const node of graph.node) {
      node.input = (node.input ?? []).map(renamed);
      node.output = (node.output ?? []).map(renamed);
    }
    for (const value of [...graph.input, ...graph.output, ...graph.initializer]) value.name = renamed(value.name ?? "");
  }),
};

/** The model without one node, tensor, output, input of a node or attribute. */
export function* smallerModels(bytes: Uint8Array): Generator<Uint8Array> {
  const decode = (): onnx.ModelProto => ModelProto.decode(Uint8Array.from(bytes));
  let model: onnx.ModelProto;
  try {
    model = decode();
  } catch {
    return; // damaged bytes: there is no structure to reduce
  }
  const lists = ({ graph }: onnx.ModelProto): unknown[][] => [
    graph?.node ?? [],
    graph?.initializer ?? [],
    graph?.output ?? [],
    graph?.input ?? [],
    ...(graph?.node ?? []).flatMap(({ input = [], attribute = [] }) => [attribute as unknown[], input as unknown[]]),
  ];
  for (const [i, list] of lists(model).entries())
    for (let at = 0; at < list.length; at++) {
      const copy = decode();
      lists(copy)[i]!.splice(at, 1);
      yield Uint8Array.from(ModelProto.encode(copy).finish());
    }
}
