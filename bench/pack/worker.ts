/** A child process of the pack that runs one job, sends messages, and ends. A driver's crash ends only this process. */
import { mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { create, globals } from "webgpu";
import { nodeHost } from "../node-host";
import type { Limits } from "../rows";
import type { StepJob } from "../steps/jobs";
import { runStepJob } from "../steps/run-step-job";
import { MODEL_FOLDER } from "./model-folder";

const PARITY = import.meta.glob("../../test/parity.test.ts");

/** Switches off Dawn's rounding of timestamps to 65 microseconds, which is longer than a step of a network. */
function takeTimestampsAsTheyAre(): void {
  Object.assign(globalThis, globals);
  const opened = (globalThis as { __colorizeCanvasGpu?: Map<string, GPU> }).__colorizeCanvasGpu!;
  opened.set("system", create(["disable-dawn-features=timestamp_quantization"]) as GPU);
}

async function run(job: StepJob, limits: Limits): Promise<void> {
  const folder = process.env[MODEL_FOLDER]!;
  if (job.suite === "profile") takeTimestampsAsTheyAre();
  const keepModel = async (files: ReadonlyMap<string, Uint8Array>): Promise<void> => {
    mkdirSync(folder, { recursive: true });
    for (const [path, bytes] of files) writeFileSync(join(folder, path), bytes);
  };
  await runStepJob({ ...nodeHost(() => folder), keepModel, moreTests: PARITY }, job, limits);
}

// Keeps the process alive while a driver works, and ends it without its parent.
setInterval(() => {}, 1000);
process.once("disconnect", () => process.exit(1));
process.once("message", ({ job, limits }: { job: StepJob; limits: Limits }) => {
  void run(job, limits).then(() => process.exit(0));
});
