/** The kernels' cases, ready to run: convolutions as the engine lowers them, and everything else by its plan. */
import { ConvChoices } from "../src/graph/lower/conv-choice";
import { convGraph } from "../src/tuning/conv-graph";
import { BoundProgram } from "../src/gpu/bound-program";
import { sizeOf } from "../src/graph/ir";
import { lower } from "../src/graph/lower/lower";
import type { PipelineCache } from "../src/gpu/pipelines";
import { storedElements } from "../src/gpu/storage";
import { WeightStore } from "../src/gpu/weight-store";
import type { Conv2dParams } from "../src/kernels/conv/params";
import { gatherIndices } from "../src/kernels/gather";
import { elemBytes, type Elem } from "../src/kernels/kernel";
import { randoms } from "../test/shared/randoms";
import { graphBenches, type KernelBench } from "../test/shared/graph-benches";
import { CONV_LAYERS } from "../test/shared/conv-cases";
import { readyDispatch } from "./dispatch";
import { ENGINE } from "../src/session/engine";

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

async function readyConv(
  device: GPUDevice,
  pipelines: PipelineCache,
  elem: Elem,
  params: Conv2dParams,
): Promise<ReadyCase> {
  const { kernel, inChannels, outChannels, groups } = params;
  const depth = (kernel[0] * kernel[1] * inChannels) / groups;
  const scale = 1.5 / Math.sqrt(depth);
  const constants = { weights: randoms(depth * outChannels, 1, -scale, scale), bias: randoms(outChannels, 2) };
  const graph = convGraph(params, constants);
  const choices = new ConvChoices(device, ENGINE.convolutions);
  await choices.ready;
  const program = lower(graph, ENGINE, { elem, chooseConv: choices.choose });
  const weights = new WeightStore(device, elem);
  const bound = await BoundProgram.create(device, program, ENGINE.kernels, graph.constants, pipelines, weights);
  for (const { name: input, shape } of graph.inputs)
    device.queue.writeBuffer(bound.input(input), 0, storedElements(randoms(sizeOf(shape), 3, 0, 1), elem));
  return {
    kernels: [...new Set(program.steps.map(({ kernel }) => kernel))],
    // Counts the flops of the convolution's definition, whatever the algorithm.
    flops: 2 * depth * sizeOf(graph.nodes[0]!.shape),
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
  const { encode, destroy } = await readyDispatch(device, pipelines, kernel, plan, resources);
  return {
    kernels: [kernel.name],
    flops: plan.flops,
    bytes: plan.bytes,
    encode,
    destroy: () => [...buffers, { destroy }].forEach((made) => made.destroy()),
  };
}

/** `count` row indices of a table, each far from the previous one. */
function scattered(count: number, rows: number): number[] {
  return Array.from({ length: count }, (_, i) => (i * 7919) % rows);
}

/** All cases or a part of them; `quick`: only cases that are fast on a slow software driver. */
export function kernelCases(quick: boolean, part?: "layers" | "others"): readonly KernelCase[] {
  const convs = CONV_LAYERS.filter(({ name }) => !quick || name.startsWith("block")).map(
    ({ name, params }): KernelCase => ({
      name,
      ready: (device, pipelines, elem) => readyConv(device, pipelines, elem, { ...params, elem }),
    }),
  );
  const others = graphBenches
    .filter((_, i) => !quick || i % 4 === 0)
    .map((bench): KernelCase => ({
      name: bench.name,
      ready: (device, pipelines, elem) => readyKernel(device, pipelines, elem, bench),
    }));
  return [...(part === "others" ? [] : convs), ...(part === "layers" ? [] : others)];
}
