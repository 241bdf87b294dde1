/** The page that headless Chromium opens to run single jobs. */
import type { Job, Limits, Message } from "../rows";
import { pageHost } from "../page-host";
import { runJob } from "../run-job";

declare global {
  interface Window {
    /** Defined by bench/start-chromium.ts. */
    benchMessage(message: Message): Promise<void>;
    /** Called by bench/start-chromium.ts. */
    benchJob(job: Job, limits: Limits): void;
  }
}

async function read(path: string): Promise<Uint8Array> {
  const response = await fetch(new URL(`/model/${path}`, location.href));
  if (!response.ok) throw new Error(`${path}: ${response.status}`);
  return new Uint8Array(await response.arrayBuffer());
}

const host = pageHost({
  where: "chromium",
  ort: new URL("/ort/", location.href).href,
  read,
  send: (message) => window.benchMessage(message),
});

window.benchJob = (job, limits) => void runJob(host, job, limits);
