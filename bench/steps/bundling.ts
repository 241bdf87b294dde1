/** What Vite needs to bundle the steps, for the pack and the page. */
import { fileURLToPath } from "node:url";
import type { Plugin } from "vite";
import { wgsl } from "../../tools/vite-wgsl";

/** Tests, and what completes the engine for them, are imported for their effect: package.json lists what ships only. */
const effects: Plugin = {
  name: "effects",
  transform: (code, id) => (id.includes("/node_modules/") ? undefined : { code, moduleSideEffects: true }),
};

/** Tests compare the text of shaders as it stands in the sources. */
export const stepPlugins = (): Plugin[] => [effects, wgsl({ strip: false })];

/** The runner of tests in place of Vitest, which needs processes. */
export const stepAliases = { vitest: fileURLToPath(new URL("vitest.ts", import.meta.url)) };
