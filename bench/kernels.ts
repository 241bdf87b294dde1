/**
 * Times convolution algorithms on real layers:
 * `npm run bench:kernels [-- part of a name] [--algorithm direct/4,winograd/2,winograd/4] [--elem f16] [--fixed]`.
 * Algorithms that do not support a layer are left out there. --fixed adds each case with its sizes compiled into the shaders
 * instead of in uniform buffers. Repeats are interleaved, so that a busy machine disturbs all cases alike; the median
 * counts. Wall time is from submit to onSubmittedWorkDone over several runs. GFLOP/s count the operations of the
 * convolution as written, so algorithms that need fewer show more. "driver GFLOP/s" (Linux) divides by the processor
 * time of all threads but this one instead: on software drivers it is what its undisturbed cores would reach, whatever
 * else runs. Ratios are against the first algorithm: wall time and driver time.
 */
import { parseArgs } from "node:util";
import { describeDevice } from "../src/gpu/device";
import { ConvChoices } from "../src/graph/lower/conv-choice";
import { convGraph } from "../src/tuning/conv-graph";
import { BoundProgram } from "../src/gpu/bound-program";
import { lower } from "../src/graph/lower/lower";
import { PipelineCache } from "../src/gpu/pipelines";
import type { Program } from "../src/graph/lower/program";
import { storedElements } from "../src/gpu/storage";
import { WeightStore } from "../src/gpu/weight-store";
import { DEFAULT_CHOICE, planConvolution } from "../src/kernels/conv/algorithms";
import type { Elem } from "../src/kernels/kernel";
import { requestNodeDevice } from "../src/node/device";
import { CONV_LAYERS, type ConvCase } from "../test/shared/conv-cases";
import { randoms } from "../test/shared/randoms";
import { median } from "./statistics";
import { CORES, driverMilliseconds } from "./timing";
import { ENGINE } from "../src/session/engine";

const REPEATS = 7;
interface Bench {
  readonly name: string;
  readonly choice: string;
  readonly flops: number;
  readonly compile: number;
  /** Bytes of src, dst and everything between. */
  readonly memory: number;
  readonly wall: number[];
  readonly driver: number[];
  run(): Promise<void>;
}

const withSizesCompiledIn = (program: Program): Program => ({
  ...program,
  steps: program.steps.map((step) => {
    const { runtime = {}, constants, ...plan } = step.plan;
    return { ...step, plan: { ...plan, constants: { ...constants, ...runtime } } };
  }),
});

async function prepare(
  device: GPUDevice,
  pipelines: PipelineCache,
  { name, params: given }: ConvCase,
  elem: Elem,
  choice: string,
  fixed: boolean,
): Promise<Bench> {
  const params = { ...given, elem };
  const flops = planConvolution(ENGINE.convolutions, params, DEFAULT_CHOICE).steps.reduce(
    (sum, { plan }) => sum + plan.flops,
    0,
  );
  const { kernel, inChannels, outChannels, groups } = params;
  const weights = randoms((kernel[0] * kernel[1] * inChannels * outChannels) / groups, 1);
  const graph = convGraph(params, { weights, bias: randoms(outChannels, 2) });
  const lowered = lower(graph, ENGINE, { elem, chooseConv: () => choice });
  const program = fixed ? withSizesCompiledIn(lowered) : lowered;
  const before = driverMilliseconds();
  const bound = await BoundProgram.create(
    device,
    program,
    ENGINE.kernels,
    graph.constants,
    pipelines,
    new WeightStore(device, elem),
  );
  graph.inputs.forEach(({ name, shape }, i) => {
    const count = shape.reduce((product, size) => product * size, 1);
    device.queue.writeBuffer(bound.input(name), 0, storedElements(randoms(count, 3 + i), elem));
  });
  const repeats = Math.max(1, Math.min(16, Math.round(2e8 / flops)));
  const wall: number[] = [];
  const driver: number[] = [];
  const run = async (): Promise<void> => {
    const encoder = device.createCommandEncoder();
    const pass = encoder.beginComputePass();
    for (let i = 0; i < repeats; i++) bound.encode(pass);
    pass.end();
    const start = performance.now();
    const used = driverMilliseconds();
    device.queue.submit([encoder.finish()]);
    await device.queue.onSubmittedWorkDone();
    wall.push((performance.now() - start) / repeats);
    driver.push((driverMilliseconds() - used) / repeats / CORES);
  };
  await run();
  wall.length = driver.length = 0;
  const compile = driverMilliseconds() - before;
  const label = `${name}${fixed ? ", sizes compiled in" : ""}`;
  return { name: label, choice, flops, compile, memory: program.activationBytes, wall, driver, run };
}

const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: {
    algorithm: { type: "string", default: DEFAULT_CHOICE },
    elem: { type: "string", default: "f32" },
    fixed: { type: "boolean", default: false },
  },
});
const elem = values.elem as Elem;
const device = await requestNodeDevice();
console.log(`${describeDevice(device)}, ${elem}`);
const choices = new ConvChoices(device, ENGINE.convolutions);
const pipelines = new PipelineCache(device);
const wanted = values.algorithm.split(",");
const layers = CONV_LAYERS.filter(({ name }) => positionals.every((part) => name.includes(part)));
const groups: Bench[][] = [];
for (const layer of layers) {
  const admissible = choices.admissible({ ...layer.params, elem });
  for (const fixed of values.fixed ? [false, true] : [false]) {
    const benches: Bench[] = [];
    for (const choice of wanted.filter((one) => admissible.includes(one)))
      benches.push(await prepare(device, pipelines, layer, elem, choice, fixed));
    groups.push(benches);
  }
}
for (let repeat = 0; repeat < REPEATS; repeat++) for (const bench of groups.flat()) await bench.run();
const columns: [string, number][] = [
  ...([
    ["wall ms", 9],
    ["GFLOP/s", 8],
    ["driver GFLOP/s", 15],
    ["wall ratio", 11],
  ] as [string, number][]),
  ...([
    ["driver ratio", 13],
    ["MiB", 7],
    ["compile ms", 11],
  ] as [string, number][]),
];
const line = (cells: readonly string[]): string => cells.map((cell, i) => cell.padStart(columns[i]![1])).join("");
console.log(`${line(columns.map(([title]) => title))}  case`);
for (const benches of groups)
  for (const { name, choice, flops, wall, driver, compile, memory } of benches) {
    const [first] = benches;
    const rate = (ms: number): string => (flops / ms / 1e6).toFixed(2);
    const [ms, used] = [median(wall), median(driver)];
    const ratios = [median(first!.wall) / ms, median(first!.driver) / used].map((ratio) => `${ratio.toFixed(2)}x`);
    const cells = [ms.toFixed(2), rate(ms), rate(used), ...ratios, (memory / 2 ** 20).toFixed(1), compile.toFixed(0)];
    console.log(`${line(cells)}  ${name}, ${choice}`);
  }
process.exit(0);
