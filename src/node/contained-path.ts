/** Resolves paths inside a folder and refuses those that leave it, by ".." or by a symbolic link. */
import { realpathSync } from "node:fs";
import { isAbsolute, relative, resolve, sep } from "node:path";
import { ManifestError } from "../base/errors";
import { pathProblem } from "../base/paths";

/** The real path of `path` inside `folder`. Throws ManifestError when it leaves; ENOENT errors pass through. */
export function containedPath(folder: string, path: string): string {
  const root = realpathSync(folder);
  const problem = pathProblem(path) ?? leaves(root, realpathSync(resolve(root, path)));
  if (problem !== undefined)
    throw new ManifestError({
      where: folder,
      expected: "a file inside this folder",
      received: `${problem}: ${JSON.stringify(path)}`,
      hint: "Put the file beside the model; links out of the folder are not followed.",
    });
  return realpathSync(resolve(root, path));
}

function leaves(root: string, real: string): string | undefined {
  const way = relative(root, real);
  return way === ".." || way.startsWith(`..${sep}`) || isAbsolute(way) ? "a link that leaves it" : undefined;
}
