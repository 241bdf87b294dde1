/** A child process of the pack that runs one job, sends messages, and ends. A driver's crash ends only this process. */
import { messageOf } from "../../src/base/errors";
import { create, globals } from "webgpu";
import { environmentOf } from "../environment";
import { nodeHost } from "../node-host";
import type { Limits, Message } from "../rows";
import { runJob } from "../run-job";
import { MODEL_FOLDER, type PackJob } from "./jobs";

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

async function run(job: PackJob, limits: Limits): Promise<void> {
  const models = process.env[MODEL_FOLDER]!;
  const host = nodeHost(send, () => models);
  if (job.suite === "profile") takeTimestampsAsTheyAre();
  if (job.suite !== "models" && job.suite !== "tests") return runJob(host, job, limits);
  try {
    if (job.suite === "models") (await import("./models")).writeModels(models);
    else await (await import("./run-tests")).runTests(await environmentOf(host), job, limits);
    await send({ type: "end" });
  } catch (error) {
    await send({ type: "end", error: messageOf(error) });
  }
}

// Keeps the process alive while a driver works, and ends it without its parent.
setInterval(() => {}, 1000);
process.once("disconnect", () => process.exit(1));
process.once("message", ({ job, limits }: { job: PackJob; limits: Limits }) => {
  void run(job, limits).then(() => process.exit(0));
});
