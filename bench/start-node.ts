/** Starting a worker of Node as a child process. */
import { fork } from "node:child_process";
import { fileURLToPath } from "node:url";
import type { Job, Limits, Message } from "./rows";
import type { Worker } from "./supervise";

const WORKER = fileURLToPath(new URL("node-worker.ts", import.meta.url));
const REGISTER = new URL("../tools/register.mjs", import.meta.url).href;

/** Switches off the drivers' disk caches of compiled shaders, so that every cold run is cold. */
const NO_CACHES = { MESA_SHADER_CACHE_DISABLE: "true", __GL_SHADER_DISK_CACHE: "0" };

/** bench/node-worker.ts, as it stands in the sources. */
export function startNode(): Promise<Worker<Job>> {
  return startWorker<Job>(WORKER, ["--import", REGISTER], {});
}

/** A module that takes one job and sends messages, as bench/node-worker.ts does. */
export function startWorker<J>(
  module: string,
  execArgv: readonly string[],
  env: Readonly<Record<string, string>>,
): Promise<Worker<J>> {
  const child = fork(module, {
    execArgv: [...execArgv],
    env: { ...process.env, ...NO_CACHES, ...env },
    // stderr of drivers and runtimes is captured; its last line explains a crash.
    stdio: ["ignore", "ignore", "pipe", "ipc"],
  });
  let complaints = "";
  child.stderr!.on("data", (text: Buffer) => (complaints = (complaints + String(text)).slice(-400)));
  return Promise.resolve({
    run: (job, limits, onMessage) =>
      new Promise<void>((resolve, reject) => {
        child.on("message", (message) => onMessage(message as Message));
        child.on("error", reject);
        child.on("close", (code, signal) => {
          if (code === 0) resolve();
          else reject(new Error(`its process ended with ${signal ?? code}: ${complaints.trim().split("\n").at(-1)}`));
        });
        child.send({ job, limits } as { job: object; limits: Limits });
      }),
    kill: () => void child.kill("SIGKILL"),
  } satisfies Worker<J>);
}
