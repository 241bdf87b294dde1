/** Finds the picture files that the command line names: files, and folders with what is in them. Opens no picture. */
import { readdirSync, realpathSync, statSync, type Dirent, type Stats } from "node:fs";
import { basename, dirname, isAbsolute, join, normalize, parse, relative, resolve, sep } from "node:path";
import { ImageError, messageOf } from "../base/errors";
import { EXTENSIONS, formatOfBytes, formatOfName } from "./images";
import { notAFile, otherKind, startOf } from "./other-kinds";

/** A path of the command line or of --files-from. */
export interface NamedPath {
  readonly path: string;
  /** Whether the result keeps the folders of this path as it is written. */
  readonly keepFolders: boolean;
}

/** A file to colour. */
interface FoundFile {
  readonly path: string;
  /** The path of the result below the folder of results, but for the extension. */
  readonly below: string;
}

/** A path that cannot be coloured. */
export interface BadInput {
  readonly input: string;
  readonly error: ImageError;
}

/** An entry of a named folder that is not coloured. */
export interface Skipped {
  readonly input: string;
  /** Why, and what to do. */
  readonly reason: string;
  /** Whether it is a known but unsupported kind of picture or document, which people may expect to be coloured. */
  readonly known: boolean;
}

export interface FoundFiles {
  readonly files: FoundFile[];
  readonly bad: BadInput[];
  readonly skipped: Skipped[];
}

interface FindOptions {
  readonly recursive: boolean;
  /** The real path of the folder of results, which is not searched. */
  readonly results: string;
}

/** Undefined where there is no such file, or a link that leads nowhere or to itself. */
export function statsOf(path: string): Stats | undefined {
  try {
    return statSync(path);
  } catch {
    return undefined; // callers that need the file report the error
  }
}

/** The path with the links of its existing part resolved. */
export function realPath(path: string): string {
  const full = resolve(path);
  try {
    return realpathSync(full);
  } catch {
    const parent = dirname(full);
    return parent === full ? full : join(realPath(parent), basename(full));
  }
}

const natural = new Intl.Collator("en", { numeric: true, sensitivity: "base" });

export function badInput(where: string, received: string, hint: string, cause?: unknown): ImageError {
  return new ImageError({ where, expected: "a JPEG, PNG, WebP or TIFF picture", received, hint, cause });
}

/** The files of these paths, and of folders those with the extension of a picture format, in natural order: "2.jpg" before "10.jpg". */
export function findFiles(named: readonly NamedPath[], options: FindOptions): FoundFiles {
  const found: FoundFiles = { files: [], bad: [], skipped: [] };
  for (const { path, keepFolders } of named) {
    try {
      const stats = statSync(path, { throwIfNoEntry: false });
      if (!stats) found.bad.push({ input: path, error: badInput(path, "no such file or folder", "Check the path.") });
      else if (stats.isDirectory()) addFolder(path, keepFolders ? insideOf(path) : "", options, found);
      else found.files.push({ path, below: keepFolders ? insideOf(path) : basename(path) });
    } catch (cause) {
      found.bad.push({ input: path, error: unreadable(path, cause) });
    }
  }
  return found;
}

function unreadable(path: string, cause: unknown): ImageError {
  return badInput(path, `an unreadable path (${messageOf(cause)})`, "Check its permissions and links.", cause);
}

/** A path without its root and without what leads out of a folder: "/a/b" and "../a/b" become "a/b". */
function insideOf(path: string): string {
  const whole = normalize(path);
  const local = isAbsolute(whole) ? relative(parse(whole).root, whole) : whole;
  const parts = local.split(sep).filter((part) => part !== ".." && part !== ".");
  return parts.join(sep);
}

/** A named folder; without a picture in it, it is a bad input. */
function addFolder(path: string, below: string, options: FindOptions, found: FoundFiles): void {
  const before = found.files.length + found.bad.length;
  walk(path, below, options, found);
  if (found.files.length + found.bad.length > before) return;
  const hint = options.recursive ? "Check the path." : "Folders inside it are not searched: give --recursive.";
  found.bad.push({ input: path, error: badInput(path, "a folder without pictures", hint) });
}

/** Adds a folder's entries; hidden ones are left out. */
function walk(folder: string, below: string, options: FindOptions, found: FoundFiles): void {
  const entries = readdirSync(folder, { withFileTypes: true })
    .filter(({ name }) => !name.startsWith("."))
    .sort((a, b) => natural.compare(a.name, b.name));
  for (const entry of entries) {
    const path = join(folder, entry.name);
    const skip = (reason: string): unknown => found.skipped.push({ input: path, reason, known: false });
    if (entry.isDirectory()) {
      if (!options.recursive) skip("a folder inside. Name it, too, or give --recursive.");
      else if (realPath(path) === options.results) skip("the folder of results.");
      else walkInside(path, join(below, entry.name), options, found);
    } else if (linksToFolder(entry, path)) skip("a link to a folder. Name it, too.");
    else if (formatOfName(entry.name)) found.files.push({ path, below: join(below, entry.name) });
    else found.skipped.push({ input: path, ...whySkipped(path) });
  }
}

/** A folder inside a folder, which does not stop the others when it cannot be read. */
function walkInside(folder: string, below: string, options: FindOptions, found: FoundFiles): void {
  try {
    walk(folder, below, options, found);
  } catch (cause) {
    found.bad.push({ input: folder, error: unreadable(folder, cause) });
  }
}

function linksToFolder(entry: Dirent, path: string): boolean {
  return entry.isSymbolicLink() && (statsOf(path)?.isDirectory() ?? false);
}

function whySkipped(path: string): Omit<Skipped, "input"> {
  try {
    const other = notAFile(statSync(path));
    if (other) return { reason: `${other}.`, known: false };
    const start = startOf(path);
    const known = otherKind(path, start);
    if (known) return { reason: `${known.kind}. ${known.hint}`, known: true };
    const format = formatOfBytes(start);
    if (!format) return { reason: "no picture.", known: false };
    const name = EXTENSIONS[format][0];
    return { reason: `a ${format.toUpperCase()} picture. Name it, too, or let it end in ${name}.`, known: true };
  } catch (cause) {
    return { reason: `an unreadable file (${messageOf(cause)}).`, known: true };
  }
}
