/** The reference of --quick: a naive convolution, measured together with ours on the same device. */
import { bindResources, PipelineCache } from "../src/gpu/pipelines";
import type { Conv2dParams } from "../src/kernels/conv/params";
import { linearGrid, type Kernel } from "../src/kernels/kernel";
import { windowSizes } from "../src/kernels/window";
import type { Contender } from "./contenders";
import { encoder } from "./dispatch";
import wgsl from "./shaders/naive-conv2d.wgsl?raw";

/** src [H,W,C], weights [KH,KW,C,OC], bias [OC] -> dst [OH,OW,OC] with relu; batch and groups 1. */
const naiveConv2d: Kernel<Conv2dParams> = {
  name: "naive-conv2d",
  wgsl,
  bindings: { src: "read", weights: "read", bias: "read", dst: "write" },
  plan(p) {
    const outputs = p.outHeight * p.outWidth * p.outChannels;
    const taps = p.kernel[0] * p.kernel[1];
    const weights = taps * p.inChannels * p.outChannels;
    return {
      constants: { ...windowSizes(p), IN_C: p.inChannels, OUT_C: p.outChannels, COUNT: outputs },
      grid: linearGrid(outputs),
      flops: 2 * outputs * taps * p.inChannels,
      bytes: 4 * (outputs + weights + p.outChannels + p.inHeight * p.inWidth * p.inChannels),
    };
  },
};

/** [rows, columns] row-major -> [columns, rows]. */
function transposed(data: Float32Array, rows: number, columns: number): Float32Array {
  return Float32Array.from(data, (_, i) => data[(i % rows) * columns + Math.floor(i / rows)]!);
}

/** Supports chains of convolutions only. The input is converted to NHWC once, before the timed runs; the CPU converts the output. */
export function naive(device: () => Promise<GPUDevice>): Contender {
  return {
    name: "naive kernel",
    elem: "f32",
    ours: false,
    takes: ({ conv }) => conv !== undefined,
    async prepare({ conv, feeds }) {
      const { params, weights, length } = conv!;
      const gpu = await device();
      const plan = naiveConv2d.plan(params);
      const kernel = naiveConv2d as Kernel<never>;
      const compiled = await new PipelineCache(gpu).get(kernel, plan);
      const { STORAGE, COPY_DST, COPY_SRC, MAP_READ } = GPUBufferUsage;
      const pixels = params.inHeight * params.inWidth;
      const x = transposed(Object.values(feeds)[0]!.data, params.inChannels, pixels);
      const made: GPUBuffer[] = [];
      const buffer = (data: Float32Array): GPUBuffer => {
        const one = gpu.createBuffer({ size: data.byteLength, usage: STORAGE | COPY_DST | COPY_SRC });
        gpu.queue.writeBuffer(one, 0, data as BufferSource);
        made.push(one);
        return one;
      };
      const fixed = {
        weights: { buffer: buffer(weights) },
        bias: { buffer: buffer(new Float32Array(params.outChannels)) },
      };
      const images = [buffer(x), buffer(x)] as const;
      const encoders = [0, 1].map((from) => {
        const resources = { ...fixed, src: { buffer: images[from]! }, dst: { buffer: images[1 - from]! } };
        return encoder(compiled, bindResources(gpu, compiled, kernel, plan, resources), plan);
      });
      const staging = gpu.createBuffer({ size: x.byteLength, usage: MAP_READ | COPY_DST });
      made.push(staging);
      return {
        async run() {
          gpu.queue.writeBuffer(images[0], 0, x as BufferSource);
          const commands = gpu.createCommandEncoder();
          const pass = commands.beginComputePass();
          for (let i = 0; i < length; i++) encoders[i % 2]!(pass);
          pass.end();
          commands.copyBufferToBuffer(images[length % 2]!, 0, staging, 0, x.byteLength);
          gpu.queue.submit([commands.finish()]);
          await staging.mapAsync(GPUMapMode.READ);
          const out = transposed(new Float32Array(staging.getMappedRange().slice(0)), pixels, params.outChannels);
          staging.unmap();
          return out;
        },
        dispose: () => made.forEach((one) => one.destroy()),
      };
    },
  };
}
