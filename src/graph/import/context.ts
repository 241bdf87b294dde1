/** An importer's access to its node: reads operands and attributes, emits nodes, reports unsupported features. */
import { ModelError, type Unsupported } from "../../base/errors";
import type { OnnxAttribute, OnnxDType, OnnxNode } from "../../weights/onnx/types";
import { computing, evaluated, settling, withFacts } from "../constants/deferred";
import type { NumberArray } from "../constants/elements";
import { sizeOf, type Node, type NodeFor, type OpName, type Shape } from "../ir";
import { evaluate, type Ops } from "../op";
import type { GraphBuilder } from "./builder";
import { decodeConstant } from "./decode-constant";
import type { Budget } from "./budget";
import { checkedSize, constantOf, wordsOf, type ConstantValue, type Value } from "./values";

/** Thrown by importers; importModel() collects them and reports all at once. */
export class Refusal extends Error {
  constructor(readonly item: Unsupported) {
    super(item.reason);
  }
}

/** The node's outputs, in order. Unsupported later outputs may be left out. */
export type Outputs = Value | readonly Value[];

/** Returns the node's outputs. A generator where the work grows with the node's inputs or outputs: it yields after each. */
export type Importer = (ctx: NodeContext) => Outputs | Generator<undefined, Outputs>;

/** Most numbers of a shape or of another list that an importer reads. */
const LONGEST_LIST = 2 ** 16;

/** Importers by the op's ONNX name. tools/op-notes.ts documents them. */
export type OpTable = Readonly<Record<string, Importer>>;

type AttributeValues = { [A in Exclude<OnnxAttribute, { type: "unsupported" }> as A["type"]]: A["value"] };

export class NodeContext {
  /** The model's name of the first output; names of further nodes are derived from it. */
  readonly outputName: string;
  readonly #builder: GraphBuilder;
  readonly #operands: readonly (Value | undefined)[];
  readonly #ops: Ops;
  readonly #budget: Budget;

  constructor(
    readonly node: OnnxNode,
    /** Version of the default operator set. */
    readonly opset: number,
    builder: GraphBuilder,
    /** undefined: an optional input that was left out. */
    operands: readonly (Value | undefined)[],
    /** Op definitions, to evaluate constants. */
    ops: Ops,
    /** For the constants that all nodes evaluate. */
    budget: Budget,
  ) {
    this.#builder = builder;
    this.#operands = operands;
    this.#ops = ops;
    this.#budget = budget;
    this.outputName = node.outputs.find((name) => name !== "") ?? node.name;
  }

  /** This node on other inputs and with other values of some attributes, for an op that is computed in parts. */
  variant(inputs: readonly Value[], ints: Readonly<Record<string, readonly number[]>>): NodeContext {
    const changed = Object.entries(ints).map(([name, value]) => [name, { type: "ints", value } as const]);
    const attributes = { ...this.node.attributes, ...Object.fromEntries(changed) };
    return new NodeContext({ ...this.node, attributes }, this.opset, this.#builder, inputs, this.#ops, this.#budget);
  }

  /** Refuses the node as unsupported; `reason` names the feature. */
  unsupported(reason: string): never {
    throw new Refusal({ node: this.node.name, op: this.node.op, reason });
  }

  /** Throws ModelError for a node that contradicts ONNX or its operands. */
  malformed(expected: string, received: string): never {
    throw new ModelError({ where: `${this.node.op} "${this.node.name}"`, expected, received });
  }

  // --- operands

  get inputCount(): number {
    return this.#operands.length;
  }

  input(index: number): Value {
    return this.#operands[index] ?? this.malformed(`an input ${index}`, `${this.#operands.length} inputs`);
  }

  optional(index: number): Value | undefined {
    return this.#operands[index];
  }

  /** All inputs. Throws where one is left out. */
  inputs(): Value[] {
    return this.#operands.map((_, i) => this.input(i));
  }

  constant(index: number, what: string): ConstantValue {
    return this.asConstant(this.input(index), what);
  }

  optionalConstant(index: number, what: string): ConstantValue | undefined {
    const value = this.optional(index);
    return value === undefined ? undefined : this.asConstant(value, what);
  }

  asConstant(value: Value, what: string): ConstantValue {
    return value.kind === "constant" ? value : this.unsupported(`${what} computed at run time`);
  }

  /** The numbers of a 1-D (or scalar) constant. */
  numbers(index: number, what: string): number[] {
    const value = this.constant(index, what);
    if (value.shape.length > 1) this.malformed(`${what} as a list`, `shape [${value.shape.join(", ")}]`);
    if (value.shape.some((n) => n > LONGEST_LIST)) this.unsupported(`${what} of more than ${LONGEST_LIST} numbers`);
    return Array.from(value.data);
  }

  /** A 1-D (or scalar) constant of integers. */
  integers(index: number, what: string): number[] {
    const numbers = this.numbers(index, what);
    const broken = numbers.find((n) => !Number.isInteger(n));
    return broken === undefined ? numbers : this.malformed(`${what} of whole numbers`, `${broken}`);
  }

  /** A list that is an attribute up to some opset and an optional input from then on; undefined when absent. */
  listSince(opset: number, attribute: string, inputIndex: number): readonly number[] | undefined {
    if (this.opset < opset) {
      if (this.optional(inputIndex) !== undefined)
        this.malformed(`${attribute} as an attribute, as in opset ${this.opset}`, `an input ${inputIndex}`);
      return this.ints(attribute);
    }
    return this.optional(inputIndex) === undefined ? undefined : this.integers(inputIndex, attribute);
  }

  // --- attributes

  int(name: string, otherwise: number): number {
    return this.#attribute(name, "int") ?? otherwise;
  }

  /** Never NaN, which WGSL cannot write. */
  float(name: string, otherwise: number): number {
    const value = this.#attribute(name, "float") ?? otherwise;
    return Number.isNaN(value) ? this.unsupported(`attribute ${name}=NaN`) : value;
  }

  string(name: string, otherwise: string): string {
    return this.#attribute(name, "string") ?? otherwise;
  }

  ints(name: string): readonly number[] | undefined {
    return this.#attribute(name, "ints");
  }

  floats(name: string): readonly number[] | undefined {
    return this.#attribute(name, "floats");
  }

  tensor(name: string): ConstantValue | undefined {
    const tensor = this.#attribute(name, "tensor");
    return tensor === undefined ? undefined : decodeConstant(tensor, this.constantName);
  }

  #attribute<T extends keyof AttributeValues>(name: string, type: T): AttributeValues[T] | undefined {
    const found = this.node.attributes[name];
    if (found === undefined) return undefined;
    if (found.type === "unsupported") this.unsupported(`attribute ${name} of type ${found.kind}`);
    if (found.type !== type) this.malformed(`attribute ${name} of type ${type}`, found.type);
    return found.value as AttributeValues[T];
  }

  /** Resolves a possibly negative axis of a tensor of `rank` dimensions to 0 .. rank-1. */
  axis(axis: number, rank: number): number {
    if (!Number.isInteger(axis) || axis < -rank || axis >= rank)
      this.malformed(`an axis of a tensor of rank ${rank}`, `${axis}`);
    return axis < 0 ? axis + rank : axis;
  }

  // --- results

  /**
   * Counts a constant of this shape and type, by default that of the first of its `sources`, before its elements are allocated, and
   * returns its element count. Throws TooLarge where the model's constants exceed the budget.
   */
  spend(shape: Shape, sources: readonly ConstantValue[] = [], dtype = sources[0]?.dtype ?? "f32"): number {
    const count = checkedSize(shape);
    this.#budget.spend(count * wordsOf(dtype), sources);
    return count;
  }

  /** A constant that this importer computes, in parts, from `sources`, after spend(). */
  evaluated(
    dtype: OnnxDType,
    shape: Shape,
    make: () => NumberArray | Generator<undefined, NumberArray>,
    ...sources: readonly ConstantValue[]
  ): ConstantValue {
    return evaluated({ kind: "constant", name: this.constantName, dtype, shape } as const, make, ...sources);
  }

  /** The name of constants that this importer evaluates, until one becomes the node's output and gets the model's name. */
  get constantName(): string {
    return `${this.outputName}.folded`;
  }

  /** Appends a node to the graph, whose output is the result; an empty one is a constant. `suffix` distinguishes its name from other nodes of the same ONNX node. */
  emit<K extends OpName>(
    op: K,
    inputs: readonly Value[],
    attributes: NodeFor<K>["attributes"],
    shape: Shape,
    suffix: string = op,
  ): Value {
    if (shape.includes(0)) return constantOf(inputs[0]!.dtype, shape, [], this.constantName);
    checkedSize(shape);
    return this.#builder.emit(op, inputs, attributes, shape, `${this.outputName}.${suffix}`, this.node.name);
  }

  /**
   * The op's result: a constant where it is empty, or all inputs are constants and the op has evaluate(); else a node's output.
   *
   * @param name Of an evaluated constant.
   */
  apply<K extends OpName>(
    op: K,
    inputs: readonly Value[],
    attributes: NodeFor<K>["attributes"],
    shape: Shape,
    suffix: string = op,
    name = this.constantName,
  ): Value {
    const constants = inputs.filter((value) => value.kind === "constant");
    if (shape.includes(0) || constants.length < inputs.length) return this.emit(op, inputs, attributes, shape, suffix);
    this.spend(shape, constants);
    const node = { op, output: name, inputs: [], attributes, shape, origin: [] } as unknown as Node;
    const value = evaluate<NumberArray>(this.#ops, node, constants);
    if (value === undefined) return this.emit(op, inputs, attributes, shape, suffix);
    const result = withFacts(value, { kind: "constant", name, dtype: constants[0]!.dtype } as const);
    this.#budget.made(result);
    return result;
  }

  /** A new float constant. */
  floatConstant(shape: Shape, data: ArrayLike<number>, suffix: string): ConstantValue {
    this.spend(shape);
    return constantOf("f32", shape, data, `${this.outputName}.${suffix}`);
  }

  /** [N,C,H,W] -> [N,H,W,C], emitted once for all users of a value. */
  toNhwc(value: Value): Value {
    const [n, c, h, w] = value.shape as [number, number, number, number];
    return this.#builder.once(`nhwc ${this.#builder.nameOf(value)}`, () =>
      this.emit("transpose", [value], { perm: [0, 2, 3, 1] }, [n, h, w, c], "nhwc"),
    );
  }

  /** [N,H,W,C] -> [N,C,H,W]. */
  toNchw(value: Value): Value {
    const [n, h, w, c] = value.shape as [number, number, number, number];
    return this.emit("transpose", [value], { perm: [0, 3, 1, 2] }, [n, c, h, w], "nchw");
  }
}

export function describe(shape: Shape): string {
  return `[${shape.join(", ")}]`;
}

/** Computes the operands that importers may read as numbers or lists, and those that stay in memory. */
export function* readOperands(operands: readonly (Value | undefined)[]): Generator<undefined, unknown[]> {
  const read: unknown[] = [];
  for (const value of operands) {
    if (value?.kind !== "constant") continue;
    if (sizeOf(value.shape) <= LONGEST_LIST) read.push(yield* computing(value));
    else yield* settling(value);
  }
  return read;
}
