/** A child process that runs one job, sends messages, and ends. A driver's crash ends only this process. */
import { nodeHost } from "./node-host";
import type { Job, Limits } from "./rows";
import { runJob } from "./run-job";

// Keeps the process alive while a driver works; the command ends a worker that hangs.
setInterval(() => {}, 1000);

process.once("message", ({ job, limits }: { job: Job; limits: Limits }) => {
  void runJob(nodeHost(), job, limits).then(() => process.exit(0));
});
