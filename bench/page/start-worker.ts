/** Workers of the page, for bench/supervise.ts. */
import type { StepJob } from "../steps/jobs";
import type { Worker as JobWorker } from "../supervise";
import type { Files, WorkerMessage, WorkerTask } from "./worker";

/** The networks' files, once the job that generates them has run. */
let files: Files = {};

export function startWorker(): Promise<JobWorker<StepJob>> {
  const worker = new Worker(new URL("./worker.ts", import.meta.url), { type: "module" });
  let end: (error?: Error) => void = () => {};
  const ended = new Promise<void>((resolve, reject) => (end = (error) => (error ? reject(error) : resolve())));
  // run() reports it; without run() nobody would.
  ended.catch(() => undefined);
  worker.addEventListener("error", ({ message }) => end(new Error(message || "its worker could not start")));
  return Promise.resolve({
    run(job, limits, onMessage) {
      worker.addEventListener("message", ({ data }: MessageEvent<WorkerMessage>) => {
        if (data.type === "files") {
          ({ files } = data);
          return;
        }
        onMessage(data);
        if (data.type === "end") end();
      });
      const ort = new URL("./ort/", document.baseURI).href;
      worker.postMessage({ job, limits, files, ort } satisfies WorkerTask, []);
      return ended;
    },
    kill() {
      worker.terminate();
      end(new Error("its worker was ended"));
    },
  });
}
