/** Loads a model for onnxruntime-web: in a worker, or on this thread where the page may not start one. */
import { packagePart } from "../base/package-part";
import { onnxruntimeFolder } from "../fallback/onnxruntime";
import type { LoadOptions } from "./messages";
import type { PhotoColorizer } from "./photo-colorizer";
import { WorkerColorizer } from "./worker-colorizer";
import { startIn } from "./worker-folder";

const start = (): Worker => new Worker(new URL("./wasm-worker.ts", import.meta.url), { type: "module" });

/** As loadColorizer(). Throws InputError for a wrong `fallback`, DownloadError where onnxruntime-web is not there. */
export async function loadFallback({ workers, ...options }: LoadOptions): Promise<PhotoColorizer> {
  // A worker's own address is not the page's.
  const given = { ...options, fallback: onnxruntimeFolder(options.fallback!) };
  const kind = workers ? startIn(workers, "wasm") : start;
  const remote = typeof Worker === "undefined" ? undefined : await WorkerColorizer.load(given, kind);
  if (remote) return remote;
  const { WasmColorizer } = await packagePart(import("../fallback/wasm-colorizer"));
  return WasmColorizer.load(given);
}
