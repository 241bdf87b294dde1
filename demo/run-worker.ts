/** Gives a new worker one job and resolves with its answer, after which the worker ends. Rejects where it fails. */
export async function runWorker<Job, Answer>(worker: Worker, job: Job, transfer: Transferable[] = []): Promise<Answer> {
  try {
    return await new Promise((resolve, reject) => {
      worker.addEventListener("message", ({ data }: MessageEvent<Answer>) => resolve(data));
      worker.addEventListener("error", ({ message }) => reject(new Error(message || "the worker did not load")));
      worker.postMessage(job, transfer);
    });
  } finally {
    worker.terminate();
  }
}
