/** Collecting the steps and weights of a program while a graph is lowered. */
import { DEFAULT_CHOICE, type ConvChoice } from "../kernels/conv/algorithms";
import type { Conv2dParams } from "../kernels/conv/params";
import type { Elem, KernelPlan, Packing } from "../kernels/kernel";
import { channelSlices, type ChannelSlice } from "./channel-slices";
import { sizeOf, type Graph, type Node, type Shape } from "./ir";
import type { Operand, Step, Weight } from "./program";

export interface LowerOptions {
  readonly elem: Elem;
  /** Default: DEFAULT_CHOICE for all. */
  readonly chooseConv?: (params: Conv2dParams) => ConvChoice;
}

/** Collects the steps and weights of a program. */
export class ProgramBuilder {
  readonly elem: Elem;
  /** How a convolution is to be computed. */
  readonly chooseConv: (params: Conv2dParams) => ConvChoice;
  readonly steps: Step[] = [];
  readonly weights: Weight[] = [];
  /** Values that lie among the channels of another one. */
  readonly slices: ReadonlyMap<string, ChannelSlice>;
  readonly #graph: Graph;
  readonly #shapes = new Map<string, Shape>();
  /** Value -> the value whose buffer it shares (reshapes). */
  readonly #aliases = new Map<string, string>();
  readonly #weightIndex = new Map<string, number>();
  #temporaries = 0;

  constructor(graph: Graph, { elem, chooseConv = () => DEFAULT_CHOICE }: LowerOptions) {
    this.#graph = graph;
    this.elem = elem;
    this.chooseConv = chooseConv;
    this.slices = channelSlices(graph);
    for (const { name, shape } of graph.inputs) this.#shapes.set(name, shape);
    for (const { output, shape } of graph.nodes) this.#shapes.set(output, shape);
  }

  /** Shape of an input, constant, node output or temporary. */
  shape(name: string): Shape {
    return this.#shapes.get(name) ?? this.#graph.constants.get(name)!.shape;
  }

  isConstant(name: string): boolean {
    return this.#graph.constants.has(name);
  }

  /** Whether the constant has values of 8 bits. */
  hasInt8(name: string): boolean {
    return this.#graph.constants.get(name)?.int8 !== undefined;
  }

  /** `name` is another view of `source`'s elements. */
  alias(name: string, source: string): void {
    this.#aliases.set(name, this.root(source));
  }

  root(name: string): string {
    return this.#aliases.get(name) ?? name;
  }

  /** A value between the steps of one node. */
  temporary(output: string, shape: Shape): string {
    const name = `${output}#${this.#temporaries++}`;
    this.#shapes.set(name, shape);
    return name;
  }

  /** Adds a dispatch. Inputs are value or constant names by binding; `packing` of the plan applies to constants. */
  step(kernel: string, plan: KernelPlan, inputs: Readonly<Record<string, string>>, output: string, node: Node): void {
    const operands: Record<string, Operand> = {};
    for (const [binding, name] of Object.entries(inputs))
      operands[binding] = this.isConstant(name)
        ? this.#weight(name, plan.packing?.[binding])
        : { kind: "value", value: this.root(name) };
    operands["dst"] = { kind: "value", value: this.root(output) };
    this.steps.push({ kernel, plan, operands, output: this.root(output), origin: node.origin });
  }

  /** Like step(), with one more operand whose content lowering made. */
  stepWithData(
    kernel: string,
    plan: KernelPlan,
    inputs: Readonly<Record<string, string>>,
    data: { binding: string; values: Float32Array },
    output: string,
    node: Node,
  ): void {
    this.step(kernel, plan, inputs, output, node);
    const step = this.steps.pop()!;
    const operand = this.#addWeight(
      `${output}.${data.binding}`,
      { layout: "pad", length: data.values.length },
      data.values,
    );
    this.steps.push({ ...step, operands: { ...step.operands, [data.binding]: operand } });
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
