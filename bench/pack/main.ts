/**
 * The program that the pack's run.sh starts. It finds a Vulkan driver, runs the steps of ../steps one after another, each job
 * in a separate process, and writes the results after every row. Exit codes: 0 success; 1 a test failed, an output differs or
 * a process crashed; 2 wrong arguments; 3 no adapter.
 */
import { messageOf } from "../../src/base/errors";
import { execFile, spawnSync } from "node:child_process";
import { mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { availableParallelism } from "node:os";
import { dirname, join, resolve } from "node:path";
import { fileURLToPath } from "node:url";
import { parseArgs, promisify } from "node:util";
import { nameOf } from "../environment";
import { facts } from "../facts";
import { ResultFile } from "../result-file";
import type { Row } from "../rows";
import { startWorker } from "../start-node";
import type { AdapterFacts } from "../steps/adapter";
import { findings } from "../steps/findings";
import { stepJobName, type StepJob } from "../steps/jobs";
import { planSteps } from "../steps/plan";
import { isWrong, runSteps } from "../steps/run";
import type { Worker } from "../supervise";
import { textTable } from "../table";
import { driverChoices, findAdapter, foldersOfLibraries, noAdapterText, type DriverChoice } from "./drivers";
import { MODEL_FOLDER } from "./model-folder";
import { report } from "./report";

const USAGE = `Usage: run.sh [--seconds N] [--out DIR] [--only STEPS]

Measures this machine's GPU with colorize-canvas and its peers.
  --seconds N  how long it may take: at least 30, for example 90, 240 or 600 (default 240)
  --out DIR    where the results go: a JSON file and the same as text (default bench-results)
  --only STEPS parts of the names of steps, with commas, for example "peers,tuner"; all of the time is theirs

It looks for the Vulkan driver by itself; VK_DRIVER_FILES says which one to take.
`;

/** Most milliseconds that a driver may take to start. */
const START = 60_000;
/** Milliseconds between two writes of the result file. */
const FLUSH = 250;
const HERE = dirname(fileURLToPath(import.meta.url));

function usageError(problem: string): never {
  process.stderr.write(`run.sh: ${problem}\n${USAGE}`);
  process.exit(2);
}

interface Options {
  readonly seconds: number;
  readonly out: string;
  readonly only: readonly string[];
}

function optionsOf(): Options {
  const text = { type: "string" } as const;
  try {
    const { values } = parseArgs({ options: { seconds: text, out: text, only: text, help: { type: "boolean" } } });
    if (values.help) {
      process.stdout.write(USAGE);
      process.exit(0);
    }
    const seconds = Number(values.seconds ?? 240);
    if (!(seconds >= 30)) usageError(`--seconds: expected a number of at least 30, received ${values.seconds}`);
    const only = (values.only ?? "").split(",").filter(Boolean);
    planSteps({ where: "node", seconds, cores: 1, features: [], only }); // throws for an unknown step
    return { seconds, out: resolve(values.out ?? "bench-results"), only };
  } catch (error) {
    return usageError(messageOf(error));
  }
}

/** The time when run.sh started, so that unpacking counts. */
const started = 1000 * Number(process.env["COLORIZE_BENCH_STARTED"] ?? Date.now() / 1000);
const { seconds, out, only } = optionsOf();
const end = started + 1000 * seconds;
const models = join(HERE, "models");
/** The folder for temporary files of runtimes, which is deleted at the end. */
const temporary = join(HERE, "tmp");

/** Rows that are not written yet. Tests give many rows per second, and each write rewrites the whole file. */
const pending: Row[] = [];
let flushing: NodeJS.Timeout | undefined;

function keep(rows: readonly Row[]): void {
  pending.push(...rows);
  flushing ??= setTimeout(flush, FLUSH);
}

function flush(): void {
  clearTimeout(flushing);
  flushing = undefined;
  if (pending.length > 0) file.add(pending.splice(0));
}

const running = new Set<Worker<StepJob>>();
function progress(text: string): void {
  process.stderr.write(`${((Date.now() - started) / 1000).toFixed(0).padStart(5)} s  ${text}\n`);
}

/** Runs the probe with this choice; rejects with the probe's last line of output where it finds no adapter. */
async function ask(choice: DriverChoice): Promise<AdapterFacts> {
  if (choice.content && choice.file) writeFileSync(choice.file, choice.content);
  try {
    const options = { env: { ...process.env, ...driverEnvironment(choice) }, timeout: START };
    const { stdout } = await promisify(execFile)(process.execPath, [join(HERE, "probe.js")], options);
    return JSON.parse(stdout) as AdapterFacts;
  } catch (cause) {
    const { stderr = "", signal, code } = cause as { stderr?: string; signal?: string | null; code?: unknown };
    throw new Error(stderr.trim().split("\n").at(-1) || `its process ended with ${signal ?? String(code)}`, { cause });
  }
}

/** Environment variables that select this driver. Older loaders know only the second name. */
function driverEnvironment({ file }: DriverChoice): Record<string, string> {
  const libraries = [process.env["LD_LIBRARY_PATH"], ...foldersOfLibraries()].filter(Boolean).join(":");
  const chosen: Record<string, string> = file ? { VK_DRIVER_FILES: file, VK_ICD_FILENAMES: file } : {};
  return {
    LD_LIBRARY_PATH: libraries,
    COLORIZE_ADAPTER: "system",
    TMPDIR: temporary,
    [MODEL_FOLDER]: models,
    ...chosen,
  };
}

/** The GPU's facts by nvidia-smi, where it exists. */
function driverFacts(): Record<string, string> {
  const fields = ["name", "driver_version", "memory.total", "clocks.max.sm", "clocks.max.memory", "power.limit"];
  const answer = spawnSync("nvidia-smi", [`--query-gpu=${fields.join(",")}`, "--format=csv,noheader"], {
    encoding: "utf8",
    timeout: 15_000,
  });
  const values = answer.stdout?.trim().split("\n")[0]?.split(", ");
  if (answer.status !== 0 || values?.length !== fields.length) return {};
  return Object.fromEntries(fields.map((field, i) => [`nvidia-smi ${field}`, values[i]!]));
}

const { versions } = JSON.parse(readFileSync(join(HERE, "pack.json"), "utf8")) as { versions: Record<string, string> };
const found = await findAdapter(driverChoices(process.env, HERE), ask);
if ("tried" in found) {
  process.stderr.write(`${noAdapterText(found.tried)}\n`);
  process.exit(3);
}
const { probe, choice } = found;
const adapter = nameOf(probe.info);
progress(`${adapter} by ${choice.name}`);
for (const folder of [out, temporary]) mkdirSync(folder, { recursive: true });
const file = new ResultFile(out, "pack", {
  facts: facts({ ...versions, node: process.versions.node }),
  options: { seconds, only },
});
const place = { where: "node", adapter } as const;
const info = { ...probe.info, driver: choice.name, ...driverFacts() };
file.adapter("node", info);
file.add([{ ...place, kind: "device", info, features: probe.features, limits: probe.limits }]);
saveReport();

for (const signal of ["SIGINT", "SIGTERM", "SIGHUP"] as const)
  process.on(signal, () => {
    for (const worker of running) worker.kill();
    saveReport();
    process.exit(130);
  });

await runSteps(
  planSteps({ where: "node", seconds, cores: availableParallelism(), features: probe.features, only }),
  end,
  {
    software: probe.software,
    async start() {
      const worker = await startWorker<StepJob>(join(HERE, "worker.js"), [], driverEnvironment(choice));
      running.add(worker);
      return worker;
    },
    onStart: (step, most) => progress(`== ${step} (at most ${most.toFixed(0)} s)`),
    onRows(rows) {
      keep(rows);
      for (const row of rows)
        if (row.kind === "test" && row.state === "failed")
          progress(`FAILED: ${row.name}: ${row.error?.split("\n")[0]}`);
    },
    onProgress(job, task) {
      if (job.suite !== "tests") progress(`${stepJobName(job)}: ${task}`);
    },
    onFailure(step, job, error) {
      progress(`${stepJobName(job)}: ${error}`);
      file.fail(`${step}, ${stepJobName(job)}`, error);
    },
    onStep(step) {
      flush();
      file.step(step);
      saveReport();
    },
  },
);
saveReport();
const { rows, failures } = file.result;
process.stdout.write(`${textTable(["found", ""], [["adapter", adapter], ...findings(rows)])}\n\n${file.path}\n`);
process.exit(rows.some(isWrong) || failures.some(({ error }) => /process ended/.test(error)) ? 1 : 0);

function saveReport(): void {
  flush();
  writeFileSync(file.path.replace(/\.json$/, ".txt"), report(file.result));
}
