/** Runs the steps of plan.ts one after another, each job in a separate worker, until the time is over. */
import type { StepFacts } from "../results";
import { NO_TIME, type Limits, type Row } from "../rows";
import { OVERDUE, STOPPED, supervise, type Worker } from "../supervise";
import { stepJobName, type StepJob } from "./jobs";
import { LEAST, timesOf, type Step, type Times } from "./plan";

/** A worker that sends no message for this share of its job's time is ended, so that another one can run the rest. A software driver is only slow. */
const SILENCE = 0.4;

export interface StepsHost {
  start(): Promise<Worker<StepJob>>;
  /** Whether the adapter is a software driver. */
  readonly software: boolean;
  /** Ends the run: workers are ended, and the remaining steps are reported as stopped. */
  readonly signal?: AbortSignal;
  /** A step starts and takes at most so many seconds. */
  onStart(step: string, seconds: number): void;
  onRows(rows: readonly Row[]): void;
  /** The task that a job is at. */
  onProgress(job: StepJob, task: string): void;
  /** A job failed or did not finish. */
  onFailure(step: string, job: StepJob, error: string): void;
  onStep(step: StepFacts): void;
}

/** Runs `steps` until `end`, by Date.now(). */
export async function runSteps(steps: readonly Step[], end: number, host: StepsHost): Promise<void> {
  // All but steps without timings need the networks.
  const models = runJob(host, "networks", { suite: "models" }, MODELS, { until: end, deadline: end });
  for (const step of steps) {
    const { name, most, leaves = 0, together } = step;
    if (!together) await models;
    const stepEnd = Math.min(end - 1000 * leaves, Date.now() + 1000 * most);
    const left = (stepEnd - Date.now()) / 1000;
    const stopped = host.signal?.aborted ?? false;
    if (stopped || left < LEAST) {
      host.onStep({ name, seconds: 0, error: stopped ? STOPPED : NO_TIME });
      continue;
    }
    host.onStart(name, left);
    await runStep(host, step, stepEnd);
  }
  await models;
}

const MODELS: Step["limits"] = { repeats: 1, budget: 1, tune: 0 };

async function runStep(host: StepsHost, { name, jobs, limits, together }: Step, stepEnd: number): Promise<void> {
  const from = Date.now();
  const errors: string[] = [];
  const run = async (job: StepJob, left: number): Promise<void> => {
    const error = await runJob(host, name, job, limits, timesOf(Date.now(), stepEnd, left));
    if (error !== undefined) errors.push(`${stepJobName(job)}: ${error}`);
  };
  if (together) await Promise.all(jobs.map((job) => run(job, 1)));
  else for (const [i, job] of jobs.entries()) if (!host.signal?.aborted) await run(job, jobs.length - i);
  host.onStep({ name, seconds: (Date.now() - from) / 1000, ...(errors.length > 0 && { error: errors.join("; ") }) });
}

async function runJob(
  host: StepsHost,
  step: string,
  job: StepJob,
  limits: Step["limits"],
  { until, deadline }: Times,
): Promise<string | undefined> {
  const all: Limits = { ...limits, exclude: [], until };
  const error = await supervise(
    () => host.start(),
    job,
    all,
    silenceOf(job, deadline - Date.now(), host.software),
    {
      onRows: (found) => host.onRows(found.map((row) => placed(row, step))),
      onAdapter: () => {},
      onProgress: (task) => host.onProgress(job, task),
    },
    { deadline, signal: host.signal },
  );
  if (error !== undefined) host.onFailure(step, job, error);
  return error;
}

/** Milliseconds without a message after which a worker is ended. Jobs of one task get their full time. */
function silenceOf({ suite }: StepJob, milliseconds: number, software: boolean): number {
  const many = suite === "tests" || suite === "kernels" || suite === "peers";
  return many && !software ? Math.max(5000, SILENCE * milliseconds) : Infinity;
}

/** A row of a step. A test that ran out of time has not failed. */
function placed(row: Row, step: string): Row {
  const ended = row.kind === "test" && (row.error === OVERDUE || row.error === STOPPED);
  return { ...row, step, ...(ended && { state: "skipped" }) };
}

/** Whether a row says that a kernel or a network of this project computes something wrong. */
export function isWrong(row: Row): boolean {
  if (row.kind === "test") return row.state === "failed";
  return row.kind === "peer" && row.ours && row.difference !== undefined && !(row.difference <= row.allowed!);
}
