/**
 * `npm run verify:models`: the networks of the presets at full width, with seeded weights: against onnxruntime's CPU provider, with their
 * memory, and on request their speed against onnxruntime's WebGPU provider and their slowest layers, which `--docs` puts into
 * docs/benchmark.md. docs/models.md has the other figures.
 */
import { Command, Option } from "commander";
import { readFile, writeFile } from "node:fs/promises";
import { dirname, join } from "node:path";
import { engine, onnxruntime, type OrtModule } from "../bench/contenders";
import { interleave } from "../bench/interleave";
import { withPart } from "../bench/markers";
import { median } from "../bench/statistics";
import { DeviceError } from "../src/base/errors";
import { describeDevice } from "../src/gpu/device";
import { requestNodeDevice } from "../src/node/device";
import { externalDataIn } from "../src/node/external-data";
import { Session } from "../src/session/session";
import { importModel } from "../src/graph/import";
import type { Shape } from "../src/graph/ir";
import { lower } from "../src/graph/lower/lower";
import type { Program } from "../src/graph/lower/program";
import { optimize } from "../src/graph/optimize";
import { ENGINE } from "../src/session/engine";
import { decodeModel } from "../src/weights/onnx/decode";
import { feedsFor, SEEDED_COLORIZERS, type SeededColorizer } from "../test/shared/colorizers/all";
import { maxError } from "../test/shared/expect-close";
import { runOnnxruntime } from "../test/shared/onnxruntime";
import { positive, wholeNumber } from "./command";

/** Largest error allowed, relative to the range of the output's values. */
const TOLERANCE = { f32: 1e-3, f16: 2e-2 } as const;
type Elem = keyof typeof TOLERANCE;

const NAMES = SEEDED_COLORIZERS.map(({ name }) => name);
const options = new Command("verify:models")
  .description("Compares the networks of the presets, at full width, with onnxruntime.")
  .addOption(new Option("--network <names...>", "default: all").choices(NAMES).default(NAMES))
  .option("--pixels <n>", "both sides of the picture, a multiple of 32", wholeNumber(1), 256)
  .option("--width <factor>", "factor on the numbers of channels", positive, 1)
  .addOption(new Option("--elem <types...>", "numbers on the GPU").choices(["f32", "f16"]).default(["f32", "f16"]))
  .option("--memory", "print the memory alone, without running anything")
  .option("--time <repeats>", "time each network and onnxruntime's WebGPU provider, in turns", wholeNumber(1))
  .option("--docs <file>", "put the times and the slowest layers into this document; needs --time")
  .option(
    "--file <onnx>",
    "compare this file, such as PyTorch exports, in place of the seeded one; needs one --network",
  )
  .option("--write <folder>", "write the ONNX files into this folder, without running anything")
  .parse()
  .opts<{
    network: string[];
    pixels: number;
    width: number;
    elem: Elem[];
    memory?: true;
    time?: number;
    docs?: string;
    file?: string;
    write?: string;
  }>();

const { pixels, width } = options;
if (options.docs !== undefined && options.time === undefined)
  throw new Error("--docs needs --time, the number of repeats");
if (options.file !== undefined && (options.network.length > 1 || options.time !== undefined))
  throw new Error("--file needs one --network, whose inputs the file has, and is not timed");
/** Rows of the document's table. */
const rows: string[] = [];
const device = options.write === undefined && !options.memory ? await requestNodeDevice() : undefined;
let failed = false;
for (const colorizer of SEEDED_COLORIZERS.filter(({ name }) => options.network.includes(name))) {
  const bytes = options.file === undefined ? colorizer.make({ width, pixels }) : await readFile(options.file);
  console.log(`${colorizer.name}, ${(bytes.length / 1e6).toFixed(0)} MB, ${pixels}x${pixels} pixels`);
  if (options.write !== undefined) await writeFile(join(options.write, `${colorizer.name}.onnx`), bytes);
  else if (options.memory) memory(colorizer, bytes);
  else await verify(colorizer, bytes, device!).catch(refused);
  // After each network, so that a run that is broken off keeps what it measured.
  if (rows.length > 0 && options.docs !== undefined)
    await writeFile(options.docs, withTimes(await readFile(options.docs, "utf8"), options.docs));
}
device?.destroy();
process.exit(failed ? 1 : 0);

/** A network that is too large for this adapter is a failure, and the others are verified all the same. */
function refused(error: unknown): void {
  if (!(error instanceof DeviceError)) throw error;
  failed = true;
  console.log(`  REFUSED: ${error.message}`);
}

async function verify(colorizer: SeededColorizer, bytes: Uint8Array, device: GPUDevice): Promise<void> {
  const feeds = feedsFor(colorizer, pixels, pixels);
  const shapes = shapesOf(feeds);
  const elems = options.elem.filter((elem) => elem === "f32" || device.features.has("shader-f16"));
  const slow = new Map<string, string>();
  const { file } = options;
  const externalData = file === undefined ? undefined : externalDataIn(dirname(file));
  const expected = (await runOnnxruntime(file ?? bytes, feeds))[colorizer.output]!.data;
  for (const elem of elems) {
    const session = await Session.load(bytes, { device, precision: elem, label: colorizer.name, externalData });
    printCost(elem, session.plan(shapes));
    const actual = (await session.run(feeds))[colorizer.output]!.data;
    const { error, range } = maxError(actual, expected);
    const share = error / Math.max(range, Number.MIN_VALUE);
    // A network that gives one number everywhere shows nothing.
    const agrees = range > 0 && share <= TOLERANCE[elem];
    failed ||= !agrees;
    const verdict = agrees ? "agrees" : "DIFFERS";
    console.log(`  ${elem}: ${verdict} with onnxruntime, largest error ${share.toExponential(1)} of the range`);
    if (options.time !== undefined) slow.set(elem, await slowest(session, shapes));
    session.dispose();
  }
  if (options.time === undefined) return;
  const { own, reference } = await time(colorizer, bytes, elems, device, options.time);
  for (const [elem, milliseconds] of own) {
    const cells = [seconds(milliseconds), seconds(reference), (reference / milliseconds).toFixed(1), slow.get(elem)];
    rows.push(`| ${colorizer.name} | ${elem} | ${cells.join(" | ")} |`);
  }
}

function seconds(milliseconds: number): string {
  return `${(milliseconds / 1000).toFixed(1)} s`;
}

function withTimes(document: string, file: string): string {
  const intro =
    `${pixels} x ${pixels} pixels, width ${width}, median of ${options.time} after one that is not counted, in turns, on ` +
    `${describeDevice(device!)}. onnxruntime-node's WebGPU provider computes in f32.`;
  const header = ["network", "numbers", "this engine", "onnxruntime", "ratio", "slowest layers, by share of the time"];
  const table = [`| ${header.join(" | ")} |`, `|${" --- |".repeat(header.length)}`, ...rows].join("\n");
  return withPart(document, "Other people's models", "verify:models", `${intro}\n\n${table}`, file);
}

function shapesOf(feeds: ReturnType<typeof feedsFor>): Record<string, Shape> {
  return Object.fromEntries(Object.entries(feeds).map(([name, { shape }]): [string, Shape] => [name, shape]));
}

function memory(colorizer: SeededColorizer, bytes: Uint8Array): void {
  const shapes = shapesOf(feedsFor(colorizer, pixels, pixels));
  for (const elem of options.elem) printCost(elem, planned(colorizer.name, bytes, shapes, elem));
}

/** The program with the default algorithms, made without a GPU. */
function planned(label: string, bytes: Uint8Array, inputShapes: Record<string, Shape>, elem: Elem): Program {
  const graph = importModel(decodeModel(bytes, { label }), ENGINE, { inputShapes });
  return lower(optimize(graph, ENGINE), ENGINE, { elem });
}

function printCost(elem: Elem, { weightBytes, activationBytes, flops }: Program): void {
  const [all, weights] = [megabytes(weightBytes + activationBytes), megabytes(weightBytes)];
  console.log(`  ${elem}: ${all} on the GPU (weights ${weights}), ${(flops / 1e9).toFixed(1)} GFLOP`);
}

function megabytes(bytes: number): string {
  return `${(bytes / 2 ** 20).toFixed(0)} MiB`;
}

/** Prints the three slowest layers, and resolves with them as a cell of a table. */
async function slowest(session: Session, shapes: Record<string, Shape>): Promise<string> {
  const profile = await session.profile(shapes);
  const slow = [...profile.rows].sort((a, b) => b.milliseconds - a.milliseconds).slice(0, 3);
  for (const { kernel, origin, share, milliseconds, gflopsPerSecond } of slow)
    console.log(
      `    ${milliseconds.toFixed(0)} of ${profile.milliseconds.toFixed(0)} ms (${(100 * share).toFixed(0)} %), ${gflopsPerSecond.toFixed(0)} GFLOP/s: ${kernel} of ${origin[0]}`,
    );
  return slow
    .map(({ kernel, origin, share }) => `\`${origin[0]}\` by ${kernel} (${(100 * share).toFixed(0)} %)`)
    .join(", ");
}

/** Times this engine and onnxruntime's WebGPU provider in turns: medians in milliseconds, this engine's by its numbers' type. */
async function time(
  colorizer: SeededColorizer,
  bytes: Uint8Array,
  elems: readonly Elem[],
  device: GPUDevice,
  repeats: number,
): Promise<{ own: Map<string, number>; reference: number }> {
  const { name, output } = colorizer;
  const feeds = feedsFor(colorizer, pixels, pixels);
  const shapes = shapesOf(feeds);
  const subject = { name, bytes, shapes, feeds, output };
  const peer = onnxruntime("onnxruntime-node webgpu", () => import("onnxruntime-node") as Promise<OrtModule>, {
    executionProviders: ["webgpu"],
  });
  const contenders = [...elems.map((elem) => engine(elem, async () => device)), peer];
  const times = new Map<string, number[]>();
  const turns = [];
  for (const contender of contenders) {
    const prepared = await contender.prepare(subject);
    await prepared.run();
    const own: number[] = [];
    times.set(contender.name, own);
    const run = async (): Promise<void> => {
      const start = performance.now();
      await prepared.run();
      own.push(performance.now() - start);
    };
    turns.push({ name: contender.name, repeats, run });
  }
  await interleave(turns, (who, error) => {
    throw new Error(`${who} failed`, { cause: error });
  });
  const reference = median(times.get(peer.name)!);
  for (const [who, own] of times)
    console.log(
      `  ${who}: ${median(own).toFixed(0)} ms, ${(reference / median(own)).toFixed(2)} times as fast as ${peer.name}`,
    );
  return { own: new Map(elems.map((elem, i) => [elem, median(times.get(contenders[i]!.name)!)])), reference };
}
