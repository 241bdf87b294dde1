/** Runs convolutions with random operands on a device, for the search to time. */
import { lossAfterError } from "../gpu/device-loss";
import { unsliced } from "../graph/lower/conv-choice";
import { convGraph, type ConvConstants } from "./conv-graph";
import type { Engine } from "../graph/engine";
import { BoundProgram } from "../gpu/bound-program";
import { sizeOf } from "../graph/ir";
import { lower } from "../graph/lower/lower";
import type { PipelineCache } from "../gpu/pipelines";
import { bufferBytes } from "../graph/lower/program";
import { CommandScope } from "../gpu/command-scope";
import { loadedElements, storedElements } from "../gpu/storage";
import { WeightStore } from "../gpu/weight-store";
import type { ConvChoice } from "../kernels/conv/algorithms";
import type { Conv2dParams } from "../kernels/conv/params";
import { elemBytes, type Elem } from "../kernels/kernel";
import { GpuClock } from "../gpu/clock";
import type { Trial, TrialBench } from "./search";

/** Period of the random numbers in elements: 2 x 181 x 181, not a multiple of the row length of usual images. */
const PERIOD = 65_522;
/** Number of output elements that are compared: half from the start and half from the end of a larger output. */
const COMPARED = 2 ** 20;

function randoms(count: number): Float32Array {
  const period = Float32Array.from({ length: Math.min(count, PERIOD) }, () => Math.random() * 2 - 1);
  const values = new Float32Array(count);
  for (let at = 0; at < count; at += PERIOD) values.set(period.subarray(0, count - at), at);
  return values;
}

/** Measures convolutions on a device. Close all trials before the bench. */
export class GpuBench implements TrialBench {
  readonly #device: GPUDevice;
  readonly #pipelines: PipelineCache;
  readonly #engine: Engine;
  readonly #clock: GpuClock;
  /** Operands of the shape in progress; its weights are shared by the choices that pack them alike. */
  #shape:
    { readonly params: Conv2dParams; readonly constants: ConvConstants; readonly weights: WeightStore } | undefined;
  readonly #values = new Map<Elem, Uint8Array<ArrayBuffer>>();

  constructor(device: GPUDevice, pipelines: PipelineCache, engine: Engine) {
    this.#engine = engine;
    this.#device = device;
    this.#pipelines = pipelines;
    this.#clock = new GpuClock(device);
  }

  get clock(): "timestamps" | "wall" {
    return this.#clock.kind;
  }

  async open(params: Conv2dParams, choice: ConvChoice): Promise<Trial> {
    if (this.#shape?.params !== params) {
      this.#shape?.weights.destroy();
      const { kernel, inChannels, outChannels, groups, elem } = params;
      const weights = randoms((kernel[0] * kernel[1] * inChannels * outChannels) / groups);
      const constants = { weights, bias: randoms(outChannels) };
      this.#shape = { params, constants, weights: new WeightStore(this.#device, elem) };
    }
    const { constants, weights } = this.#shape;
    const graph = convGraph(unsliced(params), constants);
    const program = lower(graph, this.#engine, { elem: params.elem, chooseConv: () => choice });
    const bound = await BoundProgram.create(
      this.#device,
      program,
      this.#engine.kernels,
      graph.constants,
      this.#pipelines,
      weights,
    );
    for (const { name } of program.inputs) this.#fill(bound.input(name), params.elem);
    const count = sizeOf(program.outputs[0]!.shape);
    return {
      output: () => this.#output(bound, count),
      time: async (runs) => {
        const { wall, gpu } = await this.#clock.lap((pass) => bound.encode(pass), runs);
        return gpu ?? wall;
      },
      close: () => bound.destroy(),
    };
  }

  #fill(buffer: GPUBuffer, elem: Elem): void {
    let values = this.#values.get(elem);
    if (!values) this.#values.set(elem, (values = storedElements(randoms(PERIOD), elem)));
    for (let at = 0; at < buffer.size; at += values.length)
      this.#device.queue.writeBuffer(buffer, at, values, 0, Math.min(values.length, buffer.size - at));
  }

  async #output(bound: BoundProgram, count: number): Promise<Float32Array> {
    const device = this.#device;
    const dst = bound.output("dst");
    const whole = count <= COMPARED;
    // A slot is padded to 16 bytes, so the last bytes read of a large output may include padding.
    const bytes = bufferBytes(count, bound.elem);
    const size = whole ? bytes : COMPARED * elemBytes(bound.elem);
    const staging = device.createBuffer({ size, usage: GPUBufferUsage.MAP_READ | GPUBufferUsage.COPY_DST });
    try {
      const scope = new CommandScope(device, { where: "tuning" });
      scope.run(() => {
        const encoder = device.createCommandEncoder();
        const pass = encoder.beginComputePass();
        bound.encode(pass);
        pass.end();
        const parts = whole
          ? [[0, 0, size]]
          : [
              [0, 0, size / 2],
              [bytes - size / 2, size / 2, size / 2],
            ];
        for (const [from, to, length] of parts as [number, number, number][])
          encoder.copyBufferToBuffer(dst, from, staging, to, length);
        scope.submit(encoder);
      });
      await Promise.all([staging.mapAsync(GPUMapMode.READ), scope.check()]);
      return loadedElements(staging.getMappedRange(), whole ? count : COMPARED, bound.elem);
    } finally {
      staging.destroy();
    }
  }

  async lost(): Promise<boolean> {
    return (await lossAfterError(this.#device)).reason !== undefined;
  }

  close(): void {
    this.#shape?.weights.destroy();
    this.#clock.destroy();
  }
}
