/** Measures the roofs of an adapter (Williams et al. 2009, "Roofline"): its peak rates of arithmetic and of memory traffic. */
import { storedElements } from "../src/gpu/storage";
import { PipelineCache } from "../src/gpu/pipelines";
import { elemBytes, linearGrid, type Elem, type Kernel, type KernelPlan } from "../src/kernels/kernel";
import { GpuClock, type Encode } from "../src/gpu/clock";
import { calibrate } from "./calibrate";
import { readyDispatch } from "./dispatch";
import { CACHED_BYTES, type Roof } from "./roof-share";
import copyWgsl from "./shaders/roof-copy.wgsl?raw";
import fmaWgsl from "./shaders/roof-fma.wgsl?raw";

/** Read and written: two buffers of half of WebGPU's default limit of a binding; for a GPU more than its cache holds. */
const COPY_BYTES = [128 * 2 ** 20, 2 ** 30];
/** Enough for a processor; for a GPU enough to fill all of its cores several times. */
const INVOCATIONS = [2 ** 16, 2 ** 20];
/** Skips the larger piece of work when the smaller one took more milliseconds than this: the adapter is too slow for it. */
const SLOW = 2;
const ROUNDS = 256;
/** a and b of the multiply-adds. */
const START = new Float32Array([0.5, 0.5, 0.5, 0.5, 1, 1, 1, 1]);
/** Dispatches of a pass whose time is that of dispatching. */
const DISPATCHES = 1000;

interface Fma {
  readonly invocations: number;
  readonly sums: 4 | 8;
  readonly elem: Elem;
}

/** src [2] vec4 -> dst [invocations] vec4 through 4 or 8 independent sums. */
const roofFma: Kernel<Fma> = {
  name: "roof-fma",
  wgsl: fmaWgsl,
  bindings: { src: "read", dst: "write" },
  plan: ({ invocations, sums, elem }) => ({
    constants: { ROUNDS, number: elem },
    flags: { EIGHT: sums === 8 },
    grid: linearGrid(invocations),
    flops: invocations * ROUNDS * sums * 8,
    bytes: invocations * 4 * elemBytes(elem),
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

/** Measures the roofs as the best of `repeats`, because a roof is the peak, not the average. */
export async function measureRoof(device: GPUDevice, repeats: number): Promise<Roof> {
  const clock = new GpuClock(device);
  try {
    const bench = new RoofBench(device, clock, repeats);
    const gflops = await bench.gflops("f32");
    const halfGflops = device.features.has("shader-f16") ? await bench.gflops("f16") : undefined;
    const gbytes = await bench.gbytes(COPY_BYTES);
    const cachedGbytes = await bench.gbytes([CACHED_BYTES]);
    return { gflops, ...(halfGflops && { halfGflops }), gbytes, cachedGbytes, ...(await bench.overheads()) };
  } finally {
    clock.destroy();
  }
}

class RoofBench {
  readonly #device: GPUDevice;
  readonly #pipelines: PipelineCache;
  readonly #clock: GpuClock;
  readonly #repeats: number;

  constructor(device: GPUDevice, clock: GpuClock, repeats: number) {
    this.#device = device;
    this.#pipelines = new PipelineCache(device);
    this.#clock = clock;
    this.#repeats = repeats;
  }

  async gflops(elem: Elem): Promise<number> {
    let best = 0;
    for (const invocations of INVOCATIONS) {
      let milliseconds = Infinity;
      for (const sums of [4, 8] as const) {
        const plan = roofFma.plan({ invocations, sums, elem });
        milliseconds = await this.#fastest(roofFma as Kernel<never>, plan, [32, plan.bytes]);
        best = Math.max(best, plan.flops / milliseconds / 1e6);
      }
      if (milliseconds > SLOW) break;
    }
    return best;
  }

  /** Of the largest of these totals that suits the adapter. */
  async gbytes(totals: readonly number[]): Promise<number> {
    const { maxStorageBufferBindingSize, maxBufferSize } = this.#device.limits;
    const most = 2 * Math.min(maxStorageBufferBindingSize, maxBufferSize);
    let found = 0;
    for (const total of totals.filter((bytes) => bytes <= most)) {
      let milliseconds = Infinity;
      found = 0;
      for (const each of [1, 8]) {
        const plan = roofCopy.plan({ count: total / 32, each });
        milliseconds = await this.#fastest(roofCopy as Kernel<never>, plan, [total / 2, total / 2]);
        found = Math.max(found, plan.bytes / milliseconds / 1e6);
      }
      if (milliseconds > SLOW) break;
    }
    return found;
  }

  async overheads(): Promise<Required<Pick<Roof, "dispatch" | "roundTrip">>> {
    const kernel = roofCopy as Kernel<never>;
    const plan = roofCopy.plan({ count: 64, each: 1 });
    const [encode, close] = await this.#ready(kernel, plan, [1024, 1024]);
    let [dispatch, roundTrip] = [Infinity, Infinity];
    for (let i = 0; i <= this.#repeats; i++) {
      const many = await this.#clock.lap(encode, DISPATCHES);
      dispatch = Math.min(dispatch, 1000 * (many.gpu ?? many.wall));
      roundTrip = Math.min(roundTrip, (await this.#clock.lap(encode)).wall);
    }
    close();
    return { dispatch, roundTrip };
  }

  async #fastest(kernel: Kernel<never>, plan: KernelPlan, bytes: readonly [number, number]): Promise<number> {
    const [encode, close] = await this.#ready(kernel, plan, bytes);
    const count = await calibrate(this.#clock, encode);
    let best = Infinity;
    for (let i = 0; i < this.#repeats; i++) {
      const { wall, gpu } = await this.#clock.lap(encode, count);
      best = Math.min(best, gpu ?? wall);
    }
    close();
    return best;
  }

  async #ready(
    kernel: Kernel<never>,
    plan: KernelPlan,
    bytes: readonly [number, number],
  ): Promise<[Encode, () => void]> {
    const device = this.#device;
    const usage = GPUBufferUsage.STORAGE | GPUBufferUsage.COPY_DST;
    const [src, dst] = bytes.map((size) => device.createBuffer({ size, usage })) as [GPUBuffer, GPUBuffer];
    device.queue.writeBuffer(src, 0, storedElements(START, plan.constants["number"] === "f16" ? "f16" : "f32"));
    const resources = { src: { buffer: src }, dst: { buffer: dst } };
    const { encode, destroy } = await readyDispatch(device, this.#pipelines, kernel, plan, resources);
    const close = (): void => [src, dst, { destroy }].forEach((made) => made.destroy());
    return [encode, close];
  }
}
