/** Looks at the numbers of every layer, to find the first that is not finite. */
import { DeviceError } from "../base/errors";
import { sizeOf } from "../graph/ir";
import type { Step } from "../graph/lower/program";
import { elemBytes, type Elem } from "../kernels/kernel";
import type { BoundProgram } from "./bound-program";
import { CommandScope } from "./command-scope";

/**
 * Runs the program step by step on the current contents of its inputs. Throws DeviceError with the first input or layer that has numbers that
 * are not finite, or in f16 at the end of its range. Slow: each step waits for the one before, and then calls `beat`.
 */
export async function checkProgram(device: GPUDevice, bound: BoundProgram, beat: () => void): Promise<void> {
  const { inputs, steps, label, elem } = bound.program;
  for (const { name, value } of inputs) {
    const problem = await problemOf(device, bound, value, elem);
    if (problem !== undefined) throw fault(`${label}, input "${name}"`, problem, elem);
  }
  /** A value may be written in parts. */
  const lastWrite = new Map(steps.map(({ output }, i) => [output, i]));
  for (const [i, step] of steps.entries()) {
    const scope = new CommandScope(device, { where: label });
    scope.run(() => {
      const encoder = device.createCommandEncoder({ label });
      const pass = encoder.beginComputePass({ label });
      bound.encode(pass, i, i + 1);
      pass.end();
      scope.submit(encoder);
    });
    await scope.check();
    beat();
    if (lastWrite.get(step.output) !== i) continue;
    const stored = (step.plan.constants["dst_elem"] as Elem | undefined) ?? elem;
    const problem = await problemOf(device, bound, step.output, stored);
    if (problem !== undefined) throw fault(`${label}, ${layerName(step)}`, problem, elem);
  }
}

/** "layer conv1 (conv/direct)". */
function layerName({ origin, output, kernel }: Step): string {
  return `layer ${origin.length > 0 ? origin.join(" + ") : output} (${kernel})`;
}

function fault(where: string, received: string, elem: Elem): DeviceError {
  const hint =
    elem === "f16"
      ? "In f16, numbers past 65,504 are infinite: load with precision: 'f32'."
      : "A weight or an input may not be a number, or numbers grow past 3.4e38.";
  return new DeviceError({ where, expected: `numbers within the range of ${elem}`, received, hint });
}

/** Masks of exponent and magnitude, and the largest number. */
const BITS = {
  f32: { exponent: 0x7f800000, magnitude: 0x7fffffff, largest: 0x7f7fffff },
  f16: { exponent: 0x7c00, magnitude: 0x7fff, largest: 0x7bff },
} as const;

/** What is wrong with the elements of a value that are stored as `elem`; undefined where nothing is. */
async function problemOf(
  device: GPUDevice,
  bound: BoundProgram,
  value: string,
  elem: Elem,
): Promise<string | undefined> {
  const { buffer, shape } = bound.value(value);
  const bytes = sizeOf(shape) * elemBytes(bound.elem);
  const size = Math.ceil(bytes / 4) * 4;
  const scope = new CommandScope(device, { where: bound.program.label });
  const staging = scope.run(() => {
    const copy = device.createBuffer({ size, usage: GPUBufferUsage.MAP_READ | GPUBufferUsage.COPY_DST });
    const encoder = device.createCommandEncoder();
    encoder.copyBufferToBuffer(buffer, 0, copy, 0, size);
    scope.submit(encoder);
    return copy;
  });
  try {
    await Promise.all([staging.mapAsync(GPUMapMode.READ), scope.check()]);
    const mapped = staging.getMappedRange();
    const count = bytes / elemBytes(elem);
    const words = elem === "f16" ? new Uint16Array(mapped, 0, count) : new Uint32Array(mapped, 0, count);
    const { exponent, magnitude, largest } = BITS[elem];
    let [infinite, extreme] = [0, 0];
    for (const word of words) {
      if ((word & exponent) === exponent) infinite++;
      else if ((word & magnitude) === largest) extreme++;
    }
    if (infinite > 0) return `${infinite} of ${count} that are not finite`;
    return extreme > 0 ? `${extreme} of ${count} at the end of it` : undefined;
  } finally {
    staging.destroy();
  }
}
