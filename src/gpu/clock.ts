/** Times recorded work on a device: wall time from submit to completion, and GPU timestamps where the device has them. */

/** Milliseconds of one recording. */
interface Lap {
  readonly wall: number;
  readonly gpu: number | undefined;
}

export type Encode = (pass: GPUComputePassEncoder) => void;

export class GpuClock {
  readonly #device: GPUDevice;
  readonly #queries:
    { readonly set: GPUQuerySet; readonly resolved: GPUBuffer; readonly staging: GPUBuffer } | undefined;

  constructor(device: GPUDevice) {
    this.#device = device;
    if (!device.features.has("timestamp-query")) return;
    const { QUERY_RESOLVE, COPY_SRC, COPY_DST, MAP_READ } = GPUBufferUsage;
    this.#queries = {
      set: device.createQuerySet({ type: "timestamp", count: 2 }),
      resolved: device.createBuffer({ size: 16, usage: QUERY_RESOLVE | COPY_SRC }),
      staging: device.createBuffer({ size: 16, usage: MAP_READ | COPY_DST }),
    };
  }

  get kind(): "timestamps" | "wall" {
    return this.#queries ? "timestamps" : "wall";
  }

  /** Records `encode` `count` times in one pass and runs it; times are per recording. */
  async lap(encode: Encode, count = 1): Promise<Lap> {
    const device = this.#device;
    const queries = this.#queries;
    const encoder = device.createCommandEncoder();
    const timestampWrites = queries && { querySet: queries.set, beginningOfPassWriteIndex: 0, endOfPassWriteIndex: 1 };
    const pass = encoder.beginComputePass({ timestampWrites });
    for (let i = 0; i < count; i++) encode(pass);
    pass.end();
    if (queries) {
      encoder.resolveQuerySet(queries.set, 0, 2, queries.resolved, 0);
      encoder.copyBufferToBuffer(queries.resolved, 0, queries.staging, 0, 16);
    }
    const commands = encoder.finish();
    const start = performance.now();
    device.queue.submit([commands]);
    await Promise.all([device.queue.onSubmittedWorkDone(), queries?.staging.mapAsync(GPUMapMode.READ)]);
    const wall = (performance.now() - start) / count;
    if (!queries) return { wall, gpu: undefined };
    const [from, to] = new BigUint64Array(queries.staging.getMappedRange());
    const nanoseconds = Number(to! - from!);
    queries.staging.unmap();
    // Browsers round timestamps; a duration that rounds to zero took at most one step.
    return { wall, gpu: Math.max(nanoseconds / 1e6, 1e-3) / count };
  }

  destroy(): void {
    this.#queries?.set.destroy();
    this.#queries?.resolved.destroy();
    this.#queries?.staging.destroy();
  }
}
