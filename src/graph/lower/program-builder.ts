/** Collects the steps and weights of a program while a graph is lowered. */
import { UnsupportedError } from "../../base/errors";
import { DEFAULT_CHOICE, planConvolution, type ConvChoice } from "../../kernels/conv/algorithms";
import type { ConvPlan } from "../../kernels/conv/algorithm";
import type { Conv2dParams } from "../../kernels/conv/params";
import type { Elem, KernelPlan, Packing } from "../../kernels/kernel";
import type { Engine } from "../engine";
import { sizeOf, type Graph, type Node, type Shape } from "../ir";
import type { BufferSlice, ElementRange, Lowering } from "../op";
import type { Operand, Step, Weight } from "./program";

export interface LowerOptions {
  readonly elem: Elem;
  /** The algorithm of each convolution. Default: DEFAULT_CHOICE for all. */
  readonly chooseConv?: (params: Conv2dParams) => ConvChoice;
  /** Most bytes of a value that one dispatch can bind; larger images are convolved in bands. Default: no limit. */
  readonly bindingBytes?: number;
}

/** Most dispatches of a program. Some drivers crash at 65,536 bind groups. */
const MOST_STEPS = 2 ** 15;

export class ProgramBuilder implements Lowering {
  readonly elem: Elem;
  readonly bindingBytes: number;
  readonly steps: Step[] = [];
  readonly weights: Weight[] = [];
  readonly #graph: Graph;
  readonly #chooseConv: (params: Conv2dParams) => ConvChoice;
  readonly #convolutions: Engine["convolutions"];
  readonly #slices: ReadonlyMap<string, BufferSlice>;
  readonly #shapes = new Map<string, Shape>();
  /** Value -> the value whose buffer it shares (reshapes). */
  readonly #aliases = new Map<string, string>();
  readonly #weightIndex = new Map<string, number>();
  #temporaries = 0;

  constructor(
    graph: Graph,
    engine: Engine,
    slices: ReadonlyMap<string, BufferSlice>,
    { elem, chooseConv = () => DEFAULT_CHOICE, bindingBytes = Infinity }: LowerOptions,
  ) {
    this.#graph = graph;
    this.elem = elem;
    this.bindingBytes = bindingBytes;
    this.#chooseConv = chooseConv;
    this.#convolutions = engine.convolutions;
    this.#slices = slices;
    for (const { name, shape } of graph.inputs) this.#shapes.set(name, shape);
    for (const { output, shape } of graph.nodes) this.#shapes.set(output, shape);
  }

  shape(name: string): Shape {
    return this.#shapes.get(name) ?? this.#graph.constants.get(name)!.shape;
  }

  isConstant(name: string): boolean {
    return this.#graph.constants.has(name);
  }

  hasInt8(name: string): boolean {
    return this.#graph.constants.get(name)?.int8 !== undefined;
  }

  sliceOf(name: string): BufferSlice | undefined {
    return this.#slices.get(name);
  }

  planConvolution(params: Conv2dParams): ConvPlan {
    return planConvolution(this.#convolutions, params, this.#chooseConv(params));
  }

  alias(name: string, source: string): void {
    this.#aliases.set(name, this.root(source));
  }

  /** The value whose buffer `name` shares. */
  root(name: string): string {
    return this.#aliases.get(name) ?? name;
  }

  temporary(output: string, shape: Shape): string {
    const name = `${output}#${this.#temporaries++}`;
    this.#shapes.set(name, shape);
    return name;
  }

  step(
    node: Node,
    kernel: string,
    plan: KernelPlan,
    inputs: Readonly<Record<string, string>>,
    output = node.output,
    ranges: Readonly<Record<string, ElementRange | undefined>> = {},
  ): void {
    const operands: Record<string, Operand> = {};
    const valueOf = (name: string, binding: string): Operand => {
      const range = ranges[binding];
      return { kind: "value", value: this.root(name), ...(range && { range }) };
    };
    for (const [binding, name] of Object.entries(inputs))
      operands[binding] = this.isConstant(name) ? this.#weight(name, plan.packing?.[binding]) : valueOf(name, binding);
    operands["dst"] = valueOf(output, "dst");
    this.steps.push({ kernel, plan, operands, output: this.root(output), origin: node.origin });
    if (this.steps.length > MOST_STEPS)
      throw new UnsupportedError(this.#graph.label, [
        { node: this.#graph.label, op: "graph", reason: `more than ${MOST_STEPS} steps` },
      ]);
  }

  stepWithData(
    node: Node,
    kernel: string,
    plan: KernelPlan,
    inputs: Readonly<Record<string, string>>,
    { binding, values }: { readonly binding: string; readonly values: Float32Array },
  ): void {
    this.step(node, kernel, plan, inputs);
    const step = this.steps.pop()!;
    const packing = { layout: "pad", length: values.length } as const;
    const operand = this.#addWeight(`${node.output}.${binding}`, packing, values);
    this.steps.push({ ...step, operands: { ...step.operands, [binding]: operand } });
  }

  #weight(constant: string, packing: Packing | undefined): Operand {
    const length = sizeOf(this.shape(constant));
    return this.#addWeight(constant, packing ?? { layout: "pad", length });
  }

  #addWeight(constant: string, packing: Packing, data?: Float32Array): Operand {
    const key = `${constant} ${JSON.stringify(packing)}`;
    let weight = this.#weightIndex.get(key);
    if (weight === undefined) {
      weight = this.weights.push({ constant, packing, ...(data && { data }) }) - 1;
      this.#weightIndex.set(key, weight);
    }
    return { kind: "weight", weight };
  }
}
