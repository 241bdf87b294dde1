/** The host in a page: the browser's WebGPU, onnxruntime-web and tfjs on one adapter. */
import type * as Ort from "onnxruntime-common";
import { requestDevice } from "../../src/gpu/device";
import { engine, onnxruntime, type Contender } from "../contenders";
import type { Host } from "../environment";
import { naive } from "../naive-conv2d";
import type { Job, Limits, Message } from "../rows";
import { runJob } from "../run-job";
import { tfjs, type TfModule } from "../tfjs-reference";

declare global {
  interface Window {
    /** Defined by bench/start-chromium.ts. */
    benchMessage(message: Message): Promise<void>;
    /** Called by bench/start-chromium.ts. */
    benchJob(job: Job, limits: Limits): void;
  }
}

type OrtWeb = typeof Ort & { env: { wasm: { wasmPaths?: string; numThreads?: number } } };

/** The build with both providers, served beside the page as it was published. */
async function loadOrt(): Promise<OrtWeb> {
  const address = new URL("/ort/ort.webgpu.min.mjs", location.href).href;
  const ort = (await import(/* @vite-ignore */ address)) as OrtWeb;
  ort.env.wasm.wasmPaths = new URL("/ort/", location.href).href;
  ort.env.wasm.numThreads = navigator.hardwareConcurrency;
  return ort;
}

async function loadTfjs(): Promise<TfModule> {
  const tf = await import("@tensorflow/tfjs-core");
  await import("@tensorflow/tfjs-backend-webgpu");
  if (!(await tf.setBackend("webgpu"))) throw new Error("tfjs finds no WebGPU here");
  return tf;
}

let device: Promise<GPUDevice> | undefined;
const shared = (): Promise<GPUDevice> => (device ??= requestDevice());

const contenders: readonly Contender[] = [
  onnxruntime("onnxruntime-web wasm", loadOrt, { executionProviders: ["wasm"] }),
  engine("f32", shared),
  engine("f16", shared),
  naive(shared),
  onnxruntime("onnxruntime-web webgpu", loadOrt, { executionProviders: ["webgpu"] }),
  tfjs(loadTfjs),
];

async function read(path: string): Promise<Uint8Array> {
  const response = await fetch(new URL(`/model/${path}`, location.href));
  if (!response.ok) throw new Error(`${path}: ${response.status}`);
  return new Uint8Array(await response.arrayBuffer());
}

const host: Host = {
  where: "chromium",
  device: shared,
  read,
  contenders,
  cpuMilliseconds: () => NaN,
  send: (message) => window.benchMessage(message),
};

window.benchJob = (job, limits) => void runJob(host, job, limits);
