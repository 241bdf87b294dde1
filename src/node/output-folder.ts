/** Tests, before any work, whether a folder is writable and whether its file system is case-sensitive. */
import { existsSync, mkdirSync, rmdirSync, rmSync, writeFileSync } from "node:fs";
import { dirname, join, resolve } from "node:path";
import { InputError, messageOf } from "../base/errors";

/** Writes a test file and removes it again. Throws InputError where no file can be written. */
export function probeFolder(folder: string): { readonly caseSensitive: boolean } {
  const probe = join(folder, `.colorize-canvas-${process.pid}.tmp`);
  let made: string | undefined;
  try {
    made = makeFolder(resolve(folder));
    writeFileSync(probe, "");
    return { caseSensitive: !existsSync(join(folder, `.COLORIZE-CANVAS-${process.pid}.TMP`)) };
  } catch (cause) {
    throw new InputError({
      where: "--out",
      expected: "a folder that can be written",
      received: `${folder} (${messageOf(cause)})`,
      hint: "Choose another folder, or change its permissions.",
      cause,
    });
  } finally {
    try {
      rmSync(probe, { force: true });
      if (made !== undefined) removeEmpty(resolve(folder), made);
    } catch {
      // Another process already uses the folder.
    }
  }
}

/** Creates a folder and returns the uppermost one that was created. mkdir's option `recursive` loops forever in /proc. */
function makeFolder(folder: string): string | undefined {
  if (existsSync(folder)) return undefined;
  const above = makeFolder(dirname(folder));
  mkdirSync(folder);
  return above ?? folder;
}

/** Removes `folder` and the folders above it up to `top`. */
function removeEmpty(folder: string, top: string): void {
  rmdirSync(folder);
  if (folder !== top) removeEmpty(dirname(folder), top);
}
