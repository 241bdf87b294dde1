// Resolves `#include "path"` lines of shaders, for builds, tests and Node.
import { readFileSync } from "node:fs";
import { dirname, resolve } from "node:path";

const INCLUDE = /^[ \t]*#include[ \t]+"([^"]+)"[ \t]*(?:\/\/.*)?$/;

/**
 * Returns the text of a shader with each `#include "path"` line replaced by the content of that file, recursively. Paths are
 * relative to the file with the line. A file is included once; later lines that name it are removed.
 *
 * @param {string} path path of the shader
 * @returns {{ text: string, files: string[] }} files: the shader and all included files
 */
export function resolveIncludes(path) {
  /** Absolute path -> whether the file was included inside an #if branch; other branches then lack it. */
  const included = new Map([[resolve(path), false]]);
  const read = (file, inBranch) => {
    let depth = 0;
    const lines = readFileSync(file, "utf8").split("\n");
    return lines
      .flatMap((line, i) => {
        if (/^\s*#if\b/.test(line)) depth++;
        if (/^\s*#endif\b/.test(line)) depth--;
        const [, name] = INCLUDE.exec(line) ?? [];
        if (name === undefined) {
          if (/^\s*#include\b/.test(line))
            throw new Error(`${file}:${i + 1}: expected #include "path", received ${line}`);
          return [line];
        }
        const next = resolve(dirname(file), name);
        const branch = inBranch || depth > 0;
        if (!included.has(next)) {
          included.set(next, branch);
          return [read(next, branch).trimEnd()];
        }
        if (included.get(next))
          throw new Error(`${file}:${i + 1}: "${name}" was already included inside an #if; include it before that #if`);
        return [];
      })
      .join("\n");
  };
  return { text: read(resolve(path), false), files: [...included.keys()] };
}
