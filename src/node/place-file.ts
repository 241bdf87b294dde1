/** Writes a file atomically and never overwrites another one by accident. */
import { link, mkdir, rename, rm, stat, writeFile } from "node:fs/promises";
import { dirname, join } from "node:path";
import { ImageError, messageOf } from "../base/errors";

export async function exists(path: string): Promise<boolean> {
  return stat(path).then(
    () => true,
    () => false,
  );
}

export function alreadyThere(path: string): ImageError {
  return new ImageError({
    where: path,
    expected: "no file of this name",
    received: "one that is there already",
    hint: "Choose another folder, or allow overwriting (--overwrite).",
  });
}

let count = 0;

/** Writes a temporary file beside `path` and renames it. Without `overwrite`, throws when `path` exists. */
export async function placeFile(path: string, file: Uint8Array, overwrite: boolean): Promise<void> {
  // The name is short, because the result's name may already have the greatest length that the file system allows.
  const beside = join(dirname(path), `.colorize-${process.pid}-${count++}.tmp`);
  try {
    await mkdir(dirname(path), { recursive: true });
    await writeFile(beside, file);
    if (overwrite) return await rename(beside, path);
    // A hard link fails where the name is taken; a rename would replace it.
    await link(beside, path).catch(async (error: NodeJS.ErrnoException) => {
      if (error.code === "EEXIST") throw alreadyThere(path);
      await rename(beside, path); // a file system without hard links
    });
  } catch (cause) {
    if (cause instanceof ImageError) throw cause;
    throw new ImageError({
      where: path,
      expected: "to write the file",
      received: messageOf(cause),
      hint: "Check the folder's permissions and the free space.",
      cause,
    });
  } finally {
    await rm(beside, { force: true }).catch(() => {}); // the folder itself may be what failed
  }
}
