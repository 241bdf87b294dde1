/**
 * The program that the pack's run.sh starts. It finds a Vulkan driver, runs the steps of steps.ts one after another, each job
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
import { ResultFile } from "../results";
import { NO_TIME, type Limits, type Row } from "../rows";
import { startWorker } from "../start-node";
import { OVERDUE, supervise, type Worker } from "../supervise";
import { driverChoices, findAdapter, foldersOfLibraries, noAdapterText, type DriverChoice } from "./drivers";
import { MODEL_FOLDER, packJobName, type PackJob } from "./jobs";
import type { Probe } from "./probe";
import { findings, report } from "./report";
import { LEAST, planSteps, timesOf, type Step } from "./steps";
import { textTable } from "../table";

const USAGE = `Usage: run.sh [--seconds N] [--out DIR] [--only STEPS]

Measures this machine's GPU with colorize-canvas and its peers.
  --seconds N  how long it may take: at least 30, for example 90, 240 or 600 (default 240)
  --out DIR    where the results go: a JSON file and the same as text (default bench-results)
  --only STEPS parts of the names of steps, with commas, for example "peers,tuner"; all of the time is theirs

It looks for the Vulkan driver by itself; VK_DRIVER_FILES says which one to take.
`;

/** A worker that sends no message for this share of its job's time is ended, so that another one can run the rest. A software driver is only slow. */
const SILENCE = 0.4;
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
    const known = planSteps(seconds, 1).map(({ name }) => name);
    for (const part of only)
      if (!known.some((name) => name.includes(part)))
        usageError(`--only: expected parts of ${known.join("; ")}, received ${part}`);
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

const running = new Set<Worker<PackJob>>();
function progress(text: string): void {
  process.stderr.write(`${((Date.now() - started) / 1000).toFixed(0).padStart(5)} s  ${text}\n`);
}

/** Runs the probe with this choice; rejects with the probe's last line of output where it finds no adapter. */
async function ask(choice: DriverChoice): Promise<Probe> {
  if (choice.content && choice.file) writeFileSync(choice.file, choice.content);
  try {
    const options = { env: { ...process.env, ...driverEnvironment(choice) }, timeout: START };
    const { stdout } = await promisify(execFile)(process.execPath, [join(HERE, "probe.js")], options);
    return JSON.parse(stdout) as Probe;
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

// The second and later steps need the networks.
const made = runJob("networks", { suite: "models" }, { repeats: 1, budget: 1, tune: 0 }, { until: end, deadline: end });
for (const step of planSteps(seconds, availableParallelism(), only)) {
  const stepEnd = Math.min(end - 1000 * (step.leaves ?? 0), Date.now() + 1000 * step.most);
  const left = (stepEnd - Date.now()) / 1000;
  if (left < LEAST) {
    file.step({ name: step.name, seconds: 0, error: NO_TIME });
    continue;
  }
  progress(`== ${step.name} (at most ${left.toFixed(0)} s)`);
  if (!step.together) await made;
  await runStep(step, stepEnd);
}
saveReport();
const { rows, failures } = file.result;
process.stdout.write(`${textTable(["found", ""], [["adapter", adapter], ...findings(rows)])}\n\n${file.path}\n`);
const wrong = rows.some((row) => (row.kind === "test" ? row.state === "failed" : isWrong(row)));
process.exit(wrong || failures.some(({ error }) => /process ended/.test(error)) ? 1 : 0);

/** Whether a network's output differs too much. */
function isWrong(row: (typeof rows)[number]): boolean {
  return row.kind === "peer" && row.ours && row.difference !== undefined && !(row.difference <= row.allowed!);
}

function saveReport(): void {
  flush();
  writeFileSync(file.path.replace(/\.json$/, ".txt"), report(file.result));
}

async function runStep({ name, jobs, limits, together }: Step, stepEnd: number): Promise<void> {
  const from = Date.now();
  const errors: string[] = [];
  const note = (job: PackJob, error: string | undefined): void => {
    if (error !== undefined) errors.push(`${packJobName(job)}: ${error}`);
  };
  if (together) {
    const times = timesOf(Date.now(), stepEnd, 1);
    await Promise.all(jobs.map(async (job) => note(job, await runJob(name, job, limits, times))));
  } else {
    for (const [i, job] of jobs.entries())
      note(job, await runJob(name, job, limits, timesOf(Date.now(), stepEnd, jobs.length - i)));
  }
  flush();
  file.step({ name, seconds: (Date.now() - from) / 1000, ...(errors.length > 0 && { error: errors.join("; ") }) });
  saveReport();
}

/** A row of a step. A test that ran out of time has not failed. */
function placed(row: Row, step: string): Row {
  const overdue = row.kind === "test" && row.error === OVERDUE;
  return { ...row, step, ...(overdue && { state: "skipped" }) };
}

/** Milliseconds without a message after which a worker is ended. Jobs of one task get their full time. */
function silenceOf({ suite }: PackJob, milliseconds: number): number {
  const many = suite === "tests" || suite === "kernels" || suite === "peers";
  return many && !probe.software ? Math.max(5000, SILENCE * milliseconds) : Infinity;
}

async function runJob(
  step: string,
  job: PackJob,
  limits: Pick<Limits, "repeats" | "budget" | "tune">,
  { until, deadline }: ReturnType<typeof timesOf>,
): Promise<string | undefined> {
  const start = async (): Promise<Worker<PackJob>> => {
    const worker = await startWorker<PackJob>(join(HERE, "worker.js"), [], driverEnvironment(choice));
    running.add(worker);
    return worker;
  };
  const error = await supervise(
    start,
    job,
    { ...limits, exclude: [], until },
    silenceOf(job, deadline - Date.now()),
    {
      onRows(found) {
        const rows = found.map((row) => placed(row, step));
        keep(rows);
        for (const row of rows)
          if (row.kind === "test" && row.state === "failed")
            progress(`FAILED: ${row.name}: ${row.error?.split("\n")[0]}`);
      },
      onAdapter: () => {},
      onProgress: (text) => job.suite !== "tests" && progress(`${packJobName(job)}: ${text}`),
    },
    deadline,
  );
  if (error !== undefined) {
    progress(`${packJobName(job)}: ${error}`);
    file.fail(`${step}, ${packJobName(job)}`, error);
  }
  return error;
}
