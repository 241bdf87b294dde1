/** Checks file names in a manifest or a model: relative paths with forward slashes that stay in their folder, or in a model's beside it. */

/** Why `path` is refused; undefined when it stays inside its folder on every platform and as a URL. */
export function pathProblem(path: string): string | undefined {
  if (path === "") return "an empty path";
  if (path.length > 1024) return `a path of ${path.length} characters`;
  // eslint-disable-next-line no-control-regex -- the pattern matches control characters on purpose
  if (/[\u0000-\u001f\u007f]/.test(path)) return "a path with control characters";
  if (path.includes("\\")) return "a path with a backslash";
  if (path.startsWith("/")) return "an absolute path";
  if (path.includes(":")) return "a path with a URL scheme or drive";
  // "%2e%2e" is ".." to a URL parser and a plain name to a file system.
  if (/[?#%]/.test(path)) return "a path with ?, # or %";
  const parts = path.split("/");
  if (parts.includes("..")) return "a path that leaves its folder";
  if (parts.some((part) => part === "" || part === ".")) return "a path with an empty or '.' part";
  return undefined;
}

/** The model beside a model's folder that `path` names, and the path in its folder: "../NAME/FILE". Undefined for other paths. */
export function besideModel(path: string): { readonly model: string; readonly file: string } | undefined {
  const [, model, file] = /^\.\.\/([^/]+)\/(.+)$/.exec(path) ?? [];
  return model === undefined || file === undefined ? undefined : { model, file };
}

/** Why a manifest's `path` is refused: it may lie in the folder of a model beside its own; otherwise as pathProblem(). */
export function modelPathProblem(path: string): string | undefined {
  return besideModel(path) ? pathProblem(path.slice("../".length)) : pathProblem(path);
}
