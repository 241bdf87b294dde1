/** One run of a bound program: tensors in, tensors out. */
import { CommandScope } from "../gpu/command-scope";
import type { BoundProgram } from "../gpu/bound-program";
import { sizeOf } from "../graph/ir";
import { bufferBytes, type Port } from "../graph/lower/program";
import { floatsOf, type InputTensor, type Tensor } from "./inputs";
import { loadedElements, storedElements } from "../gpu/storage";
import { submitProgram } from "../gpu/submit";

/** Inputs by name, all of them; resolves with every output. Throws DeviceError when the device refuses the commands. */
export async function runProgram(
  device: GPUDevice,
  bound: BoundProgram,
  inputs: Readonly<Record<string, InputTensor>>,
): Promise<Record<string, Tensor>> {
  const { program } = bound;
  const { elem } = program;
  const scope = new CommandScope(device, { where: program.label });
  const staged: { port: Port; staging: GPUBuffer }[] = [];
  try {
    scope.run(() => {
      for (const { name } of program.inputs)
        device.queue.writeBuffer(bound.input(name), 0, storedElements(floatsOf(inputs[name]!), elem));
      submitProgram(device, bound);
      const encoder = device.createCommandEncoder({ label: program.label });
      for (const port of program.outputs) {
        const size = bufferBytes(sizeOf(port.shape), elem);
        const staging = device.createBuffer({ size, usage: GPUBufferUsage.MAP_READ | GPUBufferUsage.COPY_DST });
        staged.push({ port, staging });
        encoder.copyBufferToBuffer(bound.output(port.name), 0, staging, 0, size);
      }
      device.queue.submit([encoder.finish()]);
    });
    await Promise.all([scope.check(), ...staged.map(({ staging }) => staging.mapAsync(GPUMapMode.READ))]);
    return Object.fromEntries(
      staged.map(({ port, staging }) => {
        const data = loadedElements(staging.getMappedRange(), sizeOf(port.shape), elem);
        return [port.name, { data, shape: port.shape }];
      }),
    );
  } finally {
    for (const { staging } of staged) staging.destroy();
  }
}
