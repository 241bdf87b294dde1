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

/** Reserved words of at most two letters, which must not become names. */
const RESERVED = new Set(["as", "do", "fn", "go", "if", "in", "of", "or", "_"]);

/** Short names, in order: a, b, ... z, aa, ab, ... */
function* shortNames(): Generator<string> {
  const letters = "abcdefghijklmnopqrstuvwxyz";
  yield* letters;
  for (const first of letters) for (const second of letters) yield first + second;
}

/**
 * Shortens the names of functions' parameters and variables. Names that the file also uses for anything else (module scope,
 * fields) stay. New names do not occur in the file, so they shadow nothing.
 */
export function shortenLocals(source: string): string {
  const local = /\b(?:let|var|const) ([a-z]\w*)|[(,]\s*(?:@\w+(?:\(\w+\))? ?)?([a-z]\w*) ?:/g;
  const depths = depthsOf(source);
  const locals = new Set<string>();
  const others = new Set<string>();
  for (const match of source.matchAll(local)) {
    const inFunction = match[2] !== undefined || depths[match.index]! > 0;
    (inFunction ? locals : others).add((match[1] ?? match[2])!);
  }
  for (const [, name] of source.matchAll(/^\s*(?:@[^\n]*\) ?)?(?:fn|struct|alias|var<[^>]*>|override) ?(\w+)/gm))
    others.add(name!);
  // A parameter may have the name of an address space.
  for (const [spaces] of source.matchAll(/\bvar<[^>]*>/g)) for (const name of spaces.match(/\w+/g)!) others.add(name);
  for (const [, fields] of source.matchAll(/\bstruct \w+ ?\{([^}]*)\}/g))
    for (const [, name] of fields!.matchAll(/(\w+) ?:/g)) others.add(name!);
  const words = new Set(source.match(/\b[A-Za-z_]\w*/g));
  const names = shortNames();
  const short = new Map<string, string>();
  for (const name of locals) {
    if (others.has(name) || name.length < 2) continue;
    let next = names.next().value as string;
    while (words.has(next) || RESERVED.has(next)) next = names.next().value as string;
    if (next.length < name.length) short.set(name, next);
  }
  return source.replace(/(?<![\w.@#])[a-z]\w*/g, (word) => short.get(word) ?? word);
}

/** Writes types by WGSL's predeclared aliases, and leaves out the default access of storage. */
export function shortenTypes(source: string): string {
  return source.replace(/\b(vec[234])<([fiu])32>/g, "$1$2").replaceAll("var<storage,read>", "var<storage>");
}

/** How many braces are open at each character. */
function depthsOf(source: string): number[] {
  let depth = 0;
  return Array.from(source, (char) => (depth += char === "{" ? 1 : char === "}" ? -1 : 0));
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
      const code = `export default ${JSON.stringify(build ? shortenTypes(shortenLocals(stripWgsl(text))) : text)};`;
      return { code, map: null };
    },
  };
}
