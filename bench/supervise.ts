/** Runs a job by workers that may crash or hang. */
import { messageOf } from "../src/base/errors";
import type { Limits, Message, Row } from "./rows";

/** The error of work that was ended at its deadline. */
export const OVERDUE = "ended: its time was over";
/** The error of work that the user stopped. */
export const STOPPED = "stopped";

export interface Worker<J> {
  /** Runs the job; resolves when the worker has ended, for whatever reason. */
  run(job: J, limits: Limits, onMessage: (message: Message) => void): Promise<void>;
  /** Ends it now. */
  kill(): void;
}

/** What ends a job before it is done. */
export interface Ending {
  /** By Date.now(). */
  readonly deadline?: number;
  readonly signal?: AbortSignal;
}

export interface Report {
  onRows(rows: readonly Row[]): void;
  onAdapter(info: Readonly<Record<string, string>>): void;
  /** Reports progress as text. */
  onProgress(text: string): void;
}

/**
 * Runs a job to its end. A task whose worker crashes, or sends no message for `silence` milliseconds, becomes a row with that
 * error, and a new worker runs the remaining tasks. A crash outside of tasks ends the job. `ending` ends it, too: a worker
 * checks its limits between tasks only.
 */
export async function supervise<J>(
  start: () => Promise<Worker<J>>,
  job: J,
  limits: Limits,
  silence: number,
  report: Report,
  ending: Ending = {},
): Promise<string | undefined> {
  const done = new Set(limits.exclude);
  const drafts: Drafts = new Map();
  const finish = (error: string | undefined): string | undefined => {
    for (const [key, rows] of drafts) if (!done.has(key)) report.onRows(rows);
    return error;
  };
  for (;;) {
    if (ending.signal?.aborted) return finish(STOPPED);
    if (Date.now() >= (ending.deadline ?? Infinity)) return finish(OVERDUE);
    const rest = { ...limits, exclude: [...done] };
    const attempt = await once(start, job, rest, { ...ending, silence }, { done, drafts }, report);
    if (attempt.ended) return finish(attempt.error);
    if (!attempt.task || done.has(attempt.task.key)) return finish(attempt.error);
    const ended = attempt.error === OVERDUE || attempt.error === STOPPED;
    if (ended && drafts.has(attempt.task.key)) return finish(attempt.error);
    done.add(attempt.task.key);
    const error = attempt.error ?? "its process ended";
    report.onRows([{ ...attempt.task.failure, error } as Row]);
    if (ended) return finish(error);
  }
}

/** The latest draft of each task. */
type Drafts = Map<string, readonly Row[]>;

interface Attempt {
  readonly ended: boolean;
  readonly task?: Extract<Message, { type: "begin" }>;
  readonly error?: string;
}

async function once<J>(
  start: () => Promise<Worker<J>>,
  job: J,
  limits: Limits,
  { silence, deadline = Infinity, signal }: Ending & { readonly silence: number },
  { done, drafts }: { readonly done: Set<string>; readonly drafts: Drafts },
  report: Report,
): Promise<Attempt> {
  let worker: Worker<J>;
  try {
    worker = await start();
  } catch (error) {
    return { ended: true, error: `no worker: ${messageOf(error)}` };
  }
  const seen = new Set<string>();
  let task: Attempt["task"];
  let end: Extract<Message, { type: "end" }> | undefined;
  let error: string | undefined;
  let timer: ReturnType<typeof setTimeout> | undefined;
  const abandon = (why: string): void => {
    error = why;
    worker.kill();
  };
  const watch = (): void => {
    clearTimeout(timer);
    const left = deadline - Date.now();
    if (Math.min(silence, left) === Infinity) return;
    timer = setTimeout(
      () => abandon(left < silence ? OVERDUE : `no answer for ${Math.round(silence / 1000)} s`),
      Math.max(0, Math.min(silence, left)),
    );
  };
  const stop = (): void => abandon(STOPPED);
  signal?.addEventListener("abort", stop);
  if (signal?.aborted) stop();
  watch();
  try {
    await worker.run(job, limits, (message) => {
      watch();
      if (message.type === "begin") {
        if (!seen.has(message.key)) report.onProgress(message.key);
        seen.add(message.key);
        task = message;
      } else if (message.type === "rows") {
        done.add(message.key);
        report.onRows(message.rows);
      } else if (message.type === "draft") drafts.set(message.key, message.rows);
      else if (message.type === "adapter") report.onAdapter(message.info);
      else end = message;
    });
  } catch (cause) {
    error ??= messageOf(cause);
  } finally {
    clearTimeout(timer);
    signal?.removeEventListener("abort", stop);
    worker.kill();
  }
  return end ? { ended: true, error: end.error } : { ended: false, task, error };
}
