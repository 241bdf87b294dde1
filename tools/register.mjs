// Lets Node run this project's TypeScript: tsx for .ts files, and a hook that imports `x.wgsl?raw` as text.
import { register } from "node:module";
import { fileURLToPath } from "node:url";
import { isMainThread } from "node:worker_threads";
import { register as registerTsx } from "tsx/esm/api";
import { resolveIncludes } from "./wgsl-includes.mjs";

/** Node module hook: text of a WGSL file, with what it includes, as its default export. */
export async function load(url, context, nextLoad) {
  if (!url.endsWith(".wgsl?raw")) return nextLoad(url, context);
  const { text } = resolveIncludes(fileURLToPath(url.slice(0, -"?raw".length)));
  return { format: "module", source: `export default ${JSON.stringify(text)};`, shortCircuit: true };
}

// Node also loads this file inside its hooks thread, where nothing is to be registered.
if (isMainThread) {
  registerTsx();
  register(import.meta.url);
}
