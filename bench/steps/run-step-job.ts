/** Runs one job of a step on this host. */
import { messageOf } from "../../src/base/errors";
import { environmentOf, type Host } from "../environment";
import type { Limits } from "../rows";
import { runJob } from "../run-job";
import type { StepJob } from "./jobs";

export interface StepJobHost extends Host {
  /** Keeps the networks' files, by path, for the jobs after the one that generates them. */
  keepModel(files: ReadonlyMap<string, Uint8Array<ArrayBuffer>>): Promise<void>;
  /** Files of tests that run here in addition to those of kernels and pictures. */
  readonly moreTests?: Readonly<Record<string, () => Promise<unknown>>>;
}

/** Always sends the message "end" last. */
export async function runStepJob(host: StepJobHost, job: StepJob, limits: Limits): Promise<void> {
  if (job.suite !== "models" && job.suite !== "tests") return runJob(host, job, limits);
  try {
    // Imported where they are needed: both are large.
    if (job.suite === "models") await host.keepModel(await (await import("./seeded-model")).seededModel());
    else await (await import("./run-tests")).runTests(await environmentOf(host), job, limits, host.moreTests);
    await host.send({ type: "end" });
  } catch (error) {
    await host.send({ type: "end", error: messageOf(error) });
  }
}
