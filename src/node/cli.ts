/** The command line. It receives what loads its colorizer as a parameter, so tests can pass a stand-in. */
import { CommanderError } from "commander";
import { readFileSync } from "node:fs";
import { dirname } from "node:path";
import { fileURLToPath } from "node:url";
import { InputError, messageOf } from "../base/errors";
import type { ColorHint } from "../colorizer/hints";
import type { Precision } from "../gpu/storage";
import type { PresetName } from "../weights/model/presets";
import { readHints } from "./cli-hints";
import type { NamedPath } from "./cli-inputs";
import { listJobs, STREAM, type Job, type JobList } from "./cli-jobs";
import { Journal } from "./cli-journal";
import { commandLine, TUNE_SECONDS, type CommandOptions } from "./cli-options";
import { errorText, Reporter, type TextStream } from "./cli-report";
import { runJobs, type CommandColorizer } from "./cli-run";
import type { NodeAdapter } from "./device";
import { modelHash } from "./model-files";
import { alreadyThere, exists, removeStale } from "./place-file";
import { modelLocation } from "./shipped-models";

export interface LoadSettings {
  /** Name of a model of this package, a folder or URL with model.json, or an .onnx file; default: the first model of this package. */
  readonly model?: string;
  /** Which colorizer an .onnx file is. */
  readonly preset?: PresetName;
  /** Default: the environment's COLORIZE_ADAPTER, else auto. */
  readonly adapter?: NodeAdapter;
  readonly precision: Precision;
  /** The temperature that photographs will be coloured with; loading fails where the model has none. */
  readonly temperature?: number;
  /** Seconds of tuning before the first photograph. */
  readonly tune?: number;
  /** Whether the numbers of every layer are looked at. */
  readonly check?: boolean;
  readonly signal: AbortSignal;
  /** Called with the current task and, where known, the loaded fraction of the model's bytes, 0 to 1. */
  readonly onProgress: (what: string, fraction?: number) => void;
}

export interface CommandEnvironment {
  readonly loadColorizer: (settings: LoadSettings) => Promise<CommandColorizer>;
  readonly stdout: TextStream;
  readonly stderr: TextStream;
  /** Reads standard input to its end. */
  readonly readStdin: () => Promise<Buffer>;
  /** Aborts the run: the file in progress is dropped, finished files stay. */
  readonly signal: AbortSignal;
}

/** Exit codes: every file succeeded; at least one file failed; wrong usage; interrupted. */
export const EXIT = { ok: 0, failed: 1, usage: 2, interrupted: 130 } as const;

/** What a command line asks for. */
interface Task {
  readonly options: CommandOptions;
  readonly list: JobList;
  readonly journal: Journal | undefined;
  readonly hints: readonly ColorHint[] | undefined;
}

/** Runs the command with the arguments after its name; returns the exit code. */
export async function main(argv: readonly string[], environment: CommandEnvironment): Promise<number> {
  const { stderr, signal } = environment;
  try {
    return await run(await taskOf(argv, environment), environment);
  } catch (error) {
    if (error instanceof CommanderError) return error.exitCode === 0 ? EXIT.ok : EXIT.usage;
    if (signal.aborted) return EXIT.interrupted;
    if (!(error instanceof InputError)) throw error;
    stderr.write(`${errorText(error)}\n`);
    return EXIT.usage;
  }
}

/** Parses the command line and lists its jobs. Throws InputError and CommanderError for wrong usage. */
async function taskOf(argv: readonly string[], environment: CommandEnvironment): Promise<Task> {
  const command = commandLine(environment).parse([...argv], { from: "user" });
  const options = command.opts<CommandOptions>();
  if (command.args.length === 0 && options.filesFrom === undefined)
    command.error("error: missing required argument 'photographs': name files or folders, or give --files-from");
  const named: (string | NamedPath)[] = [...command.args];
  const fromStdin = named.includes(STREAM);
  if (options.filesFrom !== undefined) {
    if (fromStdin && options.filesFrom === STREAM)
      throw new InputError({
        where: "--files-from",
        expected: "one use of stdin",
        received: '"-" as a photograph and as the list of photographs',
        hint: "Name a file in one of the two places.",
      });
    named.push(...(await listedPaths(options.filesFrom, environment)));
  }
  const out = options.out ?? (fromStdin ? STREAM : "out");
  checkStdout(out, options, environment.stdout);
  const stdin = fromStdin ? await photographOnStdin(environment) : undefined;
  const list = listJobs(named, { ...options, out, stdin });
  const hints = options.hints === undefined ? undefined : readHints(options.hints, list.jobs.length);
  const journal = options.resume ? journalOf(list, options, hints) : undefined;
  return { options, list, journal, hints };
}

async function photographOnStdin({ readStdin }: CommandEnvironment): Promise<Buffer> {
  try {
    return await readStdin();
  } catch (cause) {
    if ((cause as NodeJS.ErrnoException).syscall === undefined) throw cause;
    throw new InputError({
      where: "-",
      expected: "a photograph on the standard input",
      received: messageOf(cause),
      hint: "Give a file: - < photo.jpg",
      cause,
    });
  }
}

/** The paths of --files-from: one a line or, where there are zero bytes (`find -print0`), each ended by one. */
async function listedPaths(file: string, { readStdin }: CommandEnvironment): Promise<NamedPath[]> {
  let text: string;
  try {
    text = (file === STREAM ? await readStdin() : readFileSync(file)).toString("utf8");
  } catch (cause) {
    if ((cause as NodeJS.ErrnoException).syscall === undefined) throw cause;
    throw new InputError({
      where: "--files-from",
      expected: "a file with the paths of photographs",
      received: `${file} (${messageOf(cause)})`,
      hint: "Check the path.",
      cause,
    });
  }
  const lines = text.includes("\0") ? text.split("\0") : text.split(/\r?\n/);
  // Only on the command line is "-" the standard input.
  return lines
    .filter((path) => path !== "")
    .map((path) => ({ path: path === STREAM ? "./-" : path, keepFolders: true }));
}

/** Throws InputError where the result cannot go to stdout. */
function checkStdout(out: string, { json }: CommandOptions, { isTTY }: TextStream): void {
  if (out !== STREAM || !(json || isTTY)) return;
  throw new InputError({
    where: "--out",
    expected: json ? "a folder or a file name, as --json prints to stdout" : "a file or a pipe as stdout",
    received: json ? '"-", the standard output' : "a terminal",
    hint: json ? "Name a file: --out result.png" : "Name a file with --out, or write > result.png.",
  });
}

function journalOf({ folder, jobs }: JobList, options: CommandOptions, given: Task["hints"]): Journal {
  if (folder === undefined || jobs.some(({ input }) => input === STREAM))
    throw new InputError({
      where: "--resume",
      expected: "photographs in files, and a folder for results",
      received: 'the standard input or output, "-"',
      hint: "Leave --resume out.",
    });
  const { preset, format, size, saturation, warmth, temperature } = options;
  const model = journalledModel(options.model);
  const hints = given && JSON.stringify(given); // not the file's name: its content may change
  try {
    return new Journal(folder, { model, preset, format, size, saturation, warmth, temperature, hints }, options.shard);
  } catch (cause) {
    if ((cause as NodeJS.ErrnoException).syscall === undefined) throw cause;
    throw new InputError({
      where: "--resume",
      expected: `to read and to write the journals in ${folder}`,
      received: messageOf(cause),
      hint: "Check the permissions of the folder and of its .colorize-journal files, and the free space.",
      cause,
    });
  }
}

/** The model as the journal has it: by its content where it is on this machine, so that neither its spelling nor a new file misleads. */
function journalledModel(model: string | undefined): string {
  const location = String(modelLocation(model));
  if (/^https?:/i.test(location)) return location;
  try {
    return `sha256 ${modelHash(/^file:/i.test(location) ? fileURLToPath(location) : location)}`;
  } catch (cause) {
    throw new InputError({
      where: "--model",
      expected: "a folder with model.json, or an .onnx file",
      received: `${location} (${messageOf(cause)})`,
      hint: "Check the path.",
      cause,
    });
  }
}

async function run({ options, list, journal, hints }: Task, environment: CommandEnvironment): Promise<number> {
  const { stdout, stderr, signal } = environment;
  const { bad, skipped, folder } = list;
  const todo = await jobsToDo(list.jobs, options, journal);
  const files = list.jobs.length + bad.length - todo.skipped.length;
  // Where results go to stdout, everything else goes to stderr.
  const reporter = new Reporter({
    stdout: folder === undefined ? stderr : stdout,
    stderr,
    json: options.json ?? false,
    files,
  });
  for (const { input, error } of bad) reporter.failure(input, error);
  for (const { input, output } of todo.taken) reporter.failure(input, alreadyThere(output));
  for (const file of [...skipped, ...todo.skipped]) reporter.skip(file);
  try {
    if (todo.jobs.length > 0) await colourAll(todo.jobs, { options, list, journal, hints }, environment, reporter);
  } catch (error) {
    if (!signal.aborted) {
      reporter.end({ out: folder, stopped: true });
      stderr.write(`${errorText(error)}\n`);
      return error instanceof InputError ? EXIT.usage : EXIT.failed;
    }
  }
  reporter.end({ out: folder, stopped: signal.aborted });
  if (signal.aborted) return EXIT.interrupted;
  return reporter.failures.length > 0 ? EXIT.failed : EXIT.ok;
}

interface ToDo {
  readonly jobs: Job[];
  /** Jobs whose output exists, and may not be replaced. */
  readonly taken: Job[];
  readonly skipped: { readonly input: string; readonly reason: string; readonly known: false }[];
}

/** Sorts jobs by what the journal says of them, and by whether their output exists. */
async function jobsToDo(
  jobs: readonly Job[],
  { skipExisting }: CommandOptions,
  journal: Journal | undefined,
): Promise<ToDo> {
  const todo: ToDo = { jobs: [], taken: [], skipped: [] };
  for (const job of jobs) {
    const verdict = journal?.verdict(job) ?? { do: true, overwrite: job.overwrite };
    const skip = (reason: string): unknown => todo.skipped.push({ input: job.input, reason, known: false });
    if (!verdict.do) skip(verdict.reason);
    else if (verdict.overwrite || job.output === STREAM || !(await exists(job.output)))
      todo.jobs.push({ ...job, overwrite: verdict.overwrite });
    else if (skipExisting) skip("its result exists.");
    else todo.taken.push(job);
  }
  return todo;
}

/** Loads the colorizer and runs the jobs. Throws only when it cannot be loaded. */
async function colourAll(
  jobs: readonly Job[],
  { options, list, journal, hints }: Task,
  { loadColorizer, stdout, signal }: CommandEnvironment,
  reporter: Reporter,
): Promise<void> {
  const { model, preset, adapter, precision, tune, check, size, saturation, warmth, temperature } = options;
  const colorizer = await loadColorizer({
    model,
    preset,
    adapter,
    precision,
    temperature,
    tune: tune && TUNE_SECONDS,
    check,
    signal,
    onProgress: (what, fraction) => reporter.loading(what, fraction),
  });
  try {
    const folders = new Set(
      list.jobs
        .map(({ output }) => output)
        .filter((output) => output !== STREAM)
        .map(dirname),
    );
    for (const folder of folders) await removeStale(folder);
    const look = { size, saturation, warmth, temperature, hints };
    const onComplete: Parameters<typeof runJobs>[1]["onComplete"] = (...facts) => journal?.finished(...facts);
    await runJobs(jobs, { colorizer, look, reporter, stdout, signal, onComplete });
  } finally {
    colorizer.dispose();
  }
}
