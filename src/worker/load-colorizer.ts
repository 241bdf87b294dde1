/** Loads a model where it disturbs the page least. */
import { DeviceError } from "../base/errors";
import { packagePart } from "../base/package-part";
import type { LoadOptions } from "./messages";
import type { PhotoColorizer } from "./photo-colorizer";
import { WorkerColorizer } from "./worker-colorizer";

/** Starts the worker of the GPU. */
const start = (): Worker => new Worker(new URL("./colorize-worker.ts", import.meta.url), { type: "module" });

/**
 * Loads a model, with a device of its own, in a module worker, which all of the page's models share; where the browser has no WebGPU in
 * workers or the page may not start this one, on this thread, in short stretches. Where there is no WebGPU or no such device, and the option
 * `fallback` is given, onnxruntime-web runs the networks, in a worker of its own. Throws as Colorizer.load(), and DownloadError where
 * onnxruntime-web is needed and not there.
 */
export async function loadColorizer({ fallback, ...options }: LoadOptions = {}): Promise<PhotoColorizer> {
  options.signal?.throwIfAborted();
  try {
    return await loadOnDevice(options);
  } catch (error) {
    if (fallback === undefined || !(error instanceof DeviceError)) throw error;
    const { loadFallback } = await packagePart(import("./load-fallback"));
    return loadFallback({ ...options, fallback });
  }
}

async function loadOnDevice(options: Omit<LoadOptions, "fallback">): Promise<PhotoColorizer> {
  const kind = options.workers
    ? (await packagePart(import("./worker-folder"))).startIn(options.workers, "colorize")
    : start;
  // Without WebGPU, the error of this thread says what to do; without workers, starting one fails.
  const remote = navigator.gpu ? await WorkerColorizer.load(options, kind) : undefined;
  return remote ?? (await packagePart(import("./worker-folder"))).loadHere(options);
}
