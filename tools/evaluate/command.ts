/** `npm run evaluate`: its arguments, its methods, and where its reports go. */
import { Presets, SingleBar } from "cli-progress";
import { Command, CommanderError, InvalidArgumentError, Option } from "commander";
import { statSync } from "node:fs";
import { dirname, resolve } from "node:path";
import { EngineError, InputError } from "../../src/errors";
import type { Precision } from "../../src/graph/session";
import type { TextStream } from "../../src/node/cli-report";
import { defaultModelFolder } from "../../src/node/default-model";
import { requestNodeDevice, type NodeAdapter } from "../../src/node/device";
import { placeFile } from "../../src/node/place-file";
import { evaluate } from "./evaluate";
import type { Method } from "./method";
import { openModel } from "./model-method";
import { modelSource } from "./model-source";
import { openModelNetworks, openNetwork, type EngineOptions } from "./network-method";
import { openPictures, spread } from "./photographs";
import { contactSheet, smallSheet } from "./pictures";
import { cardMetrics, cardTable, jsonReport, textTable, type Evaluation } from "./report";
import { htmlReport } from "./report-html";
import { openResults } from "./results-method";
import { ranked, RANKS, summarise, type Rank } from "./summary";

/** Exit codes: figures were made; none could be made; the command was wrong; interrupted. */
export const EXIT = { ok: 0, failed: 1, usage: 2, interrupted: 130 } as const;

/** Photographs in the lists of the worst and the best. */
const LISTED = 10;
/** Bytes of the sheet for a model card. */
const FAILURES_BYTES = 300_000;

interface Options {
  readonly model: readonly Named[];
  readonly results: readonly Named[];
  readonly limit?: number;
  readonly shortSide: number;
  readonly shuffleEmbeddings: boolean;
  readonly rank: Rank;
  readonly html?: string;
  readonly json?: string;
  readonly sheet?: string;
  readonly card?: string;
  readonly failures?: string;
  readonly size?: number;
  readonly saturation: number;
  readonly precision: Precision;
  readonly adapter?: NodeAdapter;
  readonly luminanceScale: number;
  readonly luminanceOffset: number;
  readonly chromaScale: number;
  readonly multiple: number;
}

/** A path, and the name to list it under where one is given. */
interface Named {
  readonly path: string;
  readonly label?: string;
}

/** Collects `path` and `name=path`. */
function addNamed(text: string, before: readonly Named[]): readonly Named[] {
  const [, label, path] = /^([^=/\\]+)=(.+)$/s.exec(text) ?? [];
  return [...before, label !== undefined && path !== undefined ? { label, path } : { path: text }];
}

function numberFrom(low: number, whole = false): (text: string) => number {
  return (text) => {
    const value = Number(text);
    if (text.trim() !== "" && value >= low && Number.isFinite(value) && (!whole || Number.isInteger(value)))
      return value;
    throw new InvalidArgumentError(`Expected ${whole ? "a whole number" : "a number"} of at least ${low}.`);
  };
}

function command(stdout: TextStream, stderr: TextStream): Command {
  const any = numberFrom(-1e6);
  return new Command("evaluate")
    .description("Colour photographs are made grey, coloured by models or other methods, and compared with themselves.")
    .argument("<photographs>", "a folder (with those in it) or a zip file; folders inside are the sets")
    .option("--model <path>", "model folder, model.json or ONNX file; may be repeated, as name=path, too", addNamed, [])
    .option("--results <path>", "folder or zip file with results of the same names; may be repeated", addNamed, [])
    .option("--limit <n>", "so many photographs, spread over all", numberFrom(1, true))
    .option("--short-side <pixels>", "photographs are shrunk to this first", numberFrom(16, true), 256)
    .option("--shuffle-embeddings", "also with the embedding of another photograph: worse, if it is of use", false)
    .addOption(
      new Option("--rank <figure>", "what decides about worst and best").choices(Object.keys(RANKS)).default("gain"),
    )
    .option("--html <file>", "report with all pictures in it")
    .option("--json <file>", "all figures")
    .option("--sheet <file>", "PNG: grey, coloured, photograph of up to 64 photographs")
    .option("--card <folder>", "metrics.md and metrics.json for a model card and a model.json")
    .option("--failures <file>", "JPEG of the worst ten (at most half); only where the photographs' licence lets you show them")
    .option("--size <pixels>", "working size; default: the model's", numberFrom(8, true))
    .option("--saturation <factor>", "strength of the colours", numberFrom(0), 1)
    .addOption(new Option("--precision <type>", "numbers on the GPU").choices(["auto", "f32", "f16"]).default("auto"))
    .addOption(
      new Option("--adapter <kind>", "which driver").choices(["auto", "system", "swiftshader"]).default(undefined),
    )
    .option("--luminance-scale <n>", "of a lone ONNX file: input = L* x this + offset", any, 0.02)
    .option("--luminance-offset <n>", "of a lone ONNX file", any, -1)
    .option("--chroma-scale <n>", "of a lone ONNX file: a*, b* = output x this", any, 128)
    .option("--multiple <n>", "of a lone ONNX file: its sides are multiples of this", numberFrom(1, true), 8)
    .exitOverride()
    .configureOutput({ writeOut: (text) => void stdout.write(text), writeErr: (text) => void stderr.write(text) });
}

export interface CommandEnvironment {
  readonly stdout: TextStream;
  readonly stderr: TextStream;
  readonly signal: AbortSignal;
}

/** Runs the command with the arguments after its name; returns the exit code. */
export async function main(argv: readonly string[], environment: CommandEnvironment): Promise<number> {
  const { stdout, stderr, signal } = environment;
  const program = command(stdout, stderr);
  try {
    program.parse([...argv], { from: "user" });
  } catch (error) {
    if (error instanceof CommanderError) return error.exitCode === 0 ? EXIT.ok : EXIT.usage;
    throw error;
  }
  try {
    return await run(program.args[0]!, program.opts<Options>(), environment);
  } catch (error) {
    if (signal.aborted) {
      stderr.write("Stopped; no report was written.\n");
      return EXIT.interrupted;
    }
    if (!(error instanceof EngineError)) throw error;
    stderr.write(`${error.message}\n`);
    return error instanceof InputError ? EXIT.usage : EXIT.failed;
  }
}

async function run(source: string, options: Options, environment: CommandEnvironment): Promise<number> {
  const { stdout, stderr, signal } = environment;
  checkOutputs(options);
  const files = await openPictures(source);
  const names = spread(files.names, options.limit);
  const methods: Method[] = [];
  const devices: GPUDevice[] = [];
  const bar = progressBar(stderr, names.length);
  try {
    await openMethods(methods, devices, files.names, options, signal);
    bar.start();
    const { rows, failures, strips } = await evaluate(files, names, methods, {
      shortSide: options.shortSide,
      strips: [options.html, options.sheet, options.failures].some((path) => path !== undefined),
      shuffle: options.shuffleEmbeddings,
      signal,
      onPhotograph: (name, done, failed) => bar.show(name, done + failed),
    });
    bar.stop();
    for (const { name, message } of failures)
      stderr.write(`left out: ${message.includes(name) ? "" : `${name}: `}${message}\n`);
    if (failures.length > 0) stderr.write(`${failures.length} of ${names.length} photographs left out\n`);
    if (rows.length === 0) return EXIT.failed;
    const evaluation: Evaluation = {
      settings: {
        photographs: source,
        shortSide: options.shortSide,
        limit: options.limit ?? null,
        rank: options.rank,
        methods: Object.fromEntries(methods.map(({ name, facts }) => [name, facts])),
      },
      summary: summarise(rows),
      photographs: rows,
      failures,
    };
    stdout.write(textTable(evaluation));
    stdout.write(listText(evaluation, methods[0]!.name));
    for (const [path, file] of await reports(evaluation, strips, options)) {
      await placeFile(path, Buffer.from(file), true);
      stdout.write(`${path} written\n`);
    }
    return EXIT.ok;
  } finally {
    bar.stop();
    files.close();
    for (const method of methods) method.dispose();
    for (const device of devices) device.destroy();
  }
}

/** The worst and the best as lines of text. */
function listText({ photographs, settings }: Evaluation, method: string): string {
  const order = ranked(photographs, method, settings.rank);
  const share = Math.min(LISTED, Math.ceil(order.length / 2));
  const line = (row: (typeof order)[number]): string => {
    const { abSquared, psnr, ciede2000 } = row.methods[method]!;
    const ab = `ab-RMSE ${Math.sqrt(abSquared).toFixed(2)} (grey ${Math.sqrt(row.grey.abSquared).toFixed(2)})`;
    return `  ${row.name}  ${ab}, PSNR ${psnr.toFixed(2)}, CIEDE2000 ${ciede2000.toFixed(2)}\n`;
  };
  const worst = order.slice(0, share).map(line).join("");
  const best = order.slice(-share).reverse().map(line).join("");
  return `\nWorst ${share} of ${method}, by ${settings.rank}:\n${worst}Best ${share}:\n${best}`;
}

/** Opens all methods into `methods`, so that those opened are freed when a later one fails; they share a device. */
async function openMethods(
  methods: Method[],
  devices: GPUDevice[],
  photographs: readonly string[],
  options: Options,
  signal: AbortSignal,
): Promise<void> {
  const { results, shuffleEmbeddings } = options;
  const models = options.model.length + results.length > 0 ? options.model : [{ path: defaultModelFolder() } as Named];
  const add = (method: Method): void => {
    methods.push(method);
    if (methods.filter(({ name }) => name === method.name).length > 1 || method.name === "grey")
      throw new InputError({
        where: "--model, --results",
        expected: "a name of its own for each method",
        received: `"${method.name}" again`,
        hint: "Give names: --model other=path.",
      });
  };
  if (models.length > 0) {
    const device = await requestNodeDevice({ adapter: options.adapter });
    devices.push(device);
    const engine = engineOptions(device, options, signal);
    for (const { path, label } of models) {
      const source = await modelSource(path);
      if (source.kind === "network") add(await openNetwork(source, label, engine));
      else add(await (shuffleEmbeddings ? openModelNetworks : openModel)(source, label, engine));
    }
  }
  for (const { path, label } of results) add(await openResults(path, label, photographs));
  if (shuffleEmbeddings && !methods.some((method) => method.colorizeWith))
    throw new InputError({
      where: "--shuffle-embeddings",
      expected: "a model with an embedding",
      received: methods.map(({ name }) => name).join(", "),
      hint: "Name a model folder with --model.",
    });
}

function engineOptions(device: GPUDevice, options: Options, signal: AbortSignal): EngineOptions {
  const { precision, size, saturation, luminanceScale, luminanceOffset, chromaScale, multiple } = options;
  const scaling = { luminanceScale, luminanceOffset, chromaScale, multiple };
  return { device, precision, size, saturation, signal, scaling };
}

/** Files to write, by path. */
async function reports(
  evaluation: Evaluation,
  strips: ReadonlyMap<string, Buffer>,
  { html, json, sheet, card, failures }: Options,
): Promise<[string, string | Buffer][]> {
  const method = Object.keys(evaluation.settings.methods)[0]!;
  const out: [string, string | Buffer][] = [];
  if (json !== undefined) out.push([json, jsonReport(evaluation)]);
  if (html !== undefined) out.push([html, htmlReport(evaluation, strips, LISTED)]);
  if (sheet !== undefined)
    out.push([sheet, await contactSheet(evaluation.photographs.map(({ name }) => strips.get(name)!))]);
  if (card !== undefined)
    out.push([`${card}/metrics.md`, cardTable(evaluation)], [`${card}/metrics.json`, cardMetrics(evaluation)]);
  if (failures !== undefined) {
    const order = ranked(evaluation.photographs, method, evaluation.settings.rank);
    const worst = order.slice(0, Math.min(LISTED, Math.ceil(order.length / 2)));
    const chosen = worst.map(({ name }) => strips.get(name)!);
    out.push([failures, await smallSheet(chosen, FAILURES_BYTES)]);
  }
  return out;
}

/** undefined where nothing is, also below a file. */
function kindOf(path: string): "folder" | "file" | undefined {
  try {
    return statSync(path).isDirectory() ? "folder" : "file";
  } catch {
    return undefined; // what else is wrong shows when the report is written
  }
}

/** Throws InputError where a report could not be written in the end. */
function checkOutputs({ html, json, sheet, card, failures }: Options): void {
  for (const [option, path] of Object.entries({ html, json, sheet, failures, card })) {
    if (path === undefined) continue;
    const wrong = (expected: string, received: string): InputError =>
      new InputError({ where: `--${option}`, expected, received, hint: "Choose another path." });
    if (option !== "card" && kindOf(path) === "folder") throw wrong("a file to write", `the folder ${path}`);
    let folder = option === "card" ? resolve(path) : dirname(resolve(path));
    while (kindOf(folder) === undefined && dirname(folder) !== folder) folder = dirname(folder);
    if (kindOf(folder) === "file") throw wrong("a path in a folder", `one below the file ${folder}`);
  }
}

interface Progress {
  start(): void;
  show(name: string, done: number): void;
  stop(): void;
}

/** A bar on a terminal, a line for every tenth part elsewhere. */
function progressBar(stderr: TextStream, total: number): Progress {
  if (!stderr.isTTY) {
    let tenth = 0;
    return {
      start: () => void stderr.write(`${total} photographs\n`),
      show(_, done) {
        const now = Math.floor((10 * done) / total);
        if (now > tenth) stderr.write(`${done} of ${total}\n`);
        tenth = now;
      },
      stop: () => {},
    };
  }
  const format = "{bar} {percentage}% | {value}/{total} | {eta_formatted} left | {name}";
  const stream = stderr as NodeJS.WritableStream;
  const options = { format, stream, barsize: 24, hideCursor: true, clearOnComplete: true, gracefulExit: false };
  const bar = new SingleBar(options, Presets.shades_classic);
  return {
    start: () => bar.start(total, 0, { name: "" }),
    show: (name, done) => bar.update(done, { name }),
    stop: () => bar.stop(),
  };
}
