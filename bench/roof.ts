/** The roofs of an adapter (Williams et al. 2009, "Roofline"): its best at arithmetic, and at moving bytes. */
import { PipelineCache, bindResources, type Compiled } from "../src/graph/pipelines";
import { linearGrid, type Kernel, type KernelPlan } from "../src/kernels/kernel";
import { GpuClock, type Encode } from "../src/tuning/gpu-clock";
import { calibrate } from "./calibrate";
import { CACHED_BYTES, type Roof } from "./roof-share";
import copyWgsl from "./shaders/roof-copy.wgsl?raw";
import fmaWgsl from "./shaders/roof-fma.wgsl?raw";

/** Read and written: two buffers of half of WebGPU's default limit of a binding. */
const COPY_BYTES = 128 * 2 ** 20;
const INVOCATIONS = 2 ** 16;
const ROUNDS = 256;

/** src [2] vec4 -> dst [INVOCATIONS] vec4 through 4 or 8 independent sums. */
const roofFma: Kernel<{ readonly sums: 4 | 8 }> = {
  name: "roof-fma",
  wgsl: fmaWgsl,
  bindings: { src: "read", dst: "write" },
  plan: ({ sums }) => ({
    constants: { ROUNDS },
    flags: { EIGHT: sums === 8 },
    grid: linearGrid(INVOCATIONS),
    flops: INVOCATIONS * ROUNDS * sums * 8,
    bytes: INVOCATIONS * 16,
  }),
};

/** src [count] vec4 -> dst [count] vec4. `count`: a power of two from 64 * each, which the grid divides without a rest. */
const roofCopy: Kernel<{ readonly count: number; readonly each: number }> = {
  name: "roof-copy",
  wgsl: copyWgsl,
  bindings: { src: "read", dst: "write" },
  plan: ({ count, each }) => ({
    constants: { EACH: each },
    grid: linearGrid(count / each),
    flops: 0,
    bytes: 32 * count,
  }),
};

/** The best of `repeats`: a roof is what is possible, not what is usual. */
export async function measureRoof(device: GPUDevice, repeats: number): Promise<Roof> {
  const pipelines = new PipelineCache(device);
  const clock = new GpuClock(device);
  const fastest = async (
    kernel: Kernel<never>,
    plan: KernelPlan,
    bytes: readonly [number, number],
  ): Promise<number> => {
    const compiled = await pipelines.get(kernel, plan);
    const usage = GPUBufferUsage.STORAGE | GPUBufferUsage.COPY_DST;
    const [src, dst] = bytes.map((size) => device.createBuffer({ size, usage })) as [GPUBuffer, GPUBuffer];
    device.queue.writeBuffer(src, 0, new Float32Array([0.5, 0.5, 0.5, 0.5, 1, 1, 1, 1]));
    const group = bindResources(device, compiled, kernel, plan, { src: { buffer: src }, dst: { buffer: dst } });
    const encode = encoder(compiled, group, plan);
    const count = await calibrate(clock, encode);
    let best = Infinity;
    for (let i = 0; i < repeats; i++) {
      const { wall, gpu } = await clock.lap(encode, count);
      best = Math.min(best, gpu ?? wall);
    }
    src.destroy();
    dst.destroy();
    return best;
  };
  const gflops: number[] = [];
  for (const sums of [4, 8] as const) {
    const plan = roofFma.plan({ sums });
    gflops.push(plan.flops / (await fastest(roofFma as Kernel<never>, plan, [32, INVOCATIONS * 16])) / 1e6);
  }
  const copied = async (total: number): Promise<number> => {
    const rates: number[] = [];
    for (const each of [1, 8]) {
      const plan = roofCopy.plan({ count: total / 32, each });
      rates.push(plan.bytes / (await fastest(roofCopy as Kernel<never>, plan, [total / 2, total / 2])) / 1e6);
    }
    return Math.max(...rates);
  };
  const [gbytes, cachedGbytes] = [await copied(COPY_BYTES), await copied(CACHED_BYTES)];
  clock.destroy();
  return { gflops: Math.max(...gflops), gbytes, cachedGbytes };
}

/** Records one dispatch. */
export function encoder({ pipeline }: Compiled, group: GPUBindGroup, { grid }: KernelPlan): Encode {
  return (pass) => {
    pass.setPipeline(pipeline);
    pass.setBindGroup(0, group);
    pass.dispatchWorkgroups(...grid);
  };
}
