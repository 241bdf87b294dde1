/** The text of a shader with its `#include "path"` lines resolved, and the paths of all its files. */
export function resolveIncludes(path: string): { text: string; files: string[] };
