/** Writes a file atomically and never overwrites another one by accident. */
import { createHash } from "node:crypto";
import type { Stats } from "node:fs";
import { link, mkdir, open, readdir, rename, rm, stat } from "node:fs/promises";
import { hostname } from "node:os";
import { dirname, join } from "node:path";
import { ImageError, messageOf } from "../base/errors";

/**
 * Temporary files are named after the machine and the process that writes them. The name is short, because the result's name may already
 * have the greatest length that the file system allows.
 */
const TEMPORARY = ".colorize-";
export const TEMPORARY_HOST = createHash("sha256").update(hostname()).digest("hex").slice(0, 8);

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

export interface PlaceOptions {
  /** Default false: an existing file is an error. */
  readonly overwrite?: boolean;
  /** Called when the file is whole, under its temporary name, just before it gets its own name. */
  readonly onComplete?: (stats: Stats) => void;
}

/**
 * Writes a temporary file beside `path` and renames it: a file under its own name is always whole, even after a power failure.
 * Returns its size in bytes. Throws ImageError where it cannot be written or, without `overwrite`, exists; errors of `content` pass
 * through, and then nothing is left.
 */
export async function placeFile(
  path: string,
  content: Uint8Array | AsyncIterable<Uint8Array>,
  { overwrite = false, onComplete }: PlaceOptions = {},
): Promise<number> {
  const beside = join(dirname(path), `${TEMPORARY}${TEMPORARY_HOST}-${process.pid}-${count++}.tmp`);
  try {
    await mkdir(dirname(path), { recursive: true });
    const stats = await writeWhole(beside, content);
    onComplete?.(stats);
    if (overwrite) await rename(beside, path);
    else
      // A hard link fails where the name is taken; a rename would replace it.
      await link(beside, path).catch(async (error: NodeJS.ErrnoException) => {
        if (error.code === "EEXIST") throw alreadyThere(path);
        await rename(beside, path); // a file system without hard links
      });
    return stats.size;
  } catch (cause) {
    if ((cause as NodeJS.ErrnoException).syscall === undefined) throw cause;
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

/** Writes a file and waits until the disk has it. */
async function writeWhole(path: string, content: Uint8Array | AsyncIterable<Uint8Array>): Promise<Stats> {
  const file = await open(path, "w");
  try {
    for await (const part of content instanceof Uint8Array ? [content] : content) await file.appendFile(part);
    await file.sync();
    return await file.stat();
  } finally {
    await file.close();
  }
}

/** Hours after which a temporary file is no longer being written, wherever its process runs. */
const STALE_HOURS = 24;

/** Removes temporary files of runs that were killed: those of ended processes of this machine, and those of any that are a day old. */
export async function removeStale(folder: string): Promise<void> {
  const names = await readdir(folder).catch(() => []);
  for (const name of names) {
    const [, host, pid] = /^\.colorize-(\w+)-(\d+)-\d+\.tmp$/.exec(name) ?? [];
    if (host === undefined) continue;
    const path = join(folder, name);
    const old = async (): Promise<boolean> => Date.now() - (await stat(path)).mtimeMs > STALE_HOURS * 3_600_000;
    if ((host === TEMPORARY_HOST && !alive(Number(pid))) || (await old().catch(() => false)))
      await rm(path, { force: true });
  }
}

/** Whether a process of this machine runs. This one has not written anything yet when it asks. */
function alive(pid: number): boolean {
  if (pid === process.pid) return false;
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    return (error as NodeJS.ErrnoException).code !== "ESRCH";
  }
}
