/** Node as a place to measure: Dawn, onnxruntime-node and tfjs on one adapter. Runs in a process of its own. */
import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { defaultModelFolder } from "../src/node/default-model";
import { requestNodeDevice } from "../src/node/device";
import { engine, onnxruntime, type Contender, type OrtModule } from "./contenders";
import type { Host } from "./environment";
import { naive } from "./naive-conv2d";
import type { Message } from "./rows";
import { tfjs, type TfModule } from "./tfjs-reference";
import { CORES, driverMilliseconds } from "./timing";

export function nodeHost(send: (message: Message) => Promise<void>): Host {
  let device: Promise<GPUDevice> | undefined;
  const shared = (): Promise<GPUDevice> => (device ??= requestNodeDevice());
  const load = (): Promise<OrtModule> => import("onnxruntime-node");
  const contenders: Contender[] = [
    onnxruntime("onnxruntime-node cpu", load, { executionProviders: ["cpu"], intraOpNumThreads: CORES }),
    engine("f32", shared),
    engine("f16", shared),
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
    read: (path) => readFile(join(defaultModelFolder(), path)),
    contenders,
    cpuMilliseconds: driverMilliseconds,
    send,
  };
}

/** tfjs looks for navigator.gpu while it is loaded; it gets the GPU that the device under test came from. */
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
