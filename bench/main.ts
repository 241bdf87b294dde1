/**
 * `npm run bench`: measures kernels against the adapter's roofline, the whole model, and other runtimes, in Node and in headless
 * Chromium. docs/benchmark.md explains what is measured and how to read it.
 */
import { readFileSync, writeFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { Command, InvalidArgumentError, Option } from "commander";
import type { Elem } from "../src/kernels/kernel";
import { positive, wholeNumber } from "../tools/command";
import { check, updated, type Baseline } from "./check";
import { facts } from "./facts";
import { jobName, planJobs, SUITES, type Suite } from "./plan-jobs";
import { ratiosOf } from "./ratios";
import { ResultFile } from "./result-file";
import type { Where } from "./rows";
import { startNode } from "./start-node";
import { supervise } from "./supervise";
import { tables, verdictTable } from "./table";

const BASELINE = fileURLToPath(new URL("results/quick-baseline.json", import.meta.url));

interface Options {
  readonly quick: boolean;
  readonly check: boolean;
  readonly updateBaseline: boolean;
  readonly only?: readonly Suite[];
  readonly where?: Exclude<Where, "browser"> | "both";
  readonly repeats?: number;
  readonly budget?: number;
  readonly silence: number;
  readonly tune?: number;
  readonly sizes?: readonly number[];
  readonly embedderSize: number;
  readonly colorizerSize: number;
  readonly precision: readonly Elem[];
  readonly contenders: readonly string[];
  readonly out: string;
}

function listed<T extends string>(known: readonly T[]): (text: string) => T[] {
  return (text) =>
    text.split(",").map((word) => {
      const found = known.find((one) => one === word.trim());
      if (!found) throw new InvalidArgumentError(`Expected a comma-separated list of ${known.join(", ")}.`);
      return found;
    });
}

const command = new Command("bench")
  .description("Measures kernels and the whole model, and compares with other runtimes.")
  .option("--quick", "small shapes and few repeats, in Node only: for CI", false)
  .option("--check", "with --quick: fail when ratios dropped below bench/results/quick-baseline.json", false)
  .option("--update-baseline", "with --quick: store this run's ratios as the baseline of this adapter", false)
  .option("--only <suites>", `suites to run, of ${SUITES.join(",")}; default: kernels,model,peers`, listed(SUITES))
  .addOption(new Option("--where <place>", "default: both; with --quick node").choices(["node", "chromium", "both"]))
  .option("--repeats <n>", "timed runs of each contender or case; default 7, with --quick 5", wholeNumber(1))
  .option(
    "--budget <seconds>",
    "time for the timed runs of one contender on one subject; default 180, with --quick 20",
    positive,
  )
  .option("--silence <seconds>", "stop a worker that sends no message for this time", positive, 900)
  .option("--tune <seconds>", "tune this engine for this time before measuring; default: no tuning", positive)
  .option("--sizes <pixels>", "working sizes of the whole model; default 128,256,512,1024", (text) =>
    text.split(",").map(wholeNumber(1)),
  )
  .option("--embedder-size <pixels>", "side of the embedder's input among peers", wholeNumber(1), 299)
  .option("--colorizer-size <pixels>", "side of the colorizer's input among peers", wholeNumber(1), 256)
  .option("--precision <elems>", "storage types, of f32,f16", listed<Elem>(["f32", "f16"]), ["f32", "f16"] as Elem[])
  .option(
    "--contenders <parts>",
    "run only the peers whose names contain one of these texts",
    (text) => text.split(","),
    [],
  )
  .option("--out <folder>", "folder for the JSON file", "bench/results")
  .parse();
const options = command.opts<Options>();
if ((options.check || options.updateBaseline) && !options.quick)
  command.error("error: --check and --update-baseline compare the ratios of --quick: add it");
if (options.updateBaseline && (options.only || options.where || options.contenders.length > 0))
  command.error("error: --update-baseline stores all ratios: leave out --only, --where and --contenders");

const { quick } = options;
const place = options.where ?? (quick ? "node" : "both");
const selection = {
  quick,
  only: options.only ?? (["kernels", "model", "peers"] as const),
  where: place === "both" ? (["node", "chromium"] as const) : [place],
  elems: quick ? (["f32"] as const) : options.precision,
  sizes: options.sizes ?? (quick ? [64] : [128, 256, 512, 1024]),
  embedderSize: options.embedderSize,
  colorizerSize: options.colorizerSize,
  // tfjs compiles for too long for --quick.
  contenders: quick && options.contenders.length === 0 ? ["naive", "onnxruntime"] : options.contenders,
};
const limits = {
  repeats: options.repeats ?? (quick ? 5 : 7),
  budget: 1000 * (options.budget ?? (quick ? 20 : 180)),
  tune: 1000 * (options.tune ?? 0),
  exclude: [],
};
const { out: _, ...asked } = options;
const driver = process.env["COLORIZE_ADAPTER"] || "auto";
const file = new ResultFile(options.out, `${quick ? "quick-" : ""}${driver}`, {
  facts: facts(),
  options: { ...asked, ...selection, repeats: limits.repeats, driver },
});
const started = performance.now();
for (const placed of planJobs(selection)) {
  const name = jobName(placed);
  const progress = (text: string): void =>
    console.error(`${((performance.now() - started) / 1000).toFixed(0).padStart(5)} s  ${name}: ${text}`);
  const start = placed.where === "node" ? startNode : (await import("./start-chromium")).startChromium;
  const error = await supervise(start, placed.job, limits, options.silence * 1000, {
    onRows: (rows) => file.add(rows),
    onAdapter: (info) => file.adapter(placed.where, info),
    onProgress: progress,
  });
  if (error === undefined) continue;
  progress(`failed: ${error}`);
  file.fail(name, error);
}
if (selection.where.some((where) => where === "chromium")) await (await import("./start-chromium")).closeSite();
console.log(tables(file.result.rows));
for (const { job, error } of file.result.failures) console.log(`\n${job} failed: ${error}`);
console.log(`\n${file.path}`);
process.exitCode = file.result.failures.length > 0 ? 1 : quick ? held() : 0;

/** The exit code of --check: 0 when no ratio has dropped, or when the baseline lacks the adapter. */
function held(): number {
  const byDriver = ratiosOf(file.result.rows, "cpu").filter(({ key }) => !key.endsWith(" cpu"));
  const ratios = byDriver.length > 0 ? byDriver : ratiosOf(file.result.rows);
  if (ratios.length === 0) {
    console.log("\nNo ratio was measured: nothing was compared.");
    return options.check ? 1 : 0;
  }
  const { adapter } = ratios[0]!;
  const baseline = JSON.parse(readFileSync(BASELINE, "utf8")) as Baseline;
  if (options.updateBaseline) {
    writeFileSync(BASELINE, `${JSON.stringify(updated(baseline, adapter, ratios), null, 2)}\n`);
    return 0;
  }
  const verdicts = check(baseline, adapter, ratios);
  console.log(
    `\n${verdicts ? verdictTable(verdicts) : `The baseline has no ratios for ${adapter}: nothing was compared.`}`,
  );
  const fell = verdicts?.some(({ passed }) => !passed) ?? false;
  return options.check && fell ? 1 : 0;
}
