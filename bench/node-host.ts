/** The host in Node: Dawn, onnxruntime-node and tfjs on one adapter, in a separate process. */
import { execFile } from "node:child_process";
import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { promisify } from "node:util";
import { defaultModelFolder } from "../src/node/shipped-models";
import { requestNodeDevice } from "../src/node/device";
import { engine, onnxruntime, type Contender, type OrtModule } from "./contenders";
import type { Host } from "./environment";
import { naive } from "./naive-conv2d";
import type { Message } from "./rows";
import { tfjs, type TfModule } from "./tfjs-reference";
import { CORES, driverMilliseconds } from "./timing";

/** The host in a child process, which sends messages to its parent. `model`: folder with the networks. */
export function nodeHost(model: () => string = defaultModelFolder): Host {
  let device: Promise<GPUDevice> | undefined;
  const shared = (): Promise<GPUDevice> => (device ??= requestNodeDevice());
  const load = (): Promise<OrtModule> => import("onnxruntime-node");
  const contenders: Contender[] = [
    onnxruntime("onnxruntime-node cpu", load, { executionProviders: ["cpu"], intraOpNumThreads: CORES }),
    engine("f32", shared),
    engine("f16", shared),
    engine("f32", shared, true),
    engine("f16", shared, true),
    naive(shared),
    onnxruntime("onnxruntime-node webgpu", load, { executionProviders: ["webgpu"] }),
    tfjs(async () => {
      const { adapterInfo } = await shared();
      return loadTfjs(adapterInfo);
    }),
  ];
  return {
    where: "node",
    device: shared,
    read: (path) => readFile(join(model(), path)),
    contenders,
    cpuMilliseconds: driverMilliseconds,
    memory: async () => ({ process: process.memoryUsage.rss() / 2 ** 20, gpu: await gpuMemory() }),
    send,
  };
}

function send(message: Message): Promise<void> {
  return new Promise((resolve, reject) => {
    process.send!(message, (error: Error | null) => (error ? reject(error) : resolve()));
  });
}

/** MiB in use on the first GPU, by nvidia-smi; undefined without it. */
async function gpuMemory(): Promise<number | undefined> {
  const query = ["--query-gpu=memory.used", "--format=csv,noheader,nounits"];
  const answer = await promisify(execFile)("nvidia-smi", query, { timeout: 10_000 }).catch(() => undefined);
  const used = Number.parseFloat(answer?.stdout ?? "");
  return Number.isFinite(used) ? used : undefined;
}

/** Imports tfjs with navigator.gpu set to the GPU of the device under test, because tfjs reads it during import. */
async function loadTfjs(expected: GPUAdapterInfo): Promise<TfModule> {
  const opened = (globalThis as { __colorizeCanvasGpu?: Map<string, GPU> }).__colorizeCanvasGpu;
  for (const gpu of [...(opened?.values() ?? [])].reverse()) {
    const adapter = await gpu.requestAdapter({ powerPreference: "high-performance" });
    if (adapter?.info.description !== expected.description) continue;
    Object.defineProperty(globalThis, "navigator", { value: { gpu, userAgent: "node" }, configurable: true });
    const tf = await import("@tensorflow/tfjs-core");
    await import("@tensorflow/tfjs-backend-webgpu");
    if (!(await tf.setBackend("webgpu"))) break;
    return tf;
  }
  throw new Error("tfjs finds no WebGPU here");
}
