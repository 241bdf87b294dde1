/** The host in a page or its worker: the browser's WebGPU, onnxruntime-web and tfjs on one adapter. */
import type * as Ort from "onnxruntime-common";
import { requestDevice } from "../src/gpu/device";
import { engine, onnxruntime, type Contender } from "./contenders";
import type { Host } from "./environment";
import { naive } from "./naive-conv2d";
import { tfjs, type TfModule } from "./tfjs-reference";

type OrtWeb = typeof Ort & { env: { wasm: { wasmPaths?: string; numThreads?: number } } };

/** `ort`: the address of the folder with onnxruntime-web's files, with a slash at its end. */
export function pageHost({ ort, ...given }: Pick<Host, "where" | "read" | "send"> & { readonly ort: string }): Host {
  let device: Promise<GPUDevice> | undefined;
  const shared = (): Promise<GPUDevice> => (device ??= requestDevice());
  /** The build with both providers, as it was published. */
  const loadOrt = async (): Promise<OrtWeb> => {
    const found = (await import(/* @vite-ignore */ `${ort}ort.webgpu.min.mjs`)) as OrtWeb;
    found.env.wasm.wasmPaths = ort;
    found.env.wasm.numThreads = navigator.hardwareConcurrency;
    return found;
  };
  const contenders: readonly Contender[] = [
    onnxruntime("onnxruntime-web wasm", loadOrt, { executionProviders: ["wasm"] }),
    engine("f32", shared),
    engine("f16", shared),
    engine("f32", shared, true),
    engine("f16", shared, true),
    naive(shared),
    onnxruntime("onnxruntime-web webgpu", loadOrt, { executionProviders: ["webgpu"] }),
    tfjs(loadTfjs),
  ];
  return { device: shared, contenders, cpuMilliseconds: () => NaN, ...given };
}

async function loadTfjs(): Promise<TfModule> {
  const tf = await import("@tensorflow/tfjs-core");
  await import("@tensorflow/tfjs-backend-webgpu");
  if (!(await tf.setBackend("webgpu"))) throw new Error("tfjs finds no WebGPU here");
  return tf;
}
