// Lets Node run this project's TypeScript: tsx for .ts files, and a hook that imports `x.wgsl?raw` as text.
import { readFile } from "node:fs/promises";
import { register } from "node:module";
import { isMainThread } from "node:worker_threads";
import { register as registerTsx } from "tsx/esm/api";

/** Node module hook: text of a WGSL file as its default export. */
export async function load(url, context, nextLoad) {
  if (!url.endsWith(".wgsl?raw")) return nextLoad(url, context);
  const source = await readFile(new URL(url.slice(0, -"?raw".length)), "utf8");
  return { format: "module", source: `export default ${JSON.stringify(source)};`, shortCircuit: true };
}

// Node also loads this file inside its hooks thread, where nothing is to be registered.
if (isMainThread) {
  registerTsx();
  register(import.meta.url);
}
