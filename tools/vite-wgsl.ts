/** Vite plugin: resolves the includes of shaders, and strips comments in builds. */
import type { Plugin } from "vite";
import { resolveIncludes } from "./wgsl-includes.mjs";

/**
 * WGSL without comments, indentation and blank lines. Line breaks stay, because `#if` ... `#endif` and the `const` lines
 * that the host sets are found by line. Block comments nest in WGSL; WGSL has no string literals.
 */
export function stripWgsl(source: string): string {
  let text = "";
  let depth = 0;
  for (let i = 0; i < source.length; i++) {
    const pair = source.slice(i, i + 2);
    if (pair === "/*" || (depth > 0 && pair === "*/")) {
      depth += pair === "/*" ? 1 : -1;
      i++;
      if (depth === 0) text += " "; // a comment separates words
    } else if (depth > 0) {
      if (source[i] === "\n") text += "\n";
    } else if (pair === "//") {
      const end = source.indexOf("\n", i);
      i = (end < 0 ? source.length : end) - 1;
    } else {
      text += source[i];
    }
  }
  const lines = text.split("\n").map((line) => tighten(line.trim().replace(/\s+/g, " ")));
  return `${lines.filter((line) => line !== "").join("\n")}\n`;
}

/** Drops spaces beside punctuation, except in `a - -b` and `#if !NAME`. */
function tighten(line: string): string {
  if (line.startsWith("#")) return line;
  return line
    .replace(/ ?([^\w\s#+-]) ?/g, "$1")
    .replace(/(\w) ?([+-]) ?(?=\w)/g, "$1$2")
    .replace(/ (?=[+-]=)/g, "");
}

/**
 * Loads `x.wgsl?raw` as its text with includes resolved. Builds strip the text; in development and tests, errors show the
 * whole shader.
 */
export function wgsl({ strip = true } = {}): Plugin {
  let build = false;
  return {
    name: "wgsl",
    enforce: "pre",
    configResolved({ command }) {
      build = strip && command === "build";
    },
    load(id) {
      if (!id.endsWith(".wgsl?raw")) return null;
      const { text, files } = resolveIncludes(id.slice(0, -"?raw".length));
      for (const file of files) this.addWatchFile(file);
      const code = `export default ${JSON.stringify(build ? stripWgsl(text) : text)};`;
      return { code, map: null };
    },
  };
}
