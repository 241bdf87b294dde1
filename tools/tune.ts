/**
 * Times every admissible algorithm for each convolution of a model on this machine's adapter and stores the results for later
 * sessions: `npm run tune [-- --size 256] [--only direct,winograd] [--fresh] [--table]`. --table also writes the choices
 * into the shipped table, src/graph/lower/conv-table.ts, as the row of this kind of adapter.
 */
import { readFile, writeFile } from "node:fs/promises";
import { Command, Option } from "commander";
import { format, resolveConfig } from "prettier";
import { loadNodeColorizer, tuningFiles, type NodeAdapter } from "../src/node";
import { ENGINE } from "../src/session/engine";
import { tuningFile } from "../src/node/tuning-file";
import { adapterClass, ConvChoices, shapeKey } from "../src/graph/lower/conv-choice";
import { ruleChoices } from "../src/graph/lower/conv-rules";
import { CONV_TABLE } from "../src/graph/lower/conv-table";
import { DEFAULT_CHOICE } from "../src/kernels/conv/algorithms";
import type { Conv2dParams } from "../src/kernels/conv/params";
import type { TuneRow } from "../src/tuning/search";
import { tuningKey } from "../src/tuning/store";
import type { TuneReport } from "../src/tuning/tune";
import { positive, wholeNumber } from "./command";

const TABLE = "src/graph/lower/conv-table.ts";

interface Options {
  readonly model?: string;
  readonly size?: number;
  readonly precision: "auto" | "f32" | "f16";
  readonly adapter?: NodeAdapter;
  readonly milliseconds?: number;
  readonly only?: readonly string[];
  readonly fresh?: true;
  readonly table?: true;
}

/** "3x3 128 -> 256, 32x32, x6". */
function describe({ params: p, count }: Pick<TuneRow, "params" | "count">): string {
  const extras = [
    p.strides.some((n) => n > 1) && `stride ${p.strides.join("x")}`,
    p.groups > 1 && `${p.groups} groups`,
    p.residual && "residual",
    p.upsample && `up ${p.upsample.join("x")}`,
    p.pool && "pool",
    p.int8 && "int8",
    p.elem,
    count > 1 && `x${count}`,
  ];
  const sizes = `${p.kernel.join("x")} ${p.inChannels} -> ${p.outChannels}, ${p.outHeight}x${p.outWidth}`;
  return [sizes, ...extras.filter(Boolean)].join(", ");
}

/** One line: the default's time, then all tried choices, fastest first, as shares of that time. */
function lineOf(row: TuneRow): string {
  const order = [...row.results].sort((a, b) => (a.score ?? Infinity) - (b.score ?? Infinity));
  const tried = order.map(({ choice, score, problem }) => `${choice} ${score ?? `refused (${problem})`}`);
  const speed = row.flops / row.milliseconds / 1e6;
  const own = `${DEFAULT_CHOICE} ${row.milliseconds.toPrecision(3)} ms, ${speed.toPrecision(3)} GFLOP/s`;
  return `${describe(row)}: ${own}; ${tried.join(", ")}`;
}

/** The choice by rules alone. */
function byRule(params: Conv2dParams, choices: ConvChoices): string {
  const admissible = choices.admissible(params);
  return ruleChoices(params, choices.row).find((choice) => admissible.includes(choice)) ?? DEFAULT_CHOICE;
}

/** Writes this adapter's row of the shipped table. Shapes of the old row that were not seen now stay. */
async function writeTable(report: TuneReport, choices: ConvChoices): Promise<void> {
  const row: Record<string, string> = { ...CONV_TABLE[choices.row] };
  for (const { params, choice } of report.shapes)
    if (choice === byRule(params, choices)) delete row[shapeKey(params)];
    else row[shapeKey(params)] = choice;
  const table = Object.fromEntries(
    Object.entries({ ...CONV_TABLE, [choices.row]: row })
      .filter(([, entries]) => Object.keys(entries).length > 0)
      .sort(([a], [b]) => (a < b ? -1 : 1)),
  );
  const source = await readFile(TABLE, "utf8");
  const written = source.replace(
    /(CONV_TABLE: [^=]*= )[^]*$/,
    (_, start: string) => `${start}${JSON.stringify(table)};`,
  );
  await writeFile(TABLE, await format(written, { ...(await resolveConfig(TABLE)), parser: "typescript" }));
  console.log(`${TABLE}: ${Object.keys(row).length} shapes in row "${choices.row}"`);
}

async function main(options: Options): Promise<void> {
  const { model, size, precision, adapter, milliseconds = Infinity, only } = options;
  const files = tuningFiles();
  const store = options.fresh ? { ...files, read: async () => undefined } : files;
  const colorizer = await loadNodeColorizer({ model, precision, adapter, tune: { milliseconds: 0, store } });
  const { device } = colorizer;
  console.log(`${colorizer.adapter}, row "${adapterClass(device.adapterInfo).row}", ${colorizer.elem}`);
  if (size !== undefined) {
    // Colours a square grey picture, so that the programs for this size are measured too.
    const data = new Uint8ClampedArray(size * size * 4).fill(128);
    await colorizer.colorize({ data, width: size, height: size }, { size });
  }
  const admit = only && ((choice: string) => only.some((start) => choice.startsWith(start)));
  const onProgress = (row: TuneRow): void => console.log(lineOf(row));
  const report = await colorizer.tune({ milliseconds, store, admit, onProgress });
  const changed = report.shapes.filter(({ choice }) => choice !== DEFAULT_CHOICE).length;
  console.log(
    `${report.rows.length} of ${report.shapes.length} shapes measured in ${(report.milliseconds / 1000).toFixed(1)} s ` +
      `by ${report.clock}${report.stopped ? `, stopped: ${report.stopped}` : ""}; ${changed} are not computed by ${DEFAULT_CHOICE}`,
  );
  for (const shape of report.shapes)
    if (shape.choice !== DEFAULT_CHOICE) console.log(`  ${describe(shape)}: ${shape.choice}`);
  console.log(`kept in ${tuningFile(tuningKey(device))}`);
  if (options.table) await writeTable(report, new ConvChoices(device, ENGINE.convolutions));
}

const parsed = new Command("tune")
  .option("--model <path>", "name of a shipped model, or folder or URL with a model.json; default: inception-table")
  .option("--size <pixels>", "also measure the programs for this working size, beside the model's own", wholeNumber(1))
  .addOption(new Option("--precision <type>").choices(["auto", "f32", "f16"]).default("auto"))
  .addOption(new Option("--adapter <kind>").choices(["auto", "system", "swiftshader"]))
  .option("--milliseconds <number>", "time to spend; default: until all is measured", positive)
  .option("--only <names>", "algorithms to try, by the beginnings of their names", (text) => text.split(","))
  .option("--fresh", "ignore stored measurements")
  .option("--table", `also write the choices into ${TABLE}`)
  .parse();
await main(parsed.opts<Options>());
process.exit(0);
