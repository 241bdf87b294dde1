/** Looks at the numbers of every layer, to find the first that is not finite. */
import { DeviceError } from "../base/errors";
import { sizeOf } from "../graph/ir";
import type { Step } from "../graph/lower/program";
import { elemBytes, type Elem } from "../kernels/kernel";
import type { BoundProgram } from "./bound-program";
import { CommandScope } from "./command-scope";
import { readBuffer } from "./read-buffer";
import { BITS, F16_HINT, wordsOf } from "./storage";

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
  const hint = elem === "f16" ? F16_HINT : "A weight or an input may not be a number, or numbers grow past 3.4e38.";
  return new DeviceError({ where, expected: `numbers within the range of ${elem}`, received, hint });
}

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
  const words = wordsOf(await readBuffer(device, scope, buffer, size), bytes / elemBytes(elem), elem);
  const { magnitude, largest } = BITS[elem];
  let [infinite, extreme] = [0, 0];
  for (const word of words) {
    if ((word & magnitude) > largest) infinite++;
    else if ((word & magnitude) === largest) extreme++;
  }
  if (infinite > 0) return `${infinite} of ${words.length} that are not finite`;
  return extreme > 0 ? `${extreme} of ${words.length} at the end of it` : undefined;
}
