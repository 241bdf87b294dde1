/** Reads photographs from a folder or a zip file: names, sets and bytes. */
import { readdirSync, statSync } from "node:fs";
import { readFile } from "node:fs/promises";
import { join, sep } from "node:path";
import { buffer } from "node:stream/consumers";
import { openPromise, type Entry } from "yauzl";
import { ImageError, InputError, messageOf } from "../../src/base/errors";
import { formatOfName } from "../../src/node/images";

/** Names with "/" between folders, in natural order, and the bytes behind them. */
export interface PictureFiles {
  readonly source: string;
  readonly names: readonly string[];
  /** Throws ImageError when the file cannot be read. */
  read(name: string): Promise<Buffer>;
  close(): void;
}

const natural = new Intl.Collator("en", { numeric: true, sensitivity: "base" });

/** Whether a name is a picture's, not hidden, and not metadata that some systems add to zip files. */
function wanted(name: string): boolean {
  return formatOfName(name) !== undefined && !name.split("/").some((part) => /^\.|^__MACOSX$/.test(part));
}

/** Opens a folder (with its subfolders) or a zip file. Throws InputError when it is missing, damaged or without pictures. */
export async function openPictures(source: string, where = "photographs"): Promise<PictureFiles> {
  const found = await (isFolder(source, where) ? openFolder(source) : openZip(source, where));
  if (found.names.length > 0) return found;
  found.close();
  throw new InputError({
    where,
    expected: "JPEG, PNG, WebP or TIFF pictures",
    received: `none in ${source}`,
    hint: "Name the folder or zip file that holds them; folders inside it are searched.",
  });
}

function isFolder(source: string, where: string): boolean {
  try {
    return statSync(source).isDirectory();
  } catch (cause) {
    throw new InputError({
      where,
      expected: "a folder or a zip file",
      received: `${source}, which cannot be read (${(cause as NodeJS.ErrnoException).code ?? String(cause)})`,
      hint: "Check the path.",
      cause,
    });
  }
}

function unreadable(where: string, cause: unknown): ImageError {
  const received = messageOf(cause);
  return new ImageError({ where, expected: "a readable file", received, hint: "Check the file.", cause });
}

function openFolder(folder: string): PictureFiles {
  const names = readdirSync(folder, { recursive: true, encoding: "utf8" })
    .map((name) => name.replaceAll(sep, "/"))
    .filter((name) => wanted(name) && statSync(join(folder, name), { throwIfNoEntry: false })?.isFile() !== false)
    .sort(natural.compare);
  return {
    source: folder,
    names,
    read: (name) =>
      readFile(join(folder, name)).catch((cause: unknown) => Promise.reject(unreadable(join(folder, name), cause))),
    close: () => {},
  };
}

async function openZip(path: string, where: string): Promise<PictureFiles> {
  const damaged = (cause: unknown): InputError =>
    new InputError({
      where,
      expected: "a folder or a zip file",
      received: `${path} (${messageOf(cause)})`,
      hint: "The file is damaged, or of another kind.",
      cause,
    });
  const zip = await openPromise(path, { lazyEntries: true, autoClose: false }).catch((cause: unknown) =>
    Promise.reject(damaged(cause)),
  );
  const entries = new Map<string, Entry>();
  try {
    for await (const entry of zip.eachEntry()) if (wanted(entry.fileName)) entries.set(entry.fileName, entry);
  } catch (cause) {
    zip.close();
    throw damaged(cause);
  }
  return {
    source: path,
    names: [...entries.keys()].sort(natural.compare),
    async read(name) {
      try {
        return await buffer(await zip.openReadStreamPromise(entries.get(name)!));
      } catch (cause) {
        throw unreadable(`${path}: ${name}`, cause);
      }
    },
    close: () => zip.close(),
  };
}

/** A name without its extension, which all pictures of one photograph share. */
export function stemOf(name: string): string {
  return name.replace(/\.[^./]+$/, "");
}

/**
 * The set of each photograph: its folder; for files that lie in no folder, the letters before a number ("kodak" of
 * kodak-07.png) where others have them, too, else ".".
 */
export function setsOf(names: readonly string[]): Map<string, string> {
  const prefixOf = (name: string): string => /^(\D*[^\W\d_])[-_ .]?\d+$/.exec(stemOf(name))?.[1] ?? ".";
  const flat = names.filter((name) => !name.includes("/"));
  const counts = new Map<string, number>();
  for (const name of flat) counts.set(prefixOf(name), (counts.get(prefixOf(name)) ?? 0) + 1);
  const setOf = (name: string): string => {
    if (name.includes("/")) return name.slice(0, name.lastIndexOf("/"));
    return counts.get(prefixOf(name))! > 1 ? prefixOf(name) : ".";
  };
  return new Map(names.map((name) => [name, setOf(name)]));
}

/** `limit` of the names, spread evenly over the list. */
export function spread(names: readonly string[], limit: number | undefined): readonly string[] {
  if (limit === undefined || limit >= names.length) return names;
  return Array.from({ length: limit }, (_, i) => names[Math.floor(((i + 0.5) * names.length) / limit)]!);
}

/** A seeded random order, in which neighbours are unrelated. Fisher-Yates with a 32-bit generator. */
export function mixed<T>(list: readonly T[], seed = 1): T[] {
  const out = [...list];
  let state = seed >>> 0;
  for (let i = out.length - 1; i > 0; i--) {
    state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
    const j = Math.floor((state / 2 ** 32) * (i + 1));
    [out[i], out[j]] = [out[j]!, out[i]!];
  }
  return out;
}
