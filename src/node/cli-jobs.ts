/** Turns the command line's paths into a list of jobs (input file, output file). Opens no picture. */
import { readdirSync, realpathSync, statSync, type Stats } from "node:fs";
import { basename, dirname, extname, join, resolve } from "node:path";
import { ImageError, InputError, messageOf } from "../base/errors";
import { EXTENSIONS, formatOfBytes, formatOfName, type ImageFormat } from "./images";
import { notAFile, otherKind, startOf } from "./other-kinds";
import { probeFolder } from "./output-folder";

/** One picture to colour. */
export interface Job {
  readonly input: string;
  readonly output: string;
  readonly format: ImageFormat;
}

/** A path that cannot be coloured. */
interface BadInput {
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

export interface JobList {
  readonly jobs: readonly Job[];
  readonly bad: readonly BadInput[];
  readonly skipped: readonly Skipped[];
  /** The folder for results. */
  readonly folder: string;
}

interface JobOptions {
  /** The folder for results; or, for one photograph, a file name with the extension of a picture format. */
  readonly out: string;
  /** Default: each input's own format. */
  readonly format?: ImageFormat;
}

const natural = new Intl.Collator("en", { numeric: true, sensitivity: "base" });

/** The format by the file name's extension, else by the first bytes of the file. */
function formatOf(path: string): ImageFormat {
  const byName = formatOfName(path);
  if (byName) return byName;
  const start = startOf(path);
  const other = otherKind(path, start);
  if (other) throw badInput(path, other.kind, other.hint);
  const format = formatOfBytes(start);
  if (format) return format;
  throw badInput(path, "another kind of file", "Convert it to one of these formats first.");
}

/** `photo.jpg` stays `photo.jpg`; another format changes the extension only. */
function outputName(input: string, format: ImageFormat): string {
  const extension = extname(input);
  if (EXTENSIONS[format].includes(extension.toLowerCase())) return basename(input);
  const stem = formatOfName(input) ? basename(input, extension) : basename(input);
  return stem + EXTENSIONS[format][0];
}

/** The path with the links of its existing part resolved. */
function realPath(path: string): string {
  const full = resolve(path);
  try {
    return realpathSync(full);
  } catch {
    const parent = dirname(full);
    return parent === full ? full : join(realPath(parent), basename(full));
  }
}

/** A key that identifies a file: a.jpg and A.JPG have one key where the file system treats them as one file. */
function identity(path: string): string {
  const stats = statsOf(path);
  return `${realPath(path).toLowerCase()} ${stats ? `${stats.dev}:${stats.ino}` : basename(path)}`;
}

function statsOf(path: string): Stats | undefined {
  try {
    return statSync(path);
  } catch {
    return undefined; // callers that need the file report the error
  }
}

/**
 * Lists the jobs for files and folders (top level, natural order), each input once. Paths that are missing,
 * unreadable or no pictures are returned as `bad`, other files in folders as `skipped`. Throws InputError when two inputs would get one
 * output, when an output is an input, and when `out` cannot be written.
 */
export function listJobs(paths: readonly string[], { out, format }: JobOptions): JobList {
  const file = outputFile(out, format);
  const folder = file ? dirname(out) : out;
  const jobs: Job[] = [];
  const bad: BadInput[] = [];
  const skipped: Skipped[] = [];
  const seen = new Set<string>();
  for (const path of paths.flatMap((given) => expand(given, bad, skipped))) {
    const id = identity(path);
    if (seen.has(id)) continue;
    seen.add(id);
    try {
      checkFile(path);
      const own = formatOf(path);
      const target = file ?? format ?? own;
      jobs.push({ input: path, output: file ? out : join(out, outputName(path, target)), format: target });
    } catch (cause) {
      const error =
        cause instanceof ImageError ? cause : badInput(path, messageOf(cause), "Check its permissions.", cause);
      bad.push({ input: path, error });
    }
  }
  if (file && seen.size > 1)
    throw new InputError({
      where: "--out",
      expected: "a folder for several photographs",
      received: `the file name ${out}`,
      hint: "Name a folder, or one photograph.",
    });
  if (jobs.length > 0) checkOutputs(jobs, probeFolder(folder));
  return { jobs, bad, skipped, folder };
}

/** The format where `out` names a file; undefined for a folder. Throws InputError where `out` is neither. */
function outputFile(out: string, format: ImageFormat | undefined): ImageFormat | undefined {
  const wrong = (expected: string, received: string, hint: string): InputError =>
    new InputError({ where: "--out", expected, received, hint });
  if (out === "-") throw wrong("a folder or a file name", '"-", the standard output', "Name a file: --out result.png");
  const stats = statsOf(out);
  const byName = /[\\/]$/.test(out) || stats?.isDirectory() ? undefined : formatOfName(out);
  if (stats?.isFile() && !byName) throw wrong("a folder", `the file ${out}`, "Name a folder.");
  if (byName && format && byName !== format)
    throw wrong(`a name of a ${format.toUpperCase()} file, as --format says`, out, "Leave one of them out.");
  return byName;
}

function badInput(where: string, received: string, hint: string, cause?: unknown): ImageError {
  return new ImageError({ where, expected: "a JPEG, PNG, WebP or TIFF picture", received, hint, cause });
}

/** Throws ImageError unless the path is a file: opening a pipe or a device may block forever. */
function checkFile(path: string): void {
  const stats = statSync(path, { throwIfNoEntry: false });
  if (!stats) throw badInput(path, "a link that leads nowhere", "Check where it leads.");
  const other = notAFile(stats);
  if (other) throw badInput(path, other, "Save the picture to a file first.");
}

/** A path's files; a path that is missing, cannot be read or is a folder without pictures goes to `bad`. */
function expand(path: string, bad: BadInput[], skipped: Skipped[]): string[] {
  const fail = (received: string, hint: string, cause?: unknown): string[] => {
    bad.push({ input: path, error: badInput(path, received, hint, cause) });
    return [];
  };
  try {
    const stats = statSync(path, { throwIfNoEntry: false });
    if (!stats) return fail("no such file or folder", "Check the path.");
    if (!stats.isDirectory()) return [path];
    const files = picturesIn(path, skipped);
    if (files.length > 0) return files;
  } catch (cause) {
    return fail(`an unreadable path (${messageOf(cause)})`, "Check its permissions and links.", cause);
  }
  return fail("a folder without pictures", "Folders inside it are not searched: name them, too.");
}

/** The picture files directly in a folder, "2.jpg" before "10.jpg"; hidden files are left out. */
function picturesIn(folder: string, skipped: Skipped[]): string[] {
  const entries = readdirSync(folder, { withFileTypes: true })
    .filter(({ name }) => !name.startsWith("."))
    .sort((a, b) => natural.compare(a.name, b.name));
  for (const entry of entries) {
    const input = join(folder, entry.name);
    if (entry.isDirectory()) skipped.push({ input, reason: "a folder inside. Name it, too.", known: false });
    else if (!formatOfName(entry.name)) skipped.push({ input, ...whySkipped(input) });
  }
  return entries
    .filter((entry) => !entry.isDirectory() && formatOfName(entry.name))
    .map(({ name }) => join(folder, name));
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

/** Throws InputError when two jobs have one output, as the file system compares names, or one's output is another's input. */
export function checkOutputs(jobs: readonly Job[], { caseSensitive }: { readonly caseSensitive: boolean }): void {
  const nameOf = (path: string): string => (caseSensitive ? realPath(path) : realPath(path).toLowerCase());
  const inputs = new Set(jobs.map(({ input }) => nameOf(input)));
  const taken = new Map<string, Job>();
  for (const job of jobs) {
    const name = nameOf(job.output);
    if (inputs.has(name))
      throw new InputError({
        where: job.output,
        expected: "results apart from the photographs",
        received: "an output that is one of the inputs",
        hint: "Choose another folder with --out.",
      });
    const other = taken.get(name);
    if (other)
      throw new InputError({
        where: job.output,
        expected: "one input for each output",
        received: `${other.input} and ${job.input}`,
        hint:
          basename(other.output) === basename(job.output)
            ? "Rename one, or colour them into different folders."
            : "The file system takes both names for one: rename one, or colour them into different folders.",
      });
    taken.set(name, job);
  }
}
