/** Suite "kernels": the adapter's roofs, then every case's time. */
import { PipelineCache } from "../src/gpu/pipelines";
import type { Elem } from "../src/kernels/kernel";
import { GpuClock, type Encode } from "../src/gpu/clock";
import { calibrate } from "./calibrate";
import type { Environment } from "./environment";
import { interleave, repeatsWithin } from "./interleave";
import { kernelCases, type KernelCase } from "./kernel-cases";
import { pictureCases } from "./picture-cases";
import { measureRoof } from "./roof";
import { NO_TIME, over, type UnplacedRow, type Job, type Limits } from "./rows";
import { spreadOf } from "./statistics";

/** Number of interleaved cases; small, to limit memory and the results that a crash would lose. */
const GROUP = 6;

export async function benchKernels(
  env: Environment,
  { elem, quick, part }: Extract<Job, { suite: "kernels" }>,
  limits: Limits,
): Promise<void> {
  const device = await env.device(elem);
  const skip = new Set(limits.exclude);
  if (elem === "f32" && (part ?? "layers") === "layers" && !skip.has("roof")) {
    await env.begin("roof", { kind: "kernel", name: "roof", elem, error: "" });
    await env.rows("roof", [{ kind: "roof", ...(await measureRoof(device, limits.repeats)) }]);
  }
  const all = part === "pictures" ? pictureCases() : kernelCases(quick, part);
  const cases = all.filter(({ name }) => !skip.has(name));
  const pipelines = new PipelineCache(device);
  for (let first = 0; first < cases.length && !over(limits); first += GROUP)
    await benchGroup(env, device, pipelines, elem, cases.slice(first, first + GROUP), limits);
}

async function benchGroup(
  env: Environment,
  device: GPUDevice,
  pipelines: PipelineCache,
  elem: Elem,
  cases: readonly KernelCase[],
  limits: Limits,
): Promise<void> {
  const clock = new GpuClock(device);
  const rows = new Map<string, Extract<UnplacedRow, { kind: "kernel" }>>();
  const failed = (name: string, error: unknown): void => void rows.set(name, rowOf(name, elem, String(error)));
  const made: { destroy(): void }[] = [];
  const turns = [];
  for (const { name, ready } of cases) {
    if (over(limits)) {
      failed(name, NO_TIME);
      continue;
    }
    await env.begin(name, rowOf(name, elem, ""));
    try {
      const work = await ready(device, pipelines, elem);
      made.push(work);
      const encode: Encode = (pass) => work.encode(pass);
      device.pushErrorScope("validation");
      const count = await calibrate(clock, encode);
      const invalid = await device.popErrorScope();
      if (invalid) throw new Error(invalid.message);
      const wall: number[] = [];
      const gpu: number[] = [];
      const start = performance.now();
      await clock.lap(encode, count);
      const repeats = repeatsWithin(limits.repeats, performance.now() - start, limits.budget);
      const run = async (): Promise<void> => {
        const lap = await clock.lap(encode, count);
        wall.push(lap.wall);
        if (lap.gpu !== undefined) gpu.push(lap.gpu);
        const { kernels, flops, bytes } = work;
        const row = { ...rowOf(name, elem), kernels, flops, bytes, wall: spreadOf(wall), gpu: spreadOf(gpu) };
        rows.set(name, row);
        await env.draft(name, [row]);
      };
      turns.push({ name, repeats, run });
    } catch (error) {
      failed(name, error);
    }
  }
  await interleave(turns, failed, () => over(limits));
  for (const [name, row] of rows) await env.rows(name, [row]);
  for (const work of made) work.destroy();
  clock.destroy();
}

function rowOf(name: string, elem: Elem, error?: string): Extract<UnplacedRow, { kind: "kernel" }> {
  return { kind: "kernel", name, elem, ...(error === undefined ? {} : { error }) };
}
