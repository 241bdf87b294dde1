/**
 * The convolution kernel against onnxruntime-node's WebGPU provider, layer by layer, on one adapter in one process:
 * `npm run bench:peer-conv [-- part of a name]`. Each layer is a chain of equal convolutions with relu; outputs are
 * compared before anything is timed. Runs are interleaved; medians count. Driver time as in bench/timing.ts.
 */
import { InferenceSession, Tensor } from "onnxruntime-node";
import { describeDevice } from "../src/gpu-device";
import { assemble, runtimeBinding, runtimeBytes } from "../src/kernels/assemble";
import { conv2d, type Conv2dParams, type Conv2dVariant } from "../src/kernels/conv2d";
import { pack } from "../src/kernels/packing";
import { requestNodeDevice } from "../src/node/device";
import { expectClose, randoms } from "../test/expect-close";
import { buildModel, node } from "../tools/onnx-writer";
import { convCase } from "../test/kernels/conv-cases";
import { CORES, driverMilliseconds, median } from "./timing";

const CHAIN = 4;
const REPEATS = 7;
const RELU = { activation: { fn: "relu" } } as const;
const LAYERS = [
  convCase("3x3 128 at 64x64", [64, 64, 128], [3, 3], 128, RELU),
  convCase("4x4 256 at 32x32", [32, 32, 256], [4, 4], 256, RELU),
  convCase("1x1 1088 at 17x17", [17, 17, 1088], [1, 1], 1088, RELU),
  convCase("1x7 160 at 17x17", [17, 17, 160], [1, 7], 160, RELU),
  convCase("1x1 320 at 35x35", [35, 35, 320], [1, 1], 320, RELU),
  convCase("1x1 2080 at 8x8", [8, 8, 2080], [1, 1], 2080, RELU),
];

/** [A, B] row-major -> [B, A]. */
function transposed(data: Float32Array, rows: number, columns: number): Float32Array {
  return Float32Array.from(data, (_, i) => data[(i % rows) * columns + Math.floor(i / rows)]!);
}

type Run = () => Promise<Float32Array>;

async function ours(device: GPUDevice, p: Conv2dParams, weights: Float32Array, x: Float32Array): Promise<Run> {
  const plan = conv2d.plan(p);
  const module = device.createShaderModule({ code: assemble(conv2d as never, plan) });
  const pipeline = await device.createComputePipelineAsync({ layout: "auto", compute: { module } });
  const { STORAGE, COPY_DST, COPY_SRC, MAP_READ } = GPUBufferUsage;
  const buffer = (data: Float32Array): GPUBuffer => {
    const made = device.createBuffer({ size: data.byteLength, usage: STORAGE | COPY_DST | COPY_SRC });
    device.queue.writeBuffer(made, 0, data as BufferSource);
    return made;
  };
  const packed = buffer(pack(plan.packing!["weights"]!, weights));
  const bias = buffer(pack(plan.packing!["bias"]!, new Float32Array(p.outChannels)));
  const bytes = runtimeBytes(conv2d, plan)!;
  const sizes = device.createBuffer({ size: bytes.length, usage: GPUBufferUsage.UNIFORM | COPY_DST });
  device.queue.writeBuffer(sizes, 0, bytes);
  const images = [buffer(x), buffer(x)] as const;
  const groups = [0, 1].map((from) =>
    device.createBindGroup({
      layout: pipeline.getBindGroupLayout(0),
      entries: [
        { binding: 0, resource: { buffer: images[from]! } },
        { binding: 1, resource: { buffer: packed } },
        { binding: 2, resource: { buffer: bias } },
        { binding: 4, resource: { buffer: images[1 - from]! } },
        { binding: runtimeBinding(conv2d), resource: { buffer: sizes } },
      ],
    }),
  );
  const staging = device.createBuffer({ size: x.byteLength, usage: MAP_READ | COPY_DST });
  return async () => {
    device.queue.writeBuffer(images[0], 0, x as BufferSource);
    const encoder = device.createCommandEncoder();
    const pass = encoder.beginComputePass();
    pass.setPipeline(pipeline);
    for (let i = 0; i < CHAIN; i++) {
      pass.setBindGroup(0, groups[i % 2]!);
      pass.dispatchWorkgroups(...plan.grid);
    }
    pass.end();
    encoder.copyBufferToBuffer(images[CHAIN % 2]!, 0, staging, 0, x.byteLength);
    device.queue.submit([encoder.finish()]);
    await staging.mapAsync(GPUMapMode.READ);
    const out = new Float32Array(staging.getMappedRange().slice(0));
    staging.unmap();
    return out;
  };
}

/** The peer reads NCHW, so its chain has one transposition at each end. */
async function peer(p: Conv2dParams, weights: Float32Array, x: Float32Array): Promise<Run> {
  const taps = p.kernel[0] * p.kernel[1];
  const { inChannels, outChannels, inHeight, inWidth } = p;
  const pads = [p.padTop, p.padLeft, p.kernel[0] - 1 - p.padTop, p.kernel[1] - 1 - p.padLeft];
  const names = Array.from({ length: CHAIN + 1 }, (_, i) => `x${i}`);
  const dims = [1, inChannels, inHeight, inWidth];
  const model = buildModel({
    inputs: [{ name: "x0", shape: dims }],
    outputs: [{ name: `x${CHAIN}`, shape: dims }],
    nodes: names
      .slice(1)
      .flatMap((name, i) => [
        node("Conv", [names[i]!, "w"], [`${name}c`], { kernel_shape: [...p.kernel], pads }),
        node("Relu", [`${name}c`], [name]),
      ]),
    initializers: [
      {
        name: "w",
        shape: [outChannels, inChannels, ...p.kernel],
        data: transposed(weights, taps * inChannels, outChannels).map(
          (_, i, all) =>
            all[
              (Math.floor(i / (taps * inChannels)) * taps + (i % taps)) * inChannels +
                (Math.floor(i / taps) % inChannels)
            ]!,
        ),
      },
    ],
  });
  const session = await InferenceSession.create(model, { executionProviders: ["webgpu"] });
  const pixels = inHeight * inWidth;
  const feed = { x0: new Tensor("float32", transposed(x, pixels, inChannels), dims) };
  return async () => (await session.run(feed))[`x${CHAIN}`]!.data as Float32Array;
}

const parts = process.argv.slice(2);
const device = await requestNodeDevice();
console.log(`${describeDevice(device)}; chains of ${CHAIN}`);
console.log("GFLOP/s: wall ours, peer, ratio | driver ours, peer, ratio | layer");
const software = /swiftshader/i.test(describeDevice(device));
for (const { name, params } of LAYERS.filter((layer) => parts.every((part) => layer.name.includes(part)))) {
  const pointwise = params.kernel[0] * params.kernel[1] === 1;
  const variant: Conv2dVariant = { tile: software && pointwise ? 8 : 4 };
  const taps = params.kernel[0] * params.kernel[1];
  const scale = 1.5 / Math.sqrt(taps * params.inChannels);
  const weights = randoms(taps * params.inChannels * params.outChannels, 1, -scale, scale);
  const x = randoms(params.inHeight * params.inWidth * params.inChannels, 2, 0, 1);
  const runs = [await ours(device, { ...params, variant }, weights, x), await peer(params, weights, x)] as const;
  const mine = await runs[0]();
  const pixels = params.inHeight * params.inWidth;
  expectClose(mine, transposed(await runs[1](), params.inChannels, pixels), { range: 1e-4 }, name);
  const wall: number[][] = [[], []];
  const driver: number[][] = [[], []];
  for (let repeat = 0; repeat < REPEATS; repeat++)
    for (const i of [0, 1] as const) {
      const start = performance.now();
      const used = driverMilliseconds();
      await runs[i]();
      driver[i]!.push((driverMilliseconds() - used) / CORES);
      wall[i]!.push(performance.now() - start);
    }
  const flops = conv2d.plan(params).flops * CHAIN;
  const row = [wall, driver].map((times) => {
    const rates = times.map((t) => flops / median(t) / 1e6);
    return `${rates.map((rate) => rate.toFixed(2).padStart(6)).join(" ")} ${(rates[0]! / rates[1]!).toFixed(2).padStart(5)}x`;
  });
  console.log(row.join(" | "), "|", name);
}
process.exit(0);
