/** The worker that runs one job of the page. Ending it ends the job, whatever the job is doing. */
import { pageHost } from "../page-host";
import type { Limits, Message } from "../rows";
import type { StepJob } from "../steps/jobs";
import { runStepJob } from "../steps/run-step-job";

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
  const keepModel = async (made: ReadonlyMap<string, Uint8Array<ArrayBuffer>>): Promise<void> => {
    const blobs = [...made].map(([path, bytes]): [string, Blob] => [path, new Blob([bytes])]);
    await send({ type: "files", files: Object.fromEntries(blobs) });
  };
  await runStepJob({ ...pageHost({ where: "browser", ort, read, send }), keepModel }, job, limits);
}

addEventListener("message", ({ data }: MessageEvent<WorkerTask>) => void run(data));
