/**
 * A graph as text, one value a line:
 *
 *     %x: input f32[1,8,8,4]
 *     %w: const f32[3,3,4,8]
 *     %a: f32[1,8,8,8] = conv(%x, %w, %b) {strides=1x1 pads=1x1x1x1 activation=relu}  # Conv_3
 *     output "ab" = %a
 *     # 1 node, 36.9 kFLOP, 2.0 KiB of activations, 1.2 KiB of constants
 */
import { totals } from "./cost";
import type { Activation, Graph, Node, Shape } from "./ir";
import type { Ops } from "./op";

interface PrintOptions {
  /** List constants (default true). */
  readonly constants?: boolean;
  /** Add `# origin` to nodes (default true). */
  readonly origin?: boolean;
}

/** `relu`, `leakyRelu(alpha=0.2)`. */
export function printActivation({ fn, ...parameters }: Activation): string {
  const list = Object.entries(parameters).map(([key, value]) => `${key}=${value as number}`);
  return list.length === 0 ? fn : `${fn}(${list.join(" ")})`;
}

function printAttribute(value: unknown): string {
  if (Array.isArray(value)) {
    const items = value.length > 8 ? [...value.slice(0, 8), `...${value.length - 8} more`] : value;
    return items.length === 0 ? "[]" : items.join("x");
  }
  if (typeof value === "object" && value !== null) return printActivation(value as Activation);
  return String(value);
}

/** Whether an attribute has its default value and is not printed: identity activation, one group, dilations of 1. */
function isDefault(key: string, value: unknown): boolean {
  if (key === "activation") return (value as Activation).fn === "identity";
  if (key === "groups") return value === 1;
  if (key === "dilations") return (value as readonly number[]).every((n) => n === 1);
  return false;
}

function printType(shape: Shape): string {
  return `f32[${shape.join(",")}]`;
}

function printNode(node: Node, options: PrintOptions = {}): string {
  const attributes = Object.entries(node.attributes)
    .filter(([key, value]) => !isDefault(key, value))
    .map(([key, value]) => `${key}=${printAttribute(value)}`);
  const inputs = node.inputs.map((name) => `%${name}`).join(", ");
  let line = `%${node.output}: ${printType(node.shape)} = ${node.op}(${inputs})`;
  if (attributes.length > 0) line += ` {${attributes.join(" ")}}`;
  if (options.origin !== false && node.origin.length > 0) line += `  # ${node.origin.join(", ")}`;
  return line;
}

/** 1234567 -> "1.2 M" with the given unit and base. */
function scaled(value: number, unit: string, base: 1000 | 1024): string {
  const prefixes = base === 1000 ? ["", "k", "M", "G", "T"] : ["", "Ki", "Mi", "Gi", "Ti"];
  let power = 0;
  while (value >= base && power < prefixes.length - 1) {
    value /= base;
    power++;
  }
  return `${power === 0 ? value : value.toFixed(1)} ${prefixes[power]}${unit}`;
}

/** One line: nodes, arithmetic, bytes as f32. */
export function printTotals(graph: Graph, ops: Ops): string {
  const { nodes, flops, activations, constants } = totals(graph, ops);
  return [
    `${nodes} ${nodes === 1 ? "node" : "nodes"}`,
    scaled(flops, "FLOP", 1000),
    `${scaled(4 * activations, "B", 1024)} of activations`,
    `${scaled(4 * constants, "B", 1024)} of constants`,
  ].join(", ");
}

export function printGraph(graph: Graph, ops: Ops, options: PrintOptions = {}): string {
  const lines = graph.inputs.map((input) => `%${input.name}: input ${printType(input.shape)}`);
  if (options.constants !== false)
    for (const [name, constant] of graph.constants) lines.push(`%${name}: const ${printType(constant.shape)}`);
  for (const node of graph.nodes) lines.push(printNode(node, options));
  for (const output of graph.outputs) lines.push(`output "${output.name}" = %${output.value}`);
  lines.push(`# ${printTotals(graph, ops)}`);
  return lines.join("\n");
}
