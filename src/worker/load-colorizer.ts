/** Loads a model where it disturbs the page least. */
import { packagePart } from "../base/package-part";
import type { Colorizer } from "../colorizer/colorizer";
import type { LoadOptions } from "./messages";
import { WorkerColorizer } from "./worker-colorizer";

/** What a Colorizer of this thread and one in a worker have in common. */
export type PhotoColorizer = Pick<
  Colorizer,
  "complete" | "manifest" | "elem" | "adapter" | "colorize" | "profile" | "dispose"
>;

/**
 * Loads a model in a module worker with a device of its own, which all of the page's models share; where the browser has no WebGPU in
 * workers or the page may not start this one, on this thread, in short stretches. Throws as Colorizer.load().
 */
export async function loadColorizer(options: LoadOptions = {}): Promise<PhotoColorizer> {
  options.signal?.throwIfAborted();
  // Without WebGPU, the error of this thread says what to do.
  const supported = "gpu" in navigator && navigator.gpu && typeof Worker !== "undefined";
  const remote = supported ? await WorkerColorizer.load(options) : undefined;
  if (remote) return remote;
  const { Colorizer } = await packagePart(import("../colorizer/colorizer"));
  return Colorizer.load(options);
}
