/** Workers of pages that do not have them from a bundler: in a folder that the page names. */
import { pageAddress } from "../base/page-address";

/** By address, so that one worker serves all who name it. */
const inFolders = new Map<string, () => Worker>();

/** What starts the worker NAME-worker.js of a folder; its address may be relative to the page. */
export function startIn(folder: string, name: string): () => Worker {
  const href = pageAddress("workers", `${folder.replace(/\/?$/, "/")}${name}-worker.js`);
  const start = inFolders.get(href) ?? ((): Worker => new Worker(href, { type: "module" }));
  inFolders.set(href, start);
  return start;
}
