/** The text of a shader with its `#include "path"` lines resolved, and the files that it is made of. */
export function resolveIncludes(path: string): { text: string; files: string[] };
