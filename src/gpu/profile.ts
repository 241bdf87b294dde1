/** Measures the time of each step of a bound program. */
import type { Size } from "../base/size";
import { channelsIn } from "./activations";
import type { BoundProgram } from "./bound-program";

export interface ProfileRow {
  /** Name of the value that the step computes. */
  readonly output: string;
  /** That value as a picture: numbers in a row, rows, channels. */
  readonly size: Size & { readonly channels: number };
  readonly kernel: string;
  /** Names of the ONNX nodes that the step computes. */
  readonly origin: readonly string[];
  readonly milliseconds: number;
  readonly gflops: number;
  /** Billions of flops, and of bytes, per second. */
  readonly gflopsPerSecond: number;
  readonly gbytesPerSecond: number;
  /** Fraction of the sum of all rows, 0 to 1. */
  readonly share: number;
}

export interface Profile {
  /** timestamps: GPU time. wall: one submit per step, which adds its overhead to each row. */
  readonly clock: "timestamps" | "wall";
  readonly rows: readonly ProfileRow[];
  readonly milliseconds: number;
}

/** Runs the program once and times every step. */
export async function profileProgram(device: GPUDevice, bound: BoundProgram): Promise<Profile> {
  const timed = device.features.has("timestamp-query") && bound.steps > 0;
  const times = timed ? await timestamps(device, bound) : await wallTimes(device, bound);
  const milliseconds = times.reduce((sum, t) => sum + t, 0);
  const sizeOf = channelsIn(bound.program);
  const rows = bound.program.steps.map((step, i): ProfileRow => {
    const seconds = Math.max(times[i]! / 1e3, 1e-9);
    const { width, height, channels } = sizeOf(step.output);
    return {
      output: step.output,
      size: { width, height, channels },
      kernel: step.kernel,
      origin: step.origin,
      milliseconds: times[i]!,
      gflops: step.plan.flops / 1e9,
      gflopsPerSecond: step.plan.flops / 1e9 / seconds,
      gbytesPerSecond: step.plan.bytes / 1e9 / seconds,
      share: milliseconds > 0 ? times[i]! / milliseconds : 0,
    };
  });
  return { clock: timed ? "timestamps" : "wall", rows, milliseconds };
}

/** WebGPU allows 4096 queries in a set. */
const MAX_QUERIES = 4096;

async function timestamps(device: GPUDevice, bound: BoundProgram): Promise<number[]> {
  const times: number[] = [];
  for (let first = 0; first < bound.steps; first += MAX_QUERIES / 2)
    times.push(...(await timestampRange(device, bound, first, Math.min(bound.steps, first + MAX_QUERIES / 2))));
  return times;
}

async function timestampRange(device: GPUDevice, bound: BoundProgram, first: number, end: number): Promise<number[]> {
  const count = 2 * (end - first);
  const querySet = device.createQuerySet({ type: "timestamp", count });
  const resolved = device.createBuffer({
    size: count * 8,
    usage: GPUBufferUsage.QUERY_RESOLVE | GPUBufferUsage.COPY_SRC,
  });
  const staging = device.createBuffer({ size: count * 8, usage: GPUBufferUsage.MAP_READ | GPUBufferUsage.COPY_DST });
  try {
    const encoder = device.createCommandEncoder({ label: "profile" });
    for (let i = first; i < end; i++) {
      const at = 2 * (i - first);
      const timestampWrites = { querySet, beginningOfPassWriteIndex: at, endOfPassWriteIndex: at + 1 };
      const pass = encoder.beginComputePass({ timestampWrites });
      bound.encode(pass, i, i + 1);
      pass.end();
    }
    encoder.resolveQuerySet(querySet, 0, count, resolved, 0);
    encoder.copyBufferToBuffer(resolved, 0, staging, 0, count * 8);
    device.queue.submit([encoder.finish()]);
    await staging.mapAsync(GPUMapMode.READ);
    const nanoseconds = new BigUint64Array(staging.getMappedRange());
    return Array.from({ length: end - first }, (_, i) => Number(nanoseconds[2 * i + 1]! - nanoseconds[2 * i]!) / 1e6);
  } finally {
    querySet.destroy();
    resolved.destroy();
    staging.destroy();
  }
}

async function wallTimes(device: GPUDevice, bound: BoundProgram): Promise<number[]> {
  const times: number[] = [];
  await device.queue.onSubmittedWorkDone();
  for (let i = 0; i < bound.steps; i++) {
    const start = performance.now();
    const encoder = device.createCommandEncoder();
    const pass = encoder.beginComputePass();
    bound.encode(pass, i, i + 1);
    pass.end();
    device.queue.submit([encoder.finish()]);
    await device.queue.onSubmittedWorkDone();
    times.push(performance.now() - start);
  }
  return times;
}
