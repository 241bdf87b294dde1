/** One run of a bound program: tensors in, tensors out. */
import { sizeOf, type Shape } from "../graph/ir";
import { bufferBytes, type Port } from "../graph/lower/program";
import type { BoundProgram } from "./bound-program";
import { CommandScope } from "./command-scope";
import { loadedElements, storedElements } from "./storage";
import { submitProgram } from "./submit";

/** A tensor on the CPU: row-major float32 elements. */
export interface Tensor {
  readonly data: Float32Array;
  readonly shape: Shape;
  /** Of an output of whole numbers that is known at load: its elements, exact to 2^53, where `data` has them rounded to floats. */
  readonly integers?: Float64Array;
}

/** Row-major elements of all inputs by name; resolves with every output. Throws DeviceError when the device refuses the commands. */
export async function runProgram(
  device: GPUDevice,
  bound: BoundProgram,
  inputs: Readonly<Record<string, Float32Array>>,
): Promise<Record<string, Tensor>> {
  const { program } = bound;
  const { elem } = program;
  const scope = new CommandScope(device, { where: program.label });
  const staged: { port: Port; staging: GPUBuffer }[] = [];
  try {
    scope.run(() => {
      for (const { name } of program.inputs)
        device.queue.writeBuffer(bound.input(name), 0, storedElements(inputs[name]!, elem));
      submitProgram(device, bound, scope);
      const encoder = device.createCommandEncoder({ label: program.label });
      for (const port of program.outputs) {
        const size = bufferBytes(sizeOf(port.shape), elem);
        const staging = device.createBuffer({ size, usage: GPUBufferUsage.MAP_READ | GPUBufferUsage.COPY_DST });
        staged.push({ port, staging });
        encoder.copyBufferToBuffer(bound.output(port.name), 0, staging, 0, size);
      }
      scope.submit(encoder);
    });
    await Promise.all([scope.check(), ...staged.map(({ staging }) => staging.mapAsync(GPUMapMode.READ))]);
    return Object.fromEntries(
      staged.map(({ port, staging }) => {
        const data = loadedElements(staging.getMappedRange(), sizeOf(port.shape), elem);
        const integers = port.whole && Float64Array.from(port.whole.data);
        return [port.name, { data, shape: port.shape, ...(integers && { integers }) }];
      }),
    );
  } finally {
    for (const { staging } of staged) staging.destroy();
  }
}
