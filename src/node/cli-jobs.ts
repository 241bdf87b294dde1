/** Turns the command line's paths into a list of jobs (input file, output file). Opens no picture. */
import { statSync } from "node:fs";
import { basename, dirname, extname, join, resolve } from "node:path";
import { ImageError, InputError, messageOf } from "../base/errors";
import { badInput, findFiles, realPath, statsOf, type BadInput, type NamedPath, type Skipped } from "./cli-inputs";
import { inShard, type Shard } from "./cli-shard";
import { EXTENSIONS, formatOfBytes, formatOfName, type ImageFormat } from "./images";
import { endsAsOther, notAFile, otherKind, startOf } from "./other-kinds";
import { probeFolder } from "./output-folder";

/** Standard input as a photograph, and standard output as its result. */
export const STREAM = "-";

/** One picture to colour. */
export interface Job {
  /** A path, or STREAM. */
  readonly input: string;
  /** The bytes of standard input. */
  readonly bytes?: Buffer;
  /** A path, or STREAM. */
  readonly output: string;
  readonly format: ImageFormat;
  /** The path of the result below the folder of results, but for the extension. */
  readonly below: string;
  /** Whether a file that has the output's name is replaced. */
  readonly overwrite: boolean;
}

export interface JobList {
  readonly jobs: readonly Job[];
  readonly bad: readonly BadInput[];
  readonly skipped: readonly Skipped[];
  /** Where the results are, for people; undefined for standard output. */
  readonly folder: string | undefined;
}

interface JobOptions {
  /** The folder for results; or, for one photograph, a file name with the extension of a picture format, or STREAM. */
  readonly out: string;
  /** Default: each input's own format. */
  readonly format?: ImageFormat;
  readonly recursive?: boolean;
  readonly overwrite?: boolean;
  /** Only this part of the photographs. */
  readonly shard?: Shard;
  /** The bytes of standard input, where it is a photograph. */
  readonly stdin?: Buffer;
}

/** The format by the file name's extension, else by the first bytes of the file. */
function formatOf(path: string, stdin: Buffer | undefined): ImageFormat {
  const byName = path === STREAM ? undefined : formatOfName(path);
  if (byName) return byName;
  const start = path === STREAM ? stdin!.subarray(0, 16) : startOf(path);
  const other = otherKind(path, start);
  if (other) throw badInput(path, other.kind, other.hint);
  const format = formatOfBytes(start);
  if (format) return format;
  const received = path === STREAM && start.length === 0 ? "nothing on stdin" : "another kind of file";
  throw badInput(path, received, "Convert it to one of these formats first.");
}

/** `photo.jpg` stays `photo.jpg`; another format changes the extension only. */
function outputName(input: string, format: ImageFormat): string {
  const extension = extname(input);
  if (EXTENSIONS[format].includes(extension.toLowerCase())) return basename(input);
  const stem = formatOfName(input) ? basename(input, extension) : basename(input);
  return stem + EXTENSIONS[format][0];
}

/** A key that identifies a file: a.jpg and A.JPG have one key where the file system treats them as one file. */
function identity(path: string): string {
  const stats = statsOf(path);
  return `${realPath(path).toLowerCase()} ${stats ? `${stats.dev}:${stats.ino}` : basename(path)}`;
}

/**
 * Lists the jobs for files and folders, each input once. Paths that are missing, unreadable or no pictures are returned as
 * `bad`, other files in folders as `skipped`. Throws InputError when two inputs would get one output, when an output is an input, and
 * when `out` cannot be written.
 */
export function listJobs(paths: readonly (string | NamedPath)[], options: JobOptions): JobList {
  const { out, format, shard, stdin, overwrite = false, recursive = false } = options;
  const target = outputOf(out, format);
  const named = paths.map((path) => (typeof path === "string" ? { path, keepFolders: false } : path));
  const { files, bad, skipped } = findFiles(
    named.filter(({ path }) => path !== STREAM),
    { recursive, results: realPath(out) },
  );
  if (named.some(({ path }) => path === STREAM)) files.unshift({ path: STREAM, below: "stdin" });
  const jobs: Job[] = [];
  const seen = new Map<string, string>();
  for (const { path, below } of files) {
    const id = path === STREAM ? STREAM : identity(path);
    const first = seen.get(id);
    if (first !== undefined) {
      const reason = "a link to another photograph of this run.";
      if (resolve(first) !== resolve(path)) skipped.push({ input: path, reason, known: false });
      continue;
    }
    seen.set(id, path);
    try {
      if (path !== STREAM) checkFile(path);
      const own = target.format ?? format ?? formatOf(path, stdin);
      const output = target.kind === "folder" ? join(out, dirname(below), outputName(below, own)) : out;
      jobs.push({ input: path, ...(path === STREAM && { bytes: stdin }), output, format: own, below, overwrite });
    } catch (cause) {
      const error =
        cause instanceof ImageError ? cause : badInput(path, messageOf(cause), "Check its permissions.", cause);
      bad.push({ input: path, error });
    }
  }
  if (target.kind !== "folder" && seen.size > 1)
    throw new InputError({
      where: "--out",
      expected: "a folder for several photographs",
      received: target.kind === "file" ? `the file name ${out}` : '"-", the standard output',
      hint: "Name a folder, or one photograph.",
    });
  const folder = target.kind === "file" ? dirname(out) : target.kind === "folder" ? out : undefined;
  if (jobs.length > 0 && folder !== undefined) checkOutputs(jobs, probeFolder(folder));
  if (!shard) return { jobs, bad, skipped, folder };
  return {
    jobs: jobs.filter(({ below }) => inShard(below, shard)),
    bad: bad.filter(({ input }) => inShard(basename(input), shard)),
    skipped: skipped.filter(({ input }) => inShard(basename(input), shard)),
    folder,
  };
}

interface Target {
  readonly kind: "folder" | "file" | "stream";
  /** The format that the file name says. */
  readonly format?: ImageFormat;
}

/** What `out` names. Throws InputError where it is neither a folder nor the name of a picture file. */
function outputOf(out: string, format: ImageFormat | undefined): Target {
  const wrong = (expected: string, received: string, hint: string): InputError =>
    new InputError({ where: "--out", expected, received, hint });
  if (out === STREAM) return { kind: "stream" };
  const stats = statsOf(out);
  const byName = /[\\/]$/.test(out) || stats?.isDirectory() ? undefined : formatOfName(out);
  if (stats?.isFile() && !byName) throw wrong("a folder", `the file ${out}`, "Name a folder.");
  if (!stats && endsAsOther(out))
    throw wrong("a name that ends in .jpg, .png, .webp or .tif, or a folder", out, `For a folder write ${out}/`);
  if (byName && format && byName !== format)
    throw wrong(`a name of a ${format.toUpperCase()} file, as --format says`, out, "Leave one of them out.");
  return byName ? { kind: "file", format: byName } : { kind: "folder" };
}

/** Throws ImageError unless the path is a file: opening a pipe or a device may block forever. */
function checkFile(path: string): void {
  const stats = statSync(path, { throwIfNoEntry: false });
  if (!stats) throw badInput(path, "a link that leads nowhere", "Check where it leads.");
  const other = notAFile(stats);
  if (other) throw badInput(path, other, "Save the picture to a file first.");
}

/** Throws InputError when two jobs have one output, as the file system compares names, or one's output is another's input. */
export function checkOutputs(jobs: readonly Job[], { caseSensitive }: { readonly caseSensitive: boolean }): void {
  const nameOf = (path: string): string => (caseSensitive ? realPath(path) : realPath(path).toLowerCase());
  const inputs = new Set(jobs.filter(({ input }) => input !== STREAM).map(({ input }) => nameOf(input)));
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
