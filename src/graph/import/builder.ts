/** Collects the nodes and constants of the graph under construction, with unique names. */
import { deferred } from "../constants/deferred";
import type { Constant, Int8Values, Node, NodeFor, OpName, Shape } from "../ir";
import { floatData, type ConstantValue, type RuntimeValue, type Value } from "./values";

/** 8-bit values with a scale for each index of the last axis. */
function int8Of({ int8, shape }: ConstantValue): Int8Values | undefined {
  if (!int8 || (int8.scales.length > 1 && int8.axis !== shape.length - 1)) return undefined;
  const { source, scales } = int8;
  const all = scales.length > 1 ? scales : new Float32Array(shape.at(-1) ?? 1).fill(scales[0]!);
  return deferred({ scales: all }, () => source.data as Int8Array, source);
}

export class GraphBuilder {
  readonly nodes: Node[] = [];
  readonly constants = new Map<string, Constant>();
  readonly #modelNames: ReadonlySet<string>;
  readonly #taken: Set<string>;
  readonly #stored = new WeakMap<ConstantValue, string>();
  readonly #shared = new Map<string, RuntimeValue>();

  /** `modelNames`: names of the model's values, which generated names must not use. */
  constructor(modelNames: ReadonlySet<string>) {
    this.#modelNames = modelNames;
    this.#taken = new Set(modelNames);
  }

  /** `base`, or `base.2`, `base.3`, ... when `base` is taken. */
  #uniqueName(base: string): string {
    let name = base;
    for (let i = 2; this.#taken.has(name); i++) name = `${base}.${i}`;
    this.#taken.add(name);
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

  emit<K extends OpName>(
    op: K,
    inputs: readonly Value[],
    attributes: NodeFor<K>["attributes"],
    shape: Shape,
    name: string,
    origin: string,
  ): RuntimeValue {
    const output = this.#uniqueName(name);
    const operands = inputs.map((value) => this.nameOf(value));
    // TypeScript cannot infer that op and attributes match when K is a type parameter.
    this.nodes.push({ op, output, inputs: operands, attributes, shape, origin: [origin] } as unknown as Node);
    return { kind: "runtime", name: output, dtype: inputs[0]?.dtype ?? "f32", shape };
  }

  /** A cache by key: `make` runs on the first call only, so that all users of a value share one transpose. */
  once(key: string, make: () => RuntimeValue): RuntimeValue {
    const known = this.#shared.get(key);
    if (known !== undefined) return known;
    const made = make();
    this.#shared.set(key, made);
    return made;
  }

  /** Renames a value to the model's name if a node since position `mark` computes it; older values keep their names. */
  rename(value: RuntimeValue, name: string, mark: number): RuntimeValue {
    let made = mark;
    while (made < this.nodes.length && this.nodes[made]!.output !== value.name) made++;
    if (made === this.nodes.length) return value;
    for (let i = made; i < this.nodes.length; i++) {
      const node = this.nodes[i]!;
      const inputs = node.inputs.map((input) => (input === value.name ? name : input));
      this.nodes[i] = { ...node, inputs, output: i === made ? name : node.output } as Node;
    }
    return { ...value, name };
  }
}
