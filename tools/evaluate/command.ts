/** `npm run evaluate`: opens the methods, runs the evaluation and writes the reports. */
import { CommanderError } from "commander";
import { statSync } from "node:fs";
import { dirname, resolve } from "node:path";
import { EngineError, InputError } from "../../src/base/errors";
import type { TextStream } from "../../src/node/cli-report";
import { defaultModelFolder, modelLocation } from "../../src/node/shipped-models";
import { requestNodeDevice } from "../../src/node/device";
import { placeFile } from "../../src/node/place-file";
import { command, type Named, type Options } from "./arguments";
import { evaluate } from "./evaluate";
import { FeatureNetwork } from "./frechet";
import type { Method } from "./method";
import { openModel } from "./model-method";
import { modelSource } from "./model-source";
import { openPictures, spread } from "./photographs";
import { contactSheet, smallSheet } from "./pictures";
import { progressBar } from "./progress";
import { cardMetrics, cardTable, jsonReport, textTable, type Evaluation } from "./report";
import { htmlReport } from "./report-html";
import { openResults } from "./results-method";
import { ranked, summarise } from "./summary";

/** Exit codes: figures were measured; none could be measured; wrong usage; interrupted. */
export const EXIT = { ok: 0, failed: 1, usage: 2, interrupted: 130 } as const;

/** Number of photographs in the lists of the worst and the best. */
const LISTED = 10;
/** Most bytes of the sheet for a model card. */
const FAILURES_BYTES = 300_000;

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
  let features: FeatureNetwork | undefined;
  const bar = progressBar(stderr, names.length);
  try {
    await openMethods(methods, devices, files.names, options, signal);
    if (options.features !== undefined) {
      if (devices.length === 0) devices.push(await requestNodeDevice({ adapter: options.adapter }));
      features = await FeatureNetwork.open(options.features, devices[0]!);
    }
    bar.start();
    const { rows, failures, strips, frechet } = await evaluate(files, names, methods, {
      shortSide: options.shortSide,
      strips: [options.html, options.sheet, options.failures].some((path) => path !== undefined),
      shuffle: options.shuffleEmbeddings,
      features,
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
      summary: summarise(rows, frechet),
      photographs: rows,
      failures,
    };
    stdout.write(textTable(evaluation));
    stdout.write(listText(evaluation, methods[0]!.name));
    for (const [path, file] of await reports(evaluation, strips, options)) {
      await placeFile(path, Buffer.from(file), { overwrite: true });
      stdout.write(`${path} written\n`);
    }
    return EXIT.ok;
  } finally {
    bar.stop();
    files.close();
    for (const method of methods) method.dispose();
    features?.dispose();
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

/** Opens all methods on one device and adds them to `methods`, so that the caller can free them when a later one fails. */
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
    const { precision, size, saturation, firstPicture, hints } = options;
    const engine = { device, precision, size, saturation, firstPicture, hints, signal };
    for (const { path, label } of models) {
      const source = await modelSource(String(modelLocation(path)), options);
      for (const method of await openModel(source, label, engine)) add(method);
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

/** The kind of a path; undefined where nothing exists, or where a parent is a file. */
function kindOf(path: string): "folder" | "file" | undefined {
  try {
    return statSync(path).isDirectory() ? "folder" : "file";
  } catch {
    return undefined; // other errors occur when the report is written
  }
}

/** Checks the reports' paths before any work. Throws InputError where a report cannot be written. */
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
