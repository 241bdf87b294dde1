/** Imports an ONNX model with given input shapes as a Graph, which has no opsets, NCHW layouts, int64 or optional inputs. */
import { InputError, ModelError, UnsupportedError, type Unsupported } from "../../base/errors";
import { ownEntry } from "../../base/own-entry";
import { finish, mapping, visiting } from "../../base/pacer";
import type { OnnxModel, OnnxNode } from "../../weights/onnx/types";
import type { Graph, GraphInput, Shape } from "../ir";
import { GraphBuilder } from "./builder";
import { settling, withFacts } from "../constants/deferred";
import type { Engine } from "../engine";
import { Budget } from "./budget";
import { NodeContext, readOperands, Refusal, type OpTable, type Outputs } from "./context";
import { decodeConstant } from "./decode-constant";
import { frozenConstant, resolveShape } from "./given-inputs";
import { isFloat, TooLarge, type Value } from "./values";

/** Supported versions of the default operator set. */
export const OPSETS = { oldest: 7, newest: 28 } as const;

/** The parts of an engine that importModel() needs. */
type Importing = Pick<Engine, "ops" | "importers">;

export interface ImportOptions {
  /** Shapes of inputs whose dimensions the model leaves open. Dimensions that the model states must be equal. */
  readonly inputShapes?: Readonly<Record<string, Shape>>;
  /** Values of inputs that become constants, by input name. */
  readonly freeze?: Readonly<Record<string, { readonly data: ArrayLike<number | bigint>; readonly shape: Shape }>>;
}

/** "unknown" is an output of an unsupported node. Import skips nodes that depend on it, so that one error lists all unsupported nodes. */
type Known = Value | "unknown";

/**
 * Imports a model. Integer constants and shapes are evaluated, so the graph has float tensors of known shape only.
 *
 * Throws InputError when an input's shape is unknown or does not match the model, ModelError for an inconsistent model, and
 * UnsupportedError with all unsupported nodes.
 */
export function importModel(model: OnnxModel, engine: Importing, options: ImportOptions = {}): Graph {
  return finish(importing(model, engine, options));
}

/** importModel() as a generator that yields after each node, and in nodes with many operands. */
export function* importing(
  model: OnnxModel,
  engine: Importing,
  options: ImportOptions = {},
): Generator<undefined, Graph> {
  const names = new Set([...model.inputs.map(({ name }) => name), ...model.initializers.keys()]);
  const uses = new Map<string, number>();
  const use = (name: string): void => void uses.set(name, (uses.get(name) ?? 0) + 1);
  yield* visiting(model.nodes, function* ({ inputs, outputs }) {
    yield* visiting(inputs, use);
    yield* visiting(outputs, (name) => void names.add(name));
  });
  for (const { name } of model.outputs) use(name);
  return yield* new Import(model, engine, options, names, uses).run();
}

/** Why a node has no importer; undefined when it has one. */
function unknownOp(node: OnnxNode, importers: OpTable): Unsupported | undefined {
  const standard = node.domain === "";
  if (standard && Object.hasOwn(importers, node.op)) return undefined;
  return { node: node.name, op: node.op, reason: standard ? "not implemented" : `domain ${node.domain}` };
}

/**
 * Checks a model before its input shapes are known: throws UnsupportedError naming every node whose op has no importer.
 * importModel() checks attributes.
 */
export function checkOps(model: OnnxModel, { importers }: Pick<Engine, "importers">): void {
  const items = model.nodes.flatMap((node) => unknownOp(node, importers) ?? []);
  if (items.length > 0) throw new UnsupportedError(model.label, items);
}

class Import {
  readonly #model: OnnxModel;
  readonly #engine: Importing;
  readonly #options: ImportOptions;
  readonly #values = new Map<string, Known>();
  readonly #defined = new Set<string>();
  readonly #refused: Unsupported[] = [];
  readonly #usesLeft: Map<string, number>;
  readonly #builder: GraphBuilder;
  readonly #budget: Budget;
  readonly #opset: number;

  /** `names`: those of the model's values; `uses`: how often nodes and outputs read each. */
  constructor(
    model: OnnxModel,
    engine: Importing,
    options: ImportOptions,
    names: ReadonlySet<string>,
    uses: Map<string, number>,
  ) {
    this.#model = model;
    this.#engine = engine;
    this.#options = options;
    this.#builder = new GraphBuilder(names);
    this.#usesLeft = uses;
    this.#budget = new Budget(model);
    const opset = model.opsets[""];
    if (opset === undefined)
      throw new ModelError({
        where: model.label,
        expected: "the version of ONNX's own operators (an opset_import of the default domain)",
        received: `those of ${JSON.stringify(Object.keys(model.opsets))}`,
        hint: "Versions differ in what operators mean: export the model again.",
      });
    this.#opset = opset;
    if (this.#opset < OPSETS.oldest || this.#opset > OPSETS.newest)
      throw new UnsupportedError(model.label, [
        { node: model.label, op: `opset ${this.#opset}`, reason: `opsets ${OPSETS.oldest} to ${OPSETS.newest}` },
      ]);
  }

  *run(): Generator<undefined, Graph> {
    const inputs = this.#bindInputs();
    for (const node of this.#model.nodes) {
      yield* this.#importNode(node);
      yield;
    }
    if (this.#refused.length > 0) throw new UnsupportedError(this.#model.label, this.#refused);
    // No value is unknown where nothing was refused.
    const outputs = this.#model.outputs.map(({ name }) => {
      const value = this.#lookUp(name, `${this.#model.label}, output "${name}"`) as Value;
      const whole = value.kind === "constant" && !isFloat(value.dtype) && value;
      return { name, value: this.#builder.nameOf(value), ...(whole && { whole }) };
    });
    return {
      label: this.#model.label,
      inputs,
      outputs,
      constants: this.#builder.constants,
      nodes: this.#builder.nodes,
    };
  }

  #bindInputs(): GraphInput[] {
    const { inputShapes = {}, freeze = {} } = this.#options;
    const declared = this.#model.inputs;
    const names = new Set(declared.map(({ name }) => name));
    for (const name of [...Object.keys(inputShapes), ...Object.keys(freeze)])
      if (!names.has(name))
        throw new InputError({
          where: `input "${name}"`,
          expected: `an input of the model: ${[...names].map((known) => `"${known}"`).join(", ")}`,
          received: `"${name}"`,
        });
    const inputs: GraphInput[] = [];
    for (const input of declared) {
      this.#defined.add(input.name);
      const frozen = ownEntry(freeze, input.name);
      const shape = resolveShape(input, frozen?.shape ?? ownEntry(inputShapes, input.name), frozen ? 0 : 1);
      const dtype = input.dtype === "unknown" ? "f32" : input.dtype;
      if (frozen === undefined) {
        this.#values.set(input.name, { kind: "runtime", name: input.name, dtype, shape });
        inputs.push({ name: input.name, shape });
      } else this.#values.set(input.name, frozenConstant(input.name, dtype, shape, frozen.data));
    }
    return inputs;
  }

  *#importNode(node: OnnxNode): Generator<undefined> {
    const where = `${node.op} "${node.name}"`;
    const operands = yield* mapping(node.inputs, (name) => (name === "" ? undefined : this.#lookUp(name, where)));
    yield* visiting(node.inputs, (name) => this.#release(name));
    const unknown = unknownOp(node, this.#engine.importers);
    if (unknown) yield* this.#refuse(node, unknown);
    else if (operands.includes("unknown")) yield* this.#define(node, []);
    else {
      const mark = this.#builder.nodes.length;
      const ctx = new NodeContext(
        node,
        this.#opset,
        this.#builder,
        operands as (Value | undefined)[],
        this.#engine.ops,
        this.#budget,
      );
      try {
        const read = yield* readOperands(operands as (Value | undefined)[]);
        const made = this.#engine.importers[node.op]!(ctx);
        const outputs = isWork(made) ? yield* made : made;
        const results = isList(outputs) ? outputs : [outputs];
        for (const result of results) yield* settling(result);
        read.length = 0; // until here they had to stay in memory
        const renamed = this.#builder.rename(namesOf(node, results), mark);
        yield* this.#define(node, results, (value, name) => {
          if (value.kind === "runtime") return { ...value, name: renamed.get(value.name) ?? value.name };
          if (value.name !== ctx.constantName) return value;
          const constant = withFacts(value, { name });
          this.#budget.made(value, constant);
          return constant;
        });
      } catch (error) {
        if (error instanceof Refusal) yield* this.#refuse(node, error.item);
        else if (error instanceof TooLarge)
          yield* this.#refuse(node, { node: node.name, op: node.op, reason: error.message });
        else throw error;
      }
    }
  }

  *#refuse(node: OnnxNode, item: Unsupported): Generator<undefined> {
    this.#refused.push(item);
    yield* this.#define(node, []);
  }

  /** Assigns values to the node's outputs. An output that is used but has no value is unsupported. */
  *#define(
    node: OnnxNode,
    made: readonly Value[],
    named: (value: Value, name: string) => Value = (value) => value,
  ): Generator<undefined> {
    yield* visiting(node.outputs, (name, index) => {
      if (name === "") return;
      if (this.#defined.has(name) || this.#model.initializers.has(name))
        throw new ModelError({ where: `${node.op} "${node.name}"`, expected: "a new name", received: `"${name}"` });
      this.#defined.add(name);
      const value = made[index];
      if (value === undefined && made.length > 0 && this.#usesLeft.has(name))
        this.#refused.push({ node: node.name, op: node.op, reason: `output ${index} ("${name}")` });
      this.#values.set(name, value === undefined ? "unknown" : named(value, name));
    });
  }

  #lookUp(name: string, where: string): Known {
    const known = this.#values.get(name);
    if (known !== undefined) return known;
    const tensor = this.#model.initializers.get(name);
    if (tensor === undefined)
      throw new ModelError({
        where,
        expected: "an input, an initializer or the output of an earlier node",
        received: `"${name}"`,
      });
    const value = decodeConstant(tensor, name, JSON.stringify(name));
    this.#values.set(name, value);
    return value;
  }

  /** Releases constants after their last use, because decoded weights are large. */
  #release(name: string): void {
    const left = (this.#usesLeft.get(name) ?? 0) - 1;
    this.#usesLeft.set(name, left);
    const value = this.#values.get(name);
    if (left === 0 && typeof value === "object" && value.kind === "constant") this.#values.delete(name);
  }
}

/** The model's names of the values that are outputs of the node; of two outputs that are one value, the first one's. */
function namesOf({ outputs }: OnnxNode, results: readonly Value[]): ReadonlyMap<string, string> {
  const names = new Map<string, string>();
  outputs.forEach((name, i) => {
    const value = results[i];
    if (name !== "" && value?.kind === "runtime" && !names.has(value.name)) names.set(value.name, name);
  });
  return names;
}

function isWork(made: ReturnType<OpTable[string]>): made is Generator<undefined, Outputs> {
  return "next" in made;
}

function isList(made: Value | readonly Value[]): made is readonly Value[] {
  return Array.isArray(made);
}
