/** A program on a device: pipelines, buffers and bind groups made once, then recorded again and again. */
import { DeviceError } from "../errors";
import type { Elem } from "../kernels/kernel";
import { sizeOf, type Constant } from "./ir";
import { bindResources, type Compiled, type PipelineCache } from "./pipelines";
import { bufferBytes, type Port, type Program } from "./program";
import { KERNELS } from "./registry";
import type { WeightStore } from "./weight-store";

interface Dispatch {
  readonly compiled: Compiled;
  readonly bindGroup: GPUBindGroup;
  readonly grid: readonly [number, number, number];
}

/** Everything a run needs, ready; running allocates nothing. */
export class BoundProgram {
  readonly program: Program;
  readonly #slots: readonly GPUBuffer[];
  readonly #dispatches: readonly Dispatch[];

  private constructor(program: Program, slots: readonly GPUBuffer[], dispatches: readonly Dispatch[]) {
    this.program = program;
    this.#slots = slots;
    this.#dispatches = dispatches;
  }

  /** Compiles, allocates and uploads in parallel. Nothing is left allocated when it throws. */
  static async create(
    device: GPUDevice,
    program: Program,
    constants: ReadonlyMap<string, Constant>,
    pipelines: PipelineCache,
    weights: WeightStore,
  ): Promise<BoundProgram> {
    checkLimits(device, program);
    const compiling = Promise.all(program.steps.map((step) => pipelines.get(KERNELS[step.kernel]!, step.plan)));
    compiling.catch(() => undefined); // reported below, after the scopes are popped
    device.pushErrorScope("validation");
    device.pushErrorScope("out-of-memory");
    const slots = program.slots.map((size, i) =>
      device.createBuffer({
        label: `${program.label} slot ${i}`,
        size,
        usage: GPUBufferUsage.STORAGE | GPUBufferUsage.COPY_SRC | GPUBufferUsage.COPY_DST,
      }),
    );
    try {
      const ranges = weights.load(
        program.weights.map(({ constant, data, packing }) => ({
          name: constant,
          data: data ?? constants.get(constant)!.data,
          packing,
        })),
      );
      const failures = await Promise.all([device.popErrorScope(), device.popErrorScope()]);
      const failure = failures.find((error) => error !== null);
      if (failure)
        throw new DeviceError({
          where: program.label,
          expected: `${program.weightBytes + program.activationBytes} bytes of GPU memory`,
          received: failure.message,
          hint: "Use a smaller size, or precision: 'f16'.",
        });
      const compiled = await compiling;
      const dispatches = program.steps.map((step, i): Dispatch => {
        const resources: Record<string, GPUBindingResource> = {};
        for (const [binding, operand] of Object.entries(step.operands)) {
          if (operand.kind === "weight") resources[binding] = ranges[operand.weight]!;
          else {
            const { shape, slot } = program.placements.get(operand.value)!;
            resources[binding] = { buffer: slots[slot]!, size: bufferBytes(sizeOf(shape), program.elem) };
          }
        }
        const bindGroup = bindResources(device, compiled[i]!, KERNELS[step.kernel]!, step.plan, resources);
        return { compiled: compiled[i]!, bindGroup, grid: step.plan.grid };
      });
      return new BoundProgram(program, slots, dispatches);
    } catch (error) {
      for (const slot of slots) slot.destroy();
      throw error;
    }
  }

  get elem(): Elem {
    return this.program.elem;
  }

  /** GPU memory while running, in bytes: activations and weights. */
  get peakBytes(): number {
    return this.program.activationBytes + this.program.weightBytes;
  }

  get steps(): number {
    return this.#dispatches.length;
  }

  /** The buffer of an input: elements of type `elem`, row-major in the input's shape. Write it before encode(). */
  input(name: string): GPUBuffer {
    return this.#buffer(this.program.inputs, name);
  }

  /** The buffer of an output, valid after the encoded pass has run and until the next run. */
  output(name: string): GPUBuffer {
    return this.#buffer(this.program.outputs, name);
  }

  #buffer(ports: readonly Port[], name: string): GPUBuffer {
    const port = ports.find((p) => p.name === name);
    const placement = port && this.program.placements.get(port.value);
    if (!placement)
      throw new DeviceError({
        where: this.program.label,
        expected: `one of ${ports.map((p) => p.name).join(", ")}`,
        received: name,
      });
    return this.#slots[placement.slot]!;
  }

  /** Records all steps, or those from `first` up to but not including `end`. */
  encode(pass: GPUComputePassEncoder, first = 0, end = this.#dispatches.length): void {
    let current: GPUComputePipeline | undefined;
    for (let i = first; i < end; i++) {
      const { compiled, bindGroup, grid } = this.#dispatches[i]!;
      if (compiled.pipeline !== current) pass.setPipeline((current = compiled.pipeline));
      pass.setBindGroup(0, bindGroup);
      pass.dispatchWorkgroups(...grid);
    }
  }

  destroy(): void {
    for (const slot of this.#slots) slot.destroy();
  }
}

function checkLimits(device: GPUDevice, program: Program): void {
  const limit = Math.min(device.limits.maxStorageBufferBindingSize, device.limits.maxBufferSize);
  const largest = Math.max(0, ...program.slots);
  if (largest > limit)
    throw new DeviceError({
      where: program.label,
      expected: `activations of at most ${limit} bytes on this adapter`,
      received: `${largest}`,
      hint: "Use a smaller size, or precision: 'f16'.",
    });
}
