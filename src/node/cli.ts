/** The command line. It receives its engine as a parameter, so tests can pass a stand-in. */
import { Command, CommanderError, InvalidArgumentError, Option } from "commander";
import { stat } from "node:fs/promises";
import { InputError } from "../base/errors";
import { PRECISIONS, type Precision } from "../gpu/storage";
import { factorOf, fits, rangeOf, SATURATION, SIZE, type NumberOption } from "../base/option-checks";
import { listJobs, type Job, type JobList } from "./cli-jobs";
import { errorText, Reporter, type FileReport, type TextStream } from "./cli-report";
import type { ColorizeStage } from "../colorizer/stage-clock";
import { SHIPPED_MODELS } from "../colorizer/shipped-models";
import type { NodeAdapter } from "./device";
import { readImage, writeImage, type ImageFormat, type NodeImage, type Pixels } from "./images";
import { alreadyThere, exists } from "./place-file";
import { printableLines } from "./printable";

/** The parts of a Colorizer that the command needs. */
interface CommandColorizer {
  colorize(source: Pixels, options: ColorizeSettings): Promise<CommandResult>;
  /** Peak GPU bytes for a picture of this size. */
  plan(width: number, height: number, options: { readonly size?: number }): { readonly peakBytes: number };
  dispose(): void;
}

interface CommandResult extends Pixels {
  /** Milliseconds by stage. */
  readonly timings: object;
}

export interface ColorizeSettings {
  /** Called as each stage starts. */
  readonly onStage?: (stage: ColorizeStage) => void;
  readonly size?: number;
  readonly saturation?: number;
  readonly signal?: AbortSignal;
}

export interface EngineSettings {
  /** Name of a model of this package, or a folder or URL with model.json; default: the first model of this package. */
  readonly model?: string;
  /** Default: the environment's COLORIZE_ADAPTER, else auto. */
  readonly adapter?: NodeAdapter;
  readonly precision: Precision;
  /** Seconds of tuning before the first photograph. */
  readonly tune?: number;
  readonly signal: AbortSignal;
  /** Called with the current task and, where known, the loaded fraction of the model's bytes, 0 to 1. */
  readonly onProgress: (what: string, fraction?: number) => void;
}

export interface Engine {
  readonly colorizer: CommandColorizer;
  /** The adapter's name. */
  readonly adapter: string;
}

export interface CommandEnvironment {
  readonly loadEngine: (settings: EngineSettings) => Promise<Engine>;
  readonly stdout: TextStream;
  readonly stderr: TextStream;
  /** Aborts the run: the file in progress is dropped, finished files stay. */
  readonly signal: AbortSignal;
}

interface CommandOptions {
  readonly out: string;
  readonly format?: ImageFormat;
  readonly size?: number;
  readonly saturation?: number;
  readonly precision: Precision;
  readonly model?: string;
  readonly adapter?: NodeAdapter;
  readonly tune?: true;
  readonly json: boolean;
  readonly overwrite: boolean;
}

/** Exit codes: every file succeeded; at least one file failed; wrong usage; interrupted. */
export const EXIT = { ok: 0, failed: 1, usage: 2, interrupted: 130 } as const;

const TUNE_SECONDS = 60;

function numberOf(option: NumberOption, read: (text: string) => number): (text: string) => number {
  return (text) => {
    const value = text.trim() === "" ? NaN : read(text);
    if (!fits(option, value)) throw new InvalidArgumentError(`Expected ${rangeOf(option)}.`);
    return value;
  };
}

function command(environment: Pick<CommandEnvironment, "stdout" | "stderr">): Command {
  return new Command("colorize-canvas")
    .description("Colours black-and-white photographs with a neural network.")
    .argument("<photographs...>", "JPEG, PNG, WebP or TIFF files, and folders of them (top level)")
    .option(
      "-o, --out <folder>",
      "folder for results, which keep the names of their inputs; or a file name, for one photograph",
      "out",
    )
    .addOption(
      new Option("--format <format>", "file format; default: as the input").choices(["jpeg", "png", "webp", "tiff"]),
    )
    .option(
      "--size <pixels>",
      "working size: the network's picture has as many pixels as a square of this side, 32 to 1024",
      numberOf(SIZE, Number),
    )
    .option(
      "--saturation <factor>",
      "factor on the predicted colours, 0 to 4; 1 or 100% keeps the prediction",
      numberOf(SATURATION, factorOf),
    )
    .addOption(
      new Option("--precision <type>", "storage type of numbers on the GPU").choices(PRECISIONS).default("auto"),
    )
    .option("--model <model>", `${SHIPPED_MODELS.join(" (default) or ")}; or a folder or URL with a model.json`)
    .addOption(
      new Option("--adapter <kind>", "system: the machine's own driver, swiftshader: the software driver from npm")
        .choices(["auto", "system", "swiftshader"])
        .default(undefined, "COLORIZE_ADAPTER, else auto"),
    )
    .option(
      "--tune",
      `first measure the fastest convolution algorithms on this GPU, for up to ${TUNE_SECONDS} s, and store them`,
    )
    .option("--json", "print one JSON line per file", false)
    .option("--overwrite", "replace existing results", false)
    .addHelpText(
      "after",
      "\nFor web sites, `colorize-canvas copy-models --help` describes how to copy models into a folder.",
    )
    .exitOverride()
    .configureOutput({
      writeOut: (text) => void environment.stdout.write(text),
      writeErr: (text) => void environment.stderr.write(printableLines(text)),
    });
}

/** Runs the command with the arguments after its name; returns the exit code. */
export async function main(argv: readonly string[], environment: CommandEnvironment): Promise<number> {
  const { stdout, stderr, signal } = environment;
  let options: CommandOptions;
  let list: JobList;
  try {
    const parsed = command(environment).parse([...argv], { from: "user" });
    options = parsed.opts<CommandOptions>();
    list = listJobs(parsed.args, options);
  } catch (error) {
    if (error instanceof CommanderError) return error.exitCode === 0 ? EXIT.ok : EXIT.usage;
    if (!(error instanceof InputError)) throw error;
    stderr.write(`${errorText(error)}\n`);
    return EXIT.usage;
  }
  const reporter = new Reporter({ stdout, stderr, json: options.json, files: list.jobs.length + list.bad.length });
  for (const { input, error } of list.bad) reporter.failure(input, error);
  for (const file of list.skipped) reporter.skip(file);
  const jobs = options.overwrite ? list.jobs : await freeJobs(list.jobs, reporter);
  try {
    if (jobs.length > 0) await runJobs(jobs, options, environment, reporter);
  } catch (error) {
    if (!signal.aborted) {
      reporter.end({ out: list.folder, stopped: true });
      stderr.write(`${errorText(error)}\n`);
      return EXIT.failed;
    }
  }
  reporter.end({ out: list.folder, stopped: signal.aborted });
  if (signal.aborted) return EXIT.interrupted;
  return reporter.failures.length > 0 ? EXIT.failed : EXIT.ok;
}

/** The jobs whose output does not exist yet; the others fail before any work starts. */
async function freeJobs(jobs: readonly Job[], reporter: Reporter): Promise<Job[]> {
  const free: Job[] = [];
  for (const job of jobs) {
    if (await exists(job.output)) reporter.failure(job.input, alreadyThere(job.output));
    else free.push(job);
  }
  return free;
}

/** Colours one photograph after another; a bad file does not stop the others. Throws only when the engine cannot be loaded. */
async function runJobs(
  jobs: readonly Job[],
  options: CommandOptions,
  { loadEngine, signal }: CommandEnvironment,
  reporter: Reporter,
): Promise<void> {
  const engine = await loadEngine({
    model: options.model,
    adapter: options.adapter,
    precision: options.precision,
    tune: options.tune && TUNE_SECONDS,
    signal,
    onProgress: (what, fraction) => reporter.loading(what, fraction),
  });
  const { colorizer } = engine;
  // Reads the next photograph and writes the last one while the GPU works on the current one.
  let next = jobs[0] && read(jobs[0]);
  let writing: Promise<void> | undefined;
  try {
    for (const [i, job] of jobs.entries()) {
      const reading = next!;
      try {
        reporter.stage("read", job.input);
        const photograph = await reading.finally(() => {
          next = jobs[i + 1] && read(jobs[i + 1]!);
        });
        const start = performance.now();
        const { size, saturation } = options;
        const onStage = (stage: ColorizeStage): void => reporter.stage(stage, job.input);
        const result = await colorizer.colorize(photograph.image, { size, saturation, signal, onStage });
        await writing;
        signal.throwIfAborted();
        const coloured = withAlpha(result, photograph.image);
        const { peakBytes } = colorizer.plan(coloured.width, coloured.height, { size });
        const facts = { adapter: engine.adapter, peakBytes };
        const coloring = performance.now() - start;
        writing = write(job, options, photograph, coloured, { ...result.timings, total: coloring }, facts).then(
          (report) => reporter.file(report),
          (error: unknown) => reporter.failure(job.input, error),
        );
      } catch (error) {
        if (signal.aborted) return;
        await writing;
        reporter.failure(job.input, error);
      }
    }
  } finally {
    await writing;
    colorizer.dispose();
  }
}

interface Photograph {
  readonly image: NodeImage;
  readonly bytes: number;
  readonly ms: number;
}

/** Starts reading a photograph; the handled rejection lets a failure wait until somebody awaits it. */
function read({ input }: Job): Promise<Photograph> {
  const start = performance.now();
  const reading = Promise.all([readImage(input), stat(input)]).then(([image, { size }]) => {
    return { image, bytes: size, ms: performance.now() - start };
  });
  reading.catch(() => undefined);
  return reading;
}

async function write(
  job: Job,
  { overwrite }: CommandOptions,
  { image, bytes, ms: read }: Photograph,
  coloured: Pixels,
  timings: { readonly total: number },
  facts: Pick<FileReport, "adapter" | "peakBytes">,
): Promise<FileReport> {
  const start = performance.now();
  const written = await writeImage(job.output, coloured, { format: job.format, metadata: image.metadata, overwrite });
  const { total, ...inside } = timings;
  const write = performance.now() - start;
  const stages = { read, ...inside, write, total: read + total + write };
  return {
    input: job.input,
    output: written.path,
    format: written.format,
    width: coloured.width,
    height: coloured.height,
    inputBytes: bytes,
    outputBytes: written.bytes,
    ms: Object.fromEntries(Object.entries(stages).map(([name, ms]) => [name, Math.round(Number(ms) * 10) / 10])),
    ...facts,
    notes: [...image.notes, ...written.notes],
  };
}

/** The coloured pixels with the source's alpha. */
function withAlpha(coloured: Pixels, source: NodeImage): Pixels {
  if (!source.metadata.hasAlpha) return coloured;
  for (let i = 3; i < coloured.data.length; i += 4) coloured.data[i] = source.data[i]!;
  return coloured;
}
