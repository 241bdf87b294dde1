/** A program on a device: pipelines, buffers and bind groups made once, then recorded again and again. */
import { CommandScope } from "./command-scope";
import { DeviceError } from "../base/errors";
import { runtimeBytes } from "../kernels/assemble";
import { elemBytes, type Elem } from "../kernels/kernel";
import { Pacer } from "../base/pacer";
import { sizeOf, type Constant, type Shape } from "../graph/ir";
import { bindResources, SIZES, type AnyKernel, type Compiled, type PipelineCache } from "./pipelines";
import { bufferBytes, type Operand, type Port, type Program, type Step } from "../graph/lower/program";
import { keyed, type WeightStore } from "./weight-store";

/** Bind groups that are made between two pauses. */
const STRETCH = 256;

interface Dispatch {
  readonly compiled: Compiled;
  readonly bindGroup: GPUBindGroup;
  readonly grid: readonly [number, number, number];
}

/** Holds everything a run needs; a run allocates nothing. */
export class BoundProgram {
  readonly program: Program;
  /** Buffers of inputs and outputs, by kind and name. */
  readonly #ports: ReadonlyMap<string, GPUBuffer>;
  readonly #slots: readonly GPUBuffer[];
  /** Buffers that this program alone uses (slots and run-time sizes); dispose() frees them. */
  readonly #owned: readonly GPUBuffer[];
  readonly #dispatches: readonly Dispatch[];

  private constructor(
    program: Program,
    slots: readonly GPUBuffer[],
    owned: readonly GPUBuffer[],
    dispatches: readonly Dispatch[],
  ) {
    this.program = program;
    this.#slots = slots;
    const ports = (kind: "input" | "output", list: readonly Port[]): [string, GPUBuffer][] =>
      list.map(({ name, value }) => [`${kind} ${name}`, slots[program.placements.get(value)!.slot]!]);
    this.#ports = new Map([...ports("input", program.inputs), ...ports("output", program.outputs)]);
    this.#owned = owned;
    this.#dispatches = dispatches;
  }

  /** Compiles, allocates and uploads in parallel. Programs of one WeightStore are created one at a time. Frees everything when it throws. */
  static async create(
    device: GPUDevice,
    program: Program,
    kernels: Readonly<Record<string, AnyKernel>>,
    constants: ReadonlyMap<string, Constant>,
    pipelines: PipelineCache,
    weights: WeightStore,
    pacer = new Pacer(),
  ): Promise<BoundProgram> {
    checkLimits(device, program);
    const pending: Promise<Compiled>[] = [];
    for (const step of program.steps) {
      const pipeline = pipelines.get(kernels[step.kernel]!, step.plan);
      pipeline.then(pacer.beat, () => undefined); // an error is reported below
      pending.push(pipeline);
      await pacer.pause();
    }
    const requests = await pacer.finish(
      keyed(
        program.weights.map(({ constant, data, packing }) => ({
          name: constant,
          content: data ? { data } : constants.get(constant)!,
          packing,
        })),
      ),
    );
    const buffers: GPUBuffer[] = [];
    let reserved: readonly GPUBuffer[] = [];
    const allocate = (label: string, size: number, usage: GPUBufferUsageFlags): GPUBuffer => {
      const buffer = device.createBuffer({ label: `${program.label} ${label}`, size, usage });
      buffers.push(buffer);
      return buffer;
    };
    try {
      const memory = new CommandScope(device, {
        where: program.label,
        expected: `${program.weightBytes + program.activationBytes} bytes of GPU memory`,
        hint: "Use a smaller size, or precision: 'f16' or 'f16-weights'.",
      });
      const { slots, filled, sizes } = memory.run(() => {
        const slots = program.slots.map((size, i) =>
          allocate(`slot ${i}`, size, GPUBufferUsage.STORAGE | GPUBufferUsage.COPY_SRC | GPUBufferUsage.COPY_DST),
        );
        const filled = weights.reserve(requests);
        reserved = filled.made;
        return { slots, filled, sizes: uploadSizes(device, program, kernels, allocate) };
      });
      const { ranges } = filled;
      const allowed = memory.check();
      allowed.catch(() => undefined); // reported below
      const scope = new CommandScope(device, { where: program.label });
      if (reserved.length > 0) {
        await allowed; // a refused allocation makes packing the weights useless
        // The driver compiles the pipelines meanwhile.
        await filled.fill(pacer, scope);
        await scope.check();
        reserved = []; // filled weights stay in the store for other programs, even when this one fails
      }
      const compiled = await Promise.all(pending);
      const bind = (step: Step, i: number): Dispatch => {
        const resources: Record<string, GPUBindingResource> = {};
        for (const [binding, operand] of Object.entries(step.operands)) {
          if (operand.kind === "weight") resources[binding] = ranges[operand.weight]!;
          else {
            const { slot } = program.placements.get(operand.value)!;
            const offset = (operand.range?.first ?? 0) * elemBytes(program.elem);
            resources[binding] = { buffer: slots[slot]!, offset, size: boundBytes(program, operand) };
          }
        }
        if (sizes[i]) resources[SIZES] = sizes[i];
        const bindGroup = bindResources(device, compiled[i]!, kernels[step.kernel]!, step.plan, resources);
        return { compiled: compiled[i]!, bindGroup, grid: step.plan.grid };
      };
      const dispatches: Dispatch[] = [];
      for (let first = 0; first < program.steps.length; first += STRETCH) {
        const steps = program.steps.slice(first, first + STRETCH);
        scope.run(() => steps.forEach((step, i) => dispatches.push(bind(step, first + i))));
        await pacer.pause();
      }
      await Promise.all([allowed, scope.check()]);
      return new BoundProgram(program, slots, buffers, dispatches);
    } catch (error) {
      for (const buffer of buffers) buffer.destroy();
      weights.discard(reserved);
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
    return this.#buffer(`input ${name}`);
  }

  /** The buffer of an output, valid after the encoded pass has run and until the next run. */
  output(name: string): GPUBuffer {
    return this.#buffer(`output ${name}`);
  }

  /** The buffer and shape of a value, which other values overwrite later in the run. */
  value(name: string): { readonly buffer: GPUBuffer; readonly shape: Shape } {
    const { slot, shape } = this.program.placements.get(name)!;
    return { buffer: this.#slots[slot]!, shape };
  }

  #buffer(port: string): GPUBuffer {
    const buffer = this.#ports.get(port);
    if (buffer) return buffer;
    const expected = `one of ${[...this.#ports.keys()].join(", ")}`;
    throw new DeviceError({ where: this.program.label, expected, received: port });
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
    for (const buffer of this.#owned) buffer.destroy();
  }
}

/** One uniform buffer with the run-time constants of all steps, and the range of each step that has any. */
function uploadSizes(
  device: GPUDevice,
  program: Program,
  kernels: Readonly<Record<string, AnyKernel>>,
  allocate: (label: string, size: number, usage: GPUBufferUsageFlags) => GPUBuffer,
): (GPUBufferBinding | undefined)[] {
  const all = program.steps.map((step) => runtimeBytes(kernels[step.kernel]!, step.plan));
  const stride = device.limits.minUniformBufferOffsetAlignment;
  const offsets: number[] = [];
  let total = 0;
  for (const bytes of all) {
    offsets.push(total);
    if (bytes) total += Math.ceil(bytes.length / stride) * stride;
  }
  if (total === 0) return all.map(() => undefined);
  const buffer = allocate("sizes", total, GPUBufferUsage.UNIFORM | GPUBufferUsage.COPY_DST);
  const content = new Uint8Array(total);
  all.forEach((bytes, i) => bytes && content.set(bytes, offsets[i]!));
  device.queue.writeBuffer(buffer, 0, content);
  return all.map((bytes, i) => bytes && { buffer, offset: offsets[i]!, size: bytes.length });
}

/** Bytes of a value that a step binds. */
function boundBytes({ placements, elem }: Program, { value, range }: Operand & { readonly kind: "value" }): number {
  return bufferBytes(range?.count ?? sizeOf(placements.get(value)!.shape), elem);
}

function checkLimits(device: GPUDevice, program: Program): void {
  const { maxStorageBufferBindingSize, maxBufferSize } = device.limits;
  const largest = program.slots.reduce((most, bytes) => Math.max(most, bytes), 0);
  let bound = 0;
  for (const { operands } of program.steps)
    for (const operand of Object.values(operands))
      if (operand.kind === "value") bound = Math.max(bound, boundBytes(program, operand));
  const check = (received: number, limit: number): void => {
    if (received <= limit) return;
    throw new DeviceError({
      where: program.label,
      expected: `activations of at most ${limit} bytes on this adapter`,
      received: `${received}`,
      hint: "Use a smaller size, or precision: 'f16'.",
    });
  };
  check(largest, maxBufferSize);
  check(bound, maxStorageBufferBindingSize);
}
