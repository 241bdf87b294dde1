/** Collects the nodes and constants of the graph under construction, with unique names. */
import { deferred } from "../constants/deferred";
import type { Constant, Int8Values, Node, NodeFor, OpName, Shape } from "../ir";
import { floatData, TooLarge, type ConstantValue, type RuntimeValue, type Value } from "./values";

/** 8-bit values with a scale for each index of the last axis. */
function int8Of({ int8, shape }: ConstantValue): Int8Values | undefined {
  if (!int8 || (int8.scales.length > 1 && int8.axis !== shape.length - 1)) return undefined;
  const { source, scales } = int8;
  const all = scales.length > 1 ? scales : new Float32Array(shape.at(-1) ?? 1).fill(scales[0]!);
  return deferred({ scales: all }, () => source.data as Int8Array, source);
}

/** Most nodes: the passes take 3 s for as many. A program may have half as many steps. */
const MOST_NODES = 2 ** 16;

/** Most operands of all nodes together. */
const MOST_OPERANDS = 2 ** 21;

export class GraphBuilder {
  readonly nodes: Node[] = [];
  readonly constants = new Map<string, Constant>();
  readonly #modelNames: ReadonlySet<string>;
  /** Names that were generated. */
  readonly #generated = new Set<string>();
  /** The number that #uniqueName() tries next, by base. */
  readonly #next = new Map<string, number>();
  readonly #stored = new WeakMap<ConstantValue, string>();
  readonly #shared = new Map<string, Value>();
  #operands = 0;

  /** `modelNames`: names of the model's values, which generated names must not use. */
  constructor(modelNames: ReadonlySet<string>) {
    this.#modelNames = modelNames;
  }

  /** `base`, or `base.2`, `base.3`, ... when `base` is taken. */
  #uniqueName(base: string): string {
    let name = base;
    while (this.#modelNames.has(name) || this.#generated.has(name)) {
      const number = this.#next.get(base) ?? 2;
      this.#next.set(base, number + 1);
      name = `${base}.${number}`;
    }
    this.#generated.add(name);
    return name;
  }

  /** Name of a value as an operand; adds a constant to the graph on its first use. */
  nameOf(value: Value): string {
    if (value.kind === "runtime") return value.name;
    const known = this.#stored.get(value);
    if (known !== undefined) return known;
    const own = this.#modelNames.has(value.name) && !this.constants.has(value.name);
    const name = own ? value.name : this.#uniqueName(value.name);
    this.constants.set(
      name,
      deferred({ shape: value.shape, key: value.key, int8: int8Of(value) }, () => floatData(value), value),
    );
    this.#stored.set(value, name);
    return name;
  }

  /** Throws TooLarge where the graph has too many nodes or operands. */
  emit<K extends OpName>(
    op: K,
    inputs: readonly Value[],
    attributes: NodeFor<K>["attributes"],
    shape: Shape,
    name: string,
    origin: string,
  ): RuntimeValue {
    if (this.nodes.length >= MOST_NODES) throw new TooLarge(`the graph has more than ${MOST_NODES} nodes`);
    this.#operands += inputs.length;
    if (this.#operands > MOST_OPERANDS) throw new TooLarge(`the graph has more than ${MOST_OPERANDS} operands`);
    const output = this.#uniqueName(name);
    const operands = inputs.map((value) => this.nameOf(value));
    // TypeScript cannot infer that op and attributes match when K is a type parameter.
    this.nodes.push({ op, output, inputs: operands, attributes, shape, origin: [origin] } as unknown as Node);
    return { kind: "runtime", name: output, dtype: inputs[0]?.dtype ?? "f32", shape };
  }

  /** A cache by key: `make` runs on the first call only, so that all users of a value share one transpose. */
  once(key: string, make: () => Value): Value {
    const known = this.#shared.get(key);
    if (known !== undefined) return known;
    const made = make();
    this.#shared.set(key, made);
    return made;
  }

  /**
   * Renames values (old name -> the model's name) that nodes since position `mark` compute. Values of older nodes keep their
   * names. Returns the new name of each value that has one.
   */
  rename(names: ReadonlyMap<string, string>, mark: number): ReadonlyMap<string, string> {
    const renamed = new Map<string, string>();
    for (let i = mark; i < this.nodes.length; i++) {
      const node = this.nodes[i]!;
      const output = names.get(node.output) ?? node.output;
      if (output !== node.output) renamed.set(node.output, output);
      const inputs = node.inputs.map((input) => renamed.get(input) ?? input);
      this.nodes[i] = { ...node, inputs, output } as Node;
    }
    return renamed;
  }
}
