/**
 * Times convolution kernels on real layers: `npm run bench:kernels [-- part of a name] [--tile 4,8] [--elem f16] [--fixed]`.
 * --fixed adds each case with its sizes compiled into the shader instead of in a uniform buffer.
 * Repeats are interleaved, so that a busy machine disturbs all cases alike; the median counts. Wall time is from submit
 * to onSubmittedWorkDone over several dispatches. "driver GFLOP/s" (Linux) divides by the processor time of all threads
 * but this one instead: on software drivers it is what its undisturbed cores would reach, whatever else runs.
 */
import { parseArgs } from "node:util";
import { describeDevice } from "../src/gpu-device";
import { assemble, runtimeBinding, runtimeBytes } from "../src/kernels/assemble";
import { conv2d, type Conv2dVariant } from "../src/kernels/conv2d";
import { elemBytes, type Elem } from "../src/kernels/kernel";
import { packedLength } from "../src/kernels/packing";
import { requestNodeDevice } from "../src/node/device";
import { CONV_LAYERS, type ConvCase } from "../test/kernels/conv-cases";
import { randoms } from "../test/expect-close";
import { encodeElems } from "../test/gpu";
import { CORES, driverMilliseconds, median } from "./timing";

const REPEATS = 7;
interface Bench {
  readonly name: string;
  readonly flops: number;
  readonly compile: number;
  readonly wall: number[];
  readonly driver: number[];
  run(): Promise<void>;
}

async function prepare(
  device: GPUDevice,
  test: ConvCase,
  elem: Elem,
  fixed: boolean,
  variant?: Conv2dVariant,
): Promise<Bench> {
  const params = { ...test.params, elem, ...(variant ? { variant } : {}) };
  const planned = conv2d.plan(params);
  const plan = fixed ? { ...planned, runtime: [] } : planned;
  const module = device.createShaderModule({ code: assemble(conv2d as never, plan) });
  const before = driverMilliseconds();
  const pipeline = await device.createComputePipelineAsync({ layout: "auto", compute: { module } });
  const inputs = params.batch * params.inHeight * params.inWidth * params.inChannels;
  const outputs = params.batch * params.outHeight * params.outWidth * params.outChannels;
  const { weights, bias } = plan.packing!;
  const counts = [inputs, packedLength(weights!), packedLength(bias!), params.residual ? outputs : 0, outputs];
  const entries = counts.flatMap((count, binding): GPUBindGroupEntry[] => {
    if (count === 0) return [];
    const size = Math.ceil((count * elemBytes(elem)) / 16) * 16;
    const buffer = device.createBuffer({ size, usage: GPUBufferUsage.STORAGE | GPUBufferUsage.COPY_DST });
    if (binding < 4) device.queue.writeBuffer(buffer, 0, encodeElems(randoms(count, binding), elem) as BufferSource);
    return [{ binding, resource: { buffer } }];
  });
  const bytes = runtimeBytes(conv2d, plan);
  if (bytes) {
    const sizes = device.createBuffer({ size: bytes.length, usage: GPUBufferUsage.UNIFORM | GPUBufferUsage.COPY_DST });
    device.queue.writeBuffer(sizes, 0, bytes);
    entries.push({ binding: runtimeBinding(conv2d), resource: { buffer: sizes } });
  }
  const group = device.createBindGroup({ layout: pipeline.getBindGroupLayout(0), entries });
  const dispatches = Math.max(1, Math.min(16, Math.round(2e8 / plan.flops)));
  const wall: number[] = [];
  const driver: number[] = [];
  const label = `${test.name}${variant ? `, tile ${variant.tile}` : ""}${fixed ? ", sizes compiled in" : ""}`;
  const run = async (): Promise<void> => {
    const encoder = device.createCommandEncoder();
    const pass = encoder.beginComputePass();
    pass.setPipeline(pipeline);
    pass.setBindGroup(0, group);
    for (let i = 0; i < dispatches; i++) pass.dispatchWorkgroups(...plan.grid);
    pass.end();
    const start = performance.now();
    const used = driverMilliseconds();
    device.queue.submit([encoder.finish()]);
    await device.queue.onSubmittedWorkDone();
    wall.push((performance.now() - start) / dispatches);
    driver.push((driverMilliseconds() - used) / dispatches / CORES);
  };
  await run();
  wall.length = driver.length = 0;
  return { name: label, flops: plan.flops, compile: driverMilliseconds() - before, wall, driver, run };
}

const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: {
    tile: { type: "string" },
    elem: { type: "string", default: "f32" },
    fixed: { type: "boolean", default: false },
  },
});
const device = await requestNodeDevice();
console.log(`${describeDevice(device)}, ${values.elem}`);
const variants = values.tile?.split(",").map((tile) => ({ tile: Number(tile) }) as Conv2dVariant) ?? [undefined];
const layers = CONV_LAYERS.filter(({ name }) => positionals.every((part) => name.includes(part)));
const benches: Bench[] = [];
for (const layer of layers)
  for (const variant of variants)
    for (const fixed of values.fixed ? [false, true] : [false])
      benches.push(await prepare(device, layer, values.elem as Elem, fixed, variant));
for (let repeat = 0; repeat < REPEATS; repeat++) for (const bench of benches) await bench.run();
console.log("ms".padStart(9), "GFLOP/s".padStart(8), "driver GFLOP/s".padStart(15), "compile ms".padStart(11), " case");
for (const { name, flops, wall, driver, compile } of benches) {
  const rate = (ms: number): string => (flops / ms / 1e6).toFixed(2);
  const row = [median(wall).toFixed(2).padStart(9), rate(median(wall)).padStart(8), rate(median(driver)).padStart(15)];
  console.log(...row, compile.toFixed(0).padStart(11), "", name);
}
process.exit(0);
