/** A child process of the pack that runs one job, sends messages, and ends. A driver's crash ends only this process. */
import { mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { create, globals } from "webgpu";
import { messageOf } from "../../src/base/errors";
import { environmentOf } from "../environment";
import { nodeHost } from "../node-host";
import type { Limits, Message } from "../rows";
import { runJob } from "../run-job";
import type { StepJob } from "../steps/jobs";
import { MODEL_FOLDER } from "./model-folder";

const PARITY = import.meta.glob("../../test/parity.test.ts");

function send(message: Message): Promise<void> {
  return new Promise((resolve, reject) => {
    process.send!(message, (error: Error | null) => (error ? reject(error) : resolve()));
  });
}

/** Switches off Dawn's rounding of timestamps to 65 microseconds, which is longer than a step of a network. */
function takeTimestampsAsTheyAre(): void {
  Object.assign(globalThis, globals);
  const opened = (globalThis as { __colorizeCanvasGpu?: Map<string, GPU> }).__colorizeCanvasGpu!;
  opened.set("system", create(["disable-dawn-features=timestamp_quantization"]) as GPU);
}

async function writeModel(folder: string): Promise<void> {
  const { seededModel } = await import("../steps/seeded-model");
  mkdirSync(folder, { recursive: true });
  for (const [path, bytes] of await seededModel()) writeFileSync(join(folder, path), bytes);
}

async function run(job: StepJob, limits: Limits): Promise<void> {
  const models = process.env[MODEL_FOLDER]!;
  const host = nodeHost(send, () => models);
  if (job.suite === "profile") takeTimestampsAsTheyAre();
  if (job.suite !== "models" && job.suite !== "tests") return runJob(host, job, limits);
  try {
    if (job.suite === "models") await writeModel(models);
    else await (await import("../steps/run-tests")).runTests(await environmentOf(host), job, limits, PARITY);
    await send({ type: "end" });
  } catch (error) {
    await send({ type: "end", error: messageOf(error) });
  }
}

// Keeps the process alive while a driver works, and ends it without its parent.
setInterval(() => {}, 1000);
process.once("disconnect", () => process.exit(1));
process.once("message", ({ job, limits }: { job: StepJob; limits: Limits }) => {
  void run(job, limits).then(() => process.exit(0));
});
