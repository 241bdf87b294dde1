/** In a worker: does the job that comes, and answers it by postMessage(). What fails is an "error" event for the page. */
export function takeJob<Job>(answer: (job: Job) => Promise<void>): void {
  addEventListener("message", ({ data }: MessageEvent<Job>) => {
    // Of an error of the browser's own, a DOMException, no text comes with the event.
    answer(data).catch((error: unknown) => reportError(new Error(String(error))));
  });
}

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
