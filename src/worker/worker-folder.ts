/** Workers from a folder that the page names, because its bundler does not find them: loaded only there. */

/** By address, so that one worker serves all who name it. */
const inFolders = new Map<string, () => Worker>();

/** What starts the worker NAME-worker.js of a folder; its address may be relative to the page. */
export function startIn(folder: string, name: string): () => Worker {
  const { href } = new URL(`${folder.replace(/\/?$/, "/")}${name}-worker.js`, document.baseURI);
  const start = inFolders.get(href) ?? ((): Worker => new Worker(href, { type: "module" }));
  inFolders.set(href, start);
  return start;
}
