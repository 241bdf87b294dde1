// `#include "path"` lines of shaders: how builds, tests and Node put shared files into the text of a shader.
import { readFileSync } from "node:fs";
import { dirname, resolve } from "node:path";

const INCLUDE = /^[ \t]*#include[ \t]+"([^"]+)"[ \t]*(?:\/\/.*)?$/;

/**
 * The text of a shader with each `#include "path"` line replaced by that file, whose own includes are resolved likewise.
 * Paths are relative to the file with the line. A file is included once; later lines for it are left out.
 *
 * @param {string} path of the shader
 * @returns {{ text: string, files: string[] }} files: the shader and all that it includes
 */
export function resolveIncludes(path) {
  /** Absolute path -> whether the file was included inside a branch, so that other branches do not have it. */
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
          throw new Error(`${file}:${i + 1}: "${name}" was included inside an #if before; include it in front of that`);
        return [];
      })
      .join("\n");
  };
  return { text: read(resolve(path), false), files: [...included.keys()] };
}
