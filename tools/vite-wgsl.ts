/** Vite plugin: shaders ship without their comments, which are for readers of the source. */
import { readFile } from "node:fs/promises";
import type { Plugin } from "vite";

/**
 * WGSL without comments, indentation and blank lines. Lines stay lines: `#if` ... `#endif` and the `const` lines
 * that the host sets are found by line. Block comments nest in WGSL; there are no string literals to mind.
 */
export function stripWgsl(source: string): string {
  let text = "";
  let depth = 0;
  for (let i = 0; i < source.length; i++) {
    const pair = source.slice(i, i + 2);
    if (pair === "/*" || (depth > 0 && pair === "*/")) {
      depth += pair === "/*" ? 1 : -1;
      i++;
      if (depth === 0) text += " "; // a comment parts words
    } else if (depth > 0) {
      if (source[i] === "\n") text += "\n";
    } else if (pair === "//") {
      const end = source.indexOf("\n", i);
      i = (end < 0 ? source.length : end) - 1;
    } else {
      text += source[i];
    }
  }
  const lines = text.split("\n").map((line) => line.trim().replace(/\s+/g, " "));
  return `${lines.filter((line) => line !== "").join("\n")}\n`;
}

/** Inlines `x.wgsl?raw` as its stripped text. For builds: in development, errors should show the whole shader. */
export function wgsl(): Plugin {
  return {
    name: "wgsl",
    apply: "build",
    enforce: "pre",
    async load(id) {
      if (!id.endsWith(".wgsl?raw")) return null;
      const path = id.slice(0, -"?raw".length);
      this.addWatchFile(path);
      return { code: `export default ${JSON.stringify(stripWgsl(await readFile(path, "utf8")))};`, map: null };
    },
  };
}
