/** Time of recorded work on a device: wall time from submit to done, and GPU timestamps where there are any. */

/** Milliseconds of one recording. */
export interface Lap {
  readonly wall: number;
  readonly gpu: number | undefined;
}

/** Submits that are timed should take about this long, so that the clock and the submit itself count for little. */
const TARGET_MS = 50;
const MOST_RECORDINGS = 4096;

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

  /** Records `encode` `count` times in one pass and runs it; times are per recording. */
  async lap(encode: (pass: GPUComputePassEncoder) => void, count = 1): Promise<Lap> {
    const device = this.#device;
    const queries = this.#queries;
    const encoder = device.createCommandEncoder();
    const timestampWrites = queries && {
      querySet: queries.set,
      beginningOfPassWriteIndex: 0,
      endOfPassWriteIndex: 1,
    };
    const pass = encoder.beginComputePass(timestampWrites && { timestampWrites });
    for (let i = 0; i < count; i++) encode(pass);
    pass.end();
    if (queries) {
      encoder.resolveQuerySet(queries.set, 0, 2, queries.resolved, 0);
      encoder.copyBufferToBuffer(queries.resolved, 0, queries.staging, 0, 16);
    }
    const commands = encoder.finish();
    const start = performance.now();
    device.queue.submit([commands]);
    await device.queue.onSubmittedWorkDone();
    const wall = (performance.now() - start) / count;
    if (!queries) return { wall, gpu: undefined };
    await queries.staging.mapAsync(GPUMapMode.READ);
    const [from, to] = new BigUint64Array(queries.staging.getMappedRange());
    const gpu = Number(to! - from!) / 1e6 / count;
    queries.staging.unmap();
    return { wall, gpu: gpu > 0 ? gpu : undefined };
  }

  /** Warms up; returns how many recordings make a submit long enough to time. */
  async calibrate(encode: (pass: GPUComputePassEncoder) => void): Promise<number> {
    await this.lap(encode);
    let count = 1;
    for (;;) {
      const { wall } = await this.lap(encode, count);
      if (wall * count >= TARGET_MS / 2 || count >= MOST_RECORDINGS) return count;
      count = Math.min(MOST_RECORDINGS, Math.max(2 * count, Math.ceil(TARGET_MS / Math.max(wall, 1e-3))));
    }
  }

  destroy(): void {
    this.#queries?.set.destroy();
    this.#queries?.resolved.destroy();
    this.#queries?.staging.destroy();
  }
}
