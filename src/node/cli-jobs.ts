/** From the command line's paths to a list of jobs: which file becomes which. Touches no picture. */
import { closeSync, openSync, readdirSync, readSync, realpathSync, statSync } from "node:fs";
import { basename, dirname, extname, join, resolve } from "node:path";
import { ImageError, InputError } from "../errors";
import { EXTENSIONS, formatOfBytes, formatOfName, type ImageFormat } from "./images";

/** One picture to colour. */
export interface Job {
  readonly input: string;
  readonly output: string;
  readonly format: ImageFormat;
}

/** A path that is no job. */
export interface BadInput {
  readonly input: string;
  readonly error: ImageError;
}

export interface JobList {
  readonly jobs: readonly Job[];
  readonly bad: readonly BadInput[];
}

export interface JobOptions {
  /** The folder for results. */
  readonly out: string;
  /** Default: each input's own format. */
  readonly format?: ImageFormat;
}

const natural = new Intl.Collator("en", { numeric: true, sensitivity: "base" });

/** The picture files directly in a folder, "2.jpg" before "10.jpg"; hidden files are left out. */
function picturesIn(folder: string): string[] {
  return readdirSync(folder, { withFileTypes: true })
    .filter((entry) => !entry.isDirectory() && !entry.name.startsWith(".") && formatOfName(entry.name))
    .map((entry) => join(folder, entry.name))
    .sort(natural.compare);
}

/** Format by name; a file without a known extension is asked for its first bytes. */
function formatOf(path: string): ImageFormat | undefined {
  const byName = formatOfName(path);
  if (byName) return byName;
  const bytes = Buffer.alloc(12);
  const file = openSync(path, "r");
  try {
    return formatOfBytes(bytes.subarray(0, readSync(file, bytes)));
  } finally {
    closeSync(file);
  }
}

/** `photo.jpg` stays `photo.jpg`; another format changes the extension only. */
function outputName(input: string, format: ImageFormat): string {
  const extension = extname(input);
  if (EXTENSIONS[format].includes(extension.toLowerCase())) return basename(input);
  const stem = formatOfName(input) ? basename(input, extension) : basename(input);
  return stem + EXTENSIONS[format][0];
}

/** A name for comparing: the real folder, case folded as some file systems do. */
function identity(path: string): string {
  const full = resolve(path);
  try {
    return realpathSync(full).toLowerCase();
  } catch {
    const parent = dirname(full);
    return (parent === full ? full : join(identity(parent), basename(full))).toLowerCase();
  }
}

/**
 * Lists the jobs for files and folders (top level, natural order), each input once. Paths that are missing,
 * unreadable or no pictures are returned as `bad`. Throws InputError when two inputs would get one output, when an output is an
 * input, or when `out` is a file.
 */
export function listJobs(paths: readonly string[], { out, format }: JobOptions): JobList {
  if (isFile(out))
    throw new InputError({ where: "--out", expected: "a folder", received: `the file ${out}`, hint: "Name a folder." });
  const jobs: Job[] = [];
  const bad: BadInput[] = [];
  const seen = new Set<string>();
  for (const path of paths.flatMap((given) => expand(given, bad))) {
    const id = identity(path);
    if (seen.has(id)) continue;
    seen.add(id);
    try {
      const target = format ?? formatOf(path);
      if (!target) throw badInput(path, "another kind of file", "Convert it to one of these formats first.");
      jobs.push({ input: path, output: join(out, outputName(path, target)), format: target });
    } catch (cause) {
      const error = cause instanceof ImageError ? cause : badInput(path, String(cause), "Check its permissions.");
      bad.push({ input: path, error });
    }
  }
  checkOutputs(jobs, seen);
  return { jobs, bad };
}

function badInput(where: string, received: string, hint: string, cause?: unknown): ImageError {
  return new ImageError({ where, expected: "a JPEG, PNG, WebP or TIFF picture", received, hint, cause });
}

function isFile(path: string): boolean {
  try {
    return statSync(path).isFile();
  } catch {
    return false; // what is wrong with it shows when the first result is written
  }
}

/** A path's files; a path that is missing, cannot be read or is an empty folder goes to `bad`. */
function expand(path: string, bad: BadInput[]): string[] {
  const fail = (received: string, hint: string, cause?: unknown): string[] => {
    bad.push({ input: path, error: badInput(path, received, hint, cause) });
    return [];
  };
  try {
    const stat = statSync(path, { throwIfNoEntry: false });
    if (!stat) return fail("no such file or folder", "Check the path.");
    if (!stat.isDirectory()) return [path];
    const files = picturesIn(path);
    if (files.length > 0) return files;
  } catch (cause) {
    const received = cause instanceof Error ? cause.message : String(cause);
    return fail(`what cannot be read (${received})`, "Check its permissions and links.", cause);
  }
  return fail("a folder without pictures", "Folders inside it are not searched: name them, too.");
}

function checkOutputs(jobs: readonly Job[], inputs: ReadonlySet<string>): void {
  const taken = new Map<string, Job>();
  for (const job of jobs) {
    const id = identity(job.output);
    if (inputs.has(id))
      throw new InputError({
        where: job.output,
        expected: "results apart from the photographs",
        received: "an output that is one of the inputs",
        hint: "Choose another folder with --out.",
      });
    const other = taken.get(id);
    if (other)
      throw new InputError({
        where: job.output,
        expected: "one input for each output",
        received: `${other.input} and ${job.input}`,
        hint: "Rename one, or colour them into different folders.",
      });
    taken.set(id, job);
  }
}
