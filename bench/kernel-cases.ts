/** The kernels' cases, ready to run: convolutions as the engine lowers them, and everything else by its plan. */
import { BoundProgram } from "../src/graph/executor";
import type { Activation, Constant, Graph, GraphInput } from "../src/graph/ir";
import { sizeOf } from "../src/graph/ir";
import { lower } from "../src/graph/lower";
import { bindResources, SIZES, type PipelineCache } from "../src/graph/pipelines";
import { storedElements } from "../src/graph/storage";
import { WeightStore } from "../src/graph/weight-store";
import { runtimeBytes } from "../src/kernels/assemble";
import type { Conv2dParams } from "../src/kernels/conv2d";
import { gatherIndices } from "../src/kernels/gather";
import { elemBytes, type Elem } from "../src/kernels/kernel";
import { randoms } from "../test/expect-close";
import { graphBenches, type KernelBench } from "../test/kernels/cases-graph-bench";
import { CONV_LAYERS } from "../test/kernels/conv-cases";
import { encoder } from "./roof";

export interface ReadyCase {
  readonly kernels: readonly string[];
  readonly flops: number;
  readonly bytes: number;
  encode(pass: GPUComputePassEncoder): void;
  destroy(): void;
}

export interface KernelCase {
  readonly name: string;
  ready(device: GPUDevice, pipelines: PipelineCache, elem: Elem): Promise<ReadyCase>;
}

/** One convolution as a graph: weights and bias constant, x and residual given. */
export function convGraph(name: string, p: Conv2dParams): Graph {
  const [kh, kw] = p.kernel;
  const after = (size: number, out: number, stride: number, dilation: number, kernel: number, before: number): number =>
    Math.max(0, (out - 1) * stride + dilation * (kernel - 1) + 1 - size - before);
  const bottom = after(p.inHeight, p.outHeight, p.strides[0], p.dilations[0], kh, p.padTop);
  const right = after(p.inWidth, p.outWidth, p.strides[1], p.dilations[1], kw, p.padLeft);
  const shape = [p.batch, p.outHeight, p.outWidth, p.outChannels];
  const weights = [kh, kw, p.inChannels / p.groups, p.outChannels];
  const scale = 1.5 / Math.sqrt(kh * kw * weights[2]!);
  const inputs: GraphInput[] = [{ name: "x", shape: [p.batch, p.inHeight, p.inWidth, p.inChannels] }];
  if (p.residual) inputs.push({ name: "residual", shape });
  return {
    label: name,
    inputs,
    outputs: [{ name: "y", value: "y" }],
    constants: new Map<string, Constant>([
      ["weights", { shape: weights, data: randoms(sizeOf(weights), 1, -scale, scale) }],
      ["bias", { shape: [p.outChannels], data: randoms(p.outChannels, 2) }],
    ]),
    nodes: [
      {
        op: "conv",
        output: "y",
        inputs: ["x", "weights", "bias", ...(p.residual ? ["residual"] : [])],
        attributes: {
          strides: p.strides,
          pads: [p.padTop, p.padLeft, bottom, right],
          dilations: p.dilations,
          groups: p.groups,
          activation: p.activation as Activation,
        },
        shape,
        origin: [name],
      },
    ],
  };
}

async function readyConv(
  device: GPUDevice,
  pipelines: PipelineCache,
  elem: Elem,
  name: string,
  params: Conv2dParams,
): Promise<ReadyCase> {
  const graph = convGraph(name, params);
  const program = lower(graph, { elem });
  const weights = new WeightStore(device, elem);
  const bound = await BoundProgram.create(device, program, graph.constants, pipelines, weights);
  for (const { name: input, shape } of graph.inputs)
    device.queue.writeBuffer(bound.input(input), 0, storedElements(randoms(sizeOf(shape), 3, 0, 1), elem));
  return {
    kernels: program.steps.map(({ kernel }) => kernel),
    flops:
      2 * sizeOf(graph.nodes[0]!.shape) * params.kernel[0] * params.kernel[1] * (params.inChannels / params.groups),
    bytes: program.bytes,
    encode: (pass) => bound.encode(pass),
    destroy() {
      bound.destroy();
      weights.destroy();
    },
  };
}

async function readyKernel(
  device: GPUDevice,
  pipelines: PipelineCache,
  elem: Elem,
  { kernel, plan: planFor, reads, dst }: KernelBench,
): Promise<ReadyCase> {
  const plan = planFor(elem);
  const buffers: GPUBuffer[] = [];
  const storage = (count: number): GPUBuffer => {
    const size = Math.max(16, Math.ceil((count * elemBytes(elem)) / 16) * 16);
    const buffer = device.createBuffer({ size, usage: GPUBufferUsage.STORAGE | GPUBufferUsage.COPY_DST });
    buffers.push(buffer);
    return buffer;
  };
  const resources: Record<string, GPUBindingResource> = {};
  for (const [name, access] of Object.entries(kernel.bindings)) {
    if (plan.unbound?.includes(name)) continue;
    const count = sizeOf(access === "write" ? dst : reads[name]!);
    const buffer = storage(count);
    resources[name] = { buffer };
    if (access === "write") continue;
    const rows = (): Float32Array => gatherIndices(scattered(count / 3, reads["src"]![0]!), reads["src"]![0]!);
    const data = name === "indices" ? rows() : randoms(count, 4, 0, 1);
    device.queue.writeBuffer(buffer, 0, storedElements(data, elem));
  }
  const bytes = runtimeBytes(kernel, plan);
  if (bytes) {
    const usage = GPUBufferUsage.UNIFORM | GPUBufferUsage.COPY_DST;
    const buffer = device.createBuffer({ size: bytes.length, usage });
    buffers.push(buffer);
    device.queue.writeBuffer(buffer, 0, bytes);
    resources[SIZES] = { buffer };
  }
  const compiled = await pipelines.get(kernel, plan);
  return {
    kernels: [kernel.name],
    flops: plan.flops,
    bytes: plan.bytes,
    encode: encoder(compiled, bindResources(device, compiled, kernel, plan, resources), plan),
    destroy: () => buffers.forEach((buffer) => buffer.destroy()),
  };
}

/** `count` rows of a table, each far from the one before. */
function scattered(count: number, rows: number): number[] {
  return Array.from({ length: count }, (_, i) => (i * 7919) % rows);
}

/** All cases; `quick`: those that a slow software driver does in a moment. */
export function kernelCases(quick: boolean): readonly KernelCase[] {
  const convs = CONV_LAYERS.filter(({ name }) => !quick || name.startsWith("block")).map(
    ({ name, params }): KernelCase => ({
      name,
      ready: (device, pipelines, elem) => readyConv(device, pipelines, elem, name, { ...params, elem }),
    }),
  );
  const others = graphBenches
    .filter((_, i) => !quick || i % 4 === 0)
    .map((bench): KernelCase => ({
      name: bench.name,
      ready: (device, pipelines, elem) => readyKernel(device, pipelines, elem, bench),
    }));
  return [...convs, ...others];
}
