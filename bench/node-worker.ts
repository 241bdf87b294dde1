/** A child process that runs one job, sends messages, and ends. A driver's crash ends only this process. */
import { nodeHost } from "./node-host";
import type { Job, Limits, Message } from "./rows";
import { runJob } from "./run-job";

function send(message: Message): Promise<void> {
  return new Promise((resolve, reject) => {
    process.send!(message, (error: Error | null) => (error ? reject(error) : resolve()));
  });
}

// Keeps the process alive while a driver works; the command ends a worker that hangs.
setInterval(() => {}, 1000);

process.once("message", ({ job, limits }: { job: Job; limits: Limits }) => {
  void runJob(nodeHost(send), job, limits).then(() => process.exit(0));
});
