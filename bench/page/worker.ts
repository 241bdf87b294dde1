/** The worker that runs one job of the page. Ending it ends the job, whatever the job is doing. */
import { messageOf } from "../../src/base/errors";
import { environmentOf } from "../environment";
import { pageHost } from "../page-host";
import type { Limits, Message } from "../rows";
import { runJob } from "../run-job";
import type { StepJob } from "../steps/jobs";

/** What the page sends to a new worker. */
export interface WorkerTask {
  readonly job: StepJob;
  readonly limits: Limits;
  /** The networks' files by path, from the job that generated them. */
  readonly files: Files;
  /** The address of the folder with onnxruntime-web's files. */
  readonly ort: string;
}

export type Files = Readonly<Record<string, Blob>>;

/** What a worker sends to the page: messages of the job, and the networks' files where it generated them. */
export type WorkerMessage = Message | { readonly type: "files"; readonly files: Files };

const send = (message: WorkerMessage): Promise<void> => Promise.resolve(postMessage(message));

async function run({ job, limits, files, ort }: WorkerTask): Promise<void> {
  const read = async (path: string): Promise<Uint8Array> => {
    const file = files[path];
    if (!file) throw new Error(`${path} is missing: the networks could not be generated`);
    return new Uint8Array(await file.arrayBuffer());
  };
  const host = pageHost({ where: "browser", ort, read, send });
  if (job.suite !== "models" && job.suite !== "tests") return runJob(host, job, limits);
  try {
    if (job.suite === "models") {
      const { seededModel } = await import("../steps/seeded-model");
      const made = [...(await seededModel())].map(([path, bytes]): [string, Blob] => [path, new Blob([bytes])]);
      await send({ type: "files", files: Object.fromEntries(made) });
    } else {
      const { runTests } = await import("../steps/run-tests");
      await runTests(await environmentOf(host), job, limits);
    }
    await send({ type: "end" });
  } catch (error) {
    await send({ type: "end", error: messageOf(error) });
  }
}

addEventListener("message", ({ data }: MessageEvent<WorkerTask>) => void run(data));
