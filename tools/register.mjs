// Lets Node run this project's TypeScript: tsx for .ts files, and a hook that imports `x.wgsl?raw` and `x.css?inline` as text.
import { readFileSync } from "node:fs";
import { register } from "node:module";
import { fileURLToPath } from "node:url";
import { isMainThread } from "node:worker_threads";
import { register as registerTsx } from "tsx/esm/api";
import { resolveIncludes } from "./wgsl-includes.mjs";

/** Node module hook: the text of a style sheet, or of a WGSL file with what it includes, as its default export. */
export async function load(url, context, nextLoad) {
  const [address, query] = url.split("?");
  let text;
  if (address.endsWith(".wgsl") && query === "raw") ({ text } = resolveIncludes(fileURLToPath(address)));
  else if (address.endsWith(".css") && query === "inline") text = readFileSync(fileURLToPath(address), "utf8");
  else return nextLoad(url, context);
  return { format: "module", source: `export default ${JSON.stringify(text)};`, shortCircuit: true };
}

// Node also loads this file inside its hooks thread, where nothing is to be registered.
if (isMainThread) {
  registerTsx();
  register(import.meta.url);
}
