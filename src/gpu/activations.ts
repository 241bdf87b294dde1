/** What one layer of a bound program computes, as grey pictures. */
import { InputError } from "../base/errors";
import { sizeOf } from "../graph/ir";
import { bufferBytes, type Program, type Step } from "../graph/lower/program";
import type { Elem } from "../kernels/kernel";
import type { Size } from "../base/size";
import type { BoundProgram } from "./bound-program";
import { CommandScope } from "./command-scope";
import { readBuffer } from "./read-buffer";
import { loadedElements } from "./storage";
import { submitProgram } from "./submit";

export interface Activations {
  readonly channels: number;
  /** Numbers of one channel. */
  readonly width: number;
  readonly height: number;
  /** Size of a tile: a channel with sides over 128 keeps every second number of a row and a column, or every third, and so on. */
  readonly tile: Size;
  /** One tile for each channel, row-major: 0 where the tile's numbers are least, 255 where they are largest; 0 where all are equal. */
  readonly data: Uint8Array<ArrayBuffer>;
}

/** Most numbers in a row or a column of a tile. */
const SIDE = 128;

/**
 * Runs the program on the current contents of its inputs until the value `name` is computed, and reads that. Where it is the intermediate
 * result of an algorithm, which has no channels, the algorithm's result is read. Throws InputError for a value that no step computes,
 * DeviceError when the device refuses the commands.
 */
export async function readActivations(device: GPUDevice, bound: BoundProgram, name: string): Promise<Activations> {
  const { steps, label, elem } = bound.program;
  const output = resultOf(bound.program, name);
  const last = steps.findLastIndex((step) => step.output === output);
  if (last < 0)
    throw new InputError({
      where: label,
      expected: "`output` of a row of profile()",
      received: JSON.stringify(name),
    });
  const { buffer, shape } = bound.value(output);
  const count = sizeOf(shape);
  const channels = channelsIn(bound.program)(output);
  const scope = new CommandScope(device, { where: label });
  scope.run(() => submitProgram(device, bound, scope, last + 1));
  const bytes = await readBuffer(device, scope, buffer, bufferBytes(count, elem));
  const stored = (steps[last]!.plan.constants["dst_elem"] as Elem | undefined) ?? elem;
  return tilesOf(loadedElements(bytes, count, stored), channels);
}

/** What gives a program's values as pictures of so many channels; of an intermediate result of an algorithm, what the algorithm computes. */
export function channelsIn(program: Program): (name: string) => Channels {
  const first = channelsFirst(program);
  return (name) => {
    const output = resultOf(program, name);
    const { shape } = program.placements.get(output)!;
    const isFirst = first.get(output) ?? false;
    const channels = (isFirst ? shape[1] : shape.at(-1)) ?? 1;
    const width = (isFirst ? shape[3] : shape.at(-2)) ?? 1;
    return { channels, width, height: sizeOf(shape) / channels / width, first: isFirst };
  };
}

/** The value itself, or where it is temporary (ProgramBuilder.temporary() makes its name), what is computed from it. */
function resultOf(program: Program, name: string): string {
  if (!/#\d+$/.test(name)) return name;
  const reads = ({ output, operands }: Step): boolean =>
    output !== name && Object.values(operands).some((operand) => operand.kind === "value" && operand.value === name);
  const reader = program.steps.find(reads);
  return reader ? resultOf(program, reader.output) : name;
}

/**
 * Whether the values of the steps are [1, channels, height, width], as ONNX orders pictures, and not [..., channels], as convolutions here do. In
 * one pass, because a network may have tens of thousands of steps.
 */
function channelsFirst({ steps, placements }: Program): ReadonlyMap<string, boolean> {
  const axes = (name: string): number => placements.get(name)!.shape.length;
  const first = new Map<string, boolean>();
  const ofStep = ({ output, kernel, operands }: Step): boolean => {
    if (axes(output) !== 4) return false;
    if (kernel === "matmul") return true; // a matrix for each head of an attention
    if (/conv|pool|resize|depth/i.test(kernel)) return false;
    const from = Object.values(operands).find((operand) => operand.kind === "value" && axes(operand.value) === 4);
    if (from?.kind !== "value") return false;
    const isFirst = first.get(from.value) ?? true; // an input of the program
    return isFirst !== (kernel === "transpose");
  };
  for (const step of steps) if (!first.has(step.output)) first.set(step.output, ofStep(step));
  return first;
}

interface Channels extends Size {
  readonly channels: number;
  /** Whether the numbers of a channel lie together, instead of those of a place. */
  readonly first: boolean;
}

function tilesOf(values: Float32Array, { channels, width, height, first }: Channels): Activations {
  const step = Math.ceil(Math.max(width, height) / SIDE);
  const tile = { width: Math.ceil(width / step), height: Math.ceil(height / step) };
  const area = tile.width * tile.height;
  const data = new Uint8Array(channels * area);
  const [perChannel, perPlace] = first ? [width * height, 1] : [1, channels];
  const numbers = new Float32Array(area);
  for (let channel = 0; channel < channels; channel++) {
    let [least, largest] = [Infinity, -Infinity];
    for (let i = 0; i < area; i++) {
      const place = Math.floor(i / tile.width) * step * width + (i % tile.width) * step;
      const value = (numbers[i] = values[channel * perChannel + place * perPlace]!);
      least = Math.min(least, value);
      largest = Math.max(largest, value);
    }
    const scale = largest > least ? 255 / (largest - least) : 0;
    data.set(
      numbers.map((value) => Math.round((value - least) * scale)),
      channel * area,
    );
  }
  return { channels, width, height, tile, data };
}
