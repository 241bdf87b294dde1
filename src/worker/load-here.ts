/** Loads a model on the page's own thread, where no worker does the work. */
import { Colorizer } from "../colorizer/colorizer";
import type { ColorizerOptions } from "../colorizer/options";

/** As Colorizer.load(). Where there is WebGPU, a worker should have done it: developers are told what to do. */
export function loadHere(options: ColorizerOptions): Promise<Colorizer> {
  if ("gpu" in navigator && navigator.gpu)
    console.warn(
      "colorize-canvas: its worker did not start, or has no WebGPU, so the page's main thread does the work. If your bundler does not find " +
        "workers, run `npx colorize-canvas copy-models FOLDER --workers`, where FOLDER is what your server makes public, and write " +
        'workers="/models/workers/" on the element, or as an option of loadColorizer(). If you did, check that address, and that ' +
        "the page's content security policy allows workers from it.",
    );
  return Colorizer.load(options);
}
