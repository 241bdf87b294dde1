/** What pages need that do not have their worker from a bundler: loaded only there. */
import { pageAddress } from "../base/page-address";
import { packagePart } from "../base/package-part";
import type { Colorizer } from "../colorizer/colorizer";
import type { ColorizerOptions } from "../colorizer/options";

/** By address, so that one worker serves all who name it. */
const inFolders = new Map<string, () => Worker>();

/** What starts the worker NAME-worker.js of a folder; its address may be relative to the page. */
export function startIn(folder: string, name: string): () => Worker {
  const href = pageAddress("workers", `${folder.replace(/\/?$/, "/")}${name}-worker.js`);
  const start = inFolders.get(href) ?? ((): Worker => new Worker(href, { type: "module" }));
  inFolders.set(href, start);
  return start;
}

/** As Colorizer.load(), on the page's own thread. Where there is WebGPU, a worker should have done it: developers are told what to do. */
export async function loadHere(options: ColorizerOptions): Promise<Colorizer> {
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
