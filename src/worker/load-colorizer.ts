/** Loads a model where it disturbs the page least. */
import { DeviceError } from "../base/errors";
import { packagePart } from "../base/package-part";
import type { Colorizer } from "../colorizer/colorizer";
import type { ColorizerOptions } from "../colorizer/options";
import type { LoadOptions } from "./messages";
import type { PhotoColorizer } from "./photo-colorizer";
import { WorkerColorizer } from "./worker-colorizer";
import { startIn } from "./worker-folder";

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
  const kind = options.workers ? startIn(options.workers, "colorize") : start;
  // Without WebGPU, the error of this thread says what to do; without workers, starting one fails.
  const remote = navigator.gpu ? await WorkerColorizer.load(options, kind) : undefined;
  return remote ?? loadHere(options);
}

/** As Colorizer.load(), on the page's own thread. Where there is WebGPU, a worker should have done it: developers are told what to do. */
async function loadHere(options: ColorizerOptions): Promise<Colorizer> {
  if ("gpu" in navigator && navigator.gpu)
    console.warn(
      "colorize-canvas: its worker did not start, or has no WebGPU, so the page's main thread does the work. If your bundler does not find " +
        "workers, run `npx colorize-canvas copy-models FOLDER --workers`, where FOLDER is what your server makes public, and write " +
        'workers="/models/workers/" on the element, or as an option of loadColorizer(). If you did, check that address, and that ' +
        "the page's content security policy allows workers from it.",
    );
  const { Colorizer } = await packagePart(import("../colorizer/colorizer"));
  return Colorizer.load(options);
}
