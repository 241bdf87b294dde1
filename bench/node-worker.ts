/** A child process: takes one job, sends messages, and ends. Whatever a driver does to it, the command lives on. */
import { nodeHost } from "./node-host";
import type { Job, Limits, Message } from "./rows";
import { runJob } from "./run-job";

function send(message: Message): Promise<void> {
  return new Promise((resolve, reject) => {
    process.send!(message, (error: Error | null) => (error ? reject(error) : resolve()));
  });
}

// Keeps the process while a driver takes its time: a wait that never ends is the command's to notice.
setInterval(() => {}, 1000);

process.once("message", ({ job, limits }: { job: Job; limits: Limits }) => {
  void runJob(nodeHost(send), job, limits).then(() => process.exit(0));
});
