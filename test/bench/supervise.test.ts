/** Workers that crash, hang or refuse: played, without processes. */
import { expect, it, vi } from "vitest";
import type { Job, Limits, Message, Row } from "../../bench/rows";
import { supervise, type Worker } from "../../bench/supervise";

const JOB: Job = { suite: "kernels", elem: "f32", quick: true };
const LIMITS: Limits = { repeats: 1, budget: 1, tune: 0, exclude: [] };

function rowOf(name: string, error?: string): Row {
  return { kind: "kernel", name, elem: "f32", where: "node", adapter: "a", ...(error === undefined ? {} : { error }) };
}

/** A worker that does tasks a to d; `misfortune` says what happens to some. */
function player(
  misfortune: Readonly<Record<string, "crash" | "hang" | "stuck">>,
  starts: string[][],
): () => Promise<Worker<Job>> {
  return () => {
    let killed: () => void = () => {};
    const death = new Promise<void>((_, reject) => (killed = () => reject(new Error("killed"))));
    death.catch(() => undefined);
    return Promise.resolve({
      async run(_job: Job, limits: Limits, onMessage: (message: Message) => void) {
        const tasks = ["a", "b", "c", "d"].filter((task) => !limits.exclude.includes(task));
        starts.push(tasks);
        for (const key of tasks) {
          onMessage({ type: "begin", key, failure: rowOf(key, "") });
          if (misfortune[key] === "crash") throw new Error("signal 11");
          if (misfortune[key] === "hang") await death;
          onMessage({ type: "draft", key, rows: [rowOf(`draft of ${key}`)] });
          if (misfortune[key] === "stuck") await death;
          onMessage({ type: "rows", key, rows: [rowOf(key)] });
        }
        onMessage({ type: "end" });
      },
      kill: () => killed(),
    });
  };
}

async function play(
  start: () => Promise<Worker<Job>>,
  deadline?: number,
  signal?: AbortSignal,
): Promise<{ rows: Row[]; error: string | undefined }> {
  const rows: Row[] = [];
  const ignore = (): void => {};
  const report = { onRows: (found: readonly Row[]) => void rows.push(...found), onAdapter: ignore, onProgress: ignore };
  return { error: await supervise(start, JOB, LIMITS, 50, report, { deadline, signal }), rows };
}

it("reports a task whose worker died, and has a new one do the rest", async () => {
  const starts: string[][] = [];
  const { rows, error } = await play(player({ b: "crash" }, starts));
  expect(error).toBeUndefined();
  expect(rows).toEqual([rowOf("a"), rowOf("b", "signal 11"), rowOf("c"), rowOf("d")]);
  expect(starts).toEqual([
    ["a", "b", "c", "d"],
    ["c", "d"],
  ]);
});

it("ends a worker that says nothing for too long", async () => {
  const { rows } = await play(player({ a: "hang", d: "crash" }, []));
  expect(rows).toEqual([rowOf("a", "no answer for 0 s"), rowOf("b"), rowOf("c"), rowOf("d", "signal 11")]);
});

it("gives a job up when no worker starts, or one dies before any task", async () => {
  const none = await play(() => Promise.reject(new Error("no browser")));
  expect(none).toEqual({ rows: [], error: "no worker: no browser" });
  const early = await play(() =>
    Promise.resolve({ run: () => Promise.reject(new Error("cannot load")), kill: () => {} }),
  );
  expect(early).toEqual({ rows: [], error: "cannot load" });
});

it("ends a job at its deadline, keeps what it found and starts nothing more", async () => {
  const starts: string[][] = [];
  const { rows, error } = await play(player({ b: "hang" }, starts), Date.now() + 20);
  expect(rows).toEqual([rowOf("a"), rowOf("b", "ended: its time was over")]);
  expect(error).toBe("ended: its time was over");
  expect(starts).toHaveLength(1);
});

it("starts no worker after the deadline's timer, even if the clock is a moment behind it", async () => {
  const now = vi.spyOn(Date, "now").mockReturnValue(1000);
  const starts: string[][] = [];
  const { error } = await play(player({ b: "hang" }, starts), 1020);
  now.mockRestore();
  expect(error).toBe("ended: its time was over");
  expect(starts).toHaveLength(1);
});

it("takes what is known of a task that its deadline ends, but not of one that hangs", async () => {
  const { rows, error } = await play(player({ b: "stuck" }, []), Date.now() + 20);
  expect(rows).toEqual([rowOf("a"), rowOf("draft of b")]);
  expect(error).toBe("ended: its time was over");
  const hung = await play(player({ b: "stuck" }, []));
  expect(hung.rows).toEqual([rowOf("a"), rowOf("b", "no answer for 0 s"), rowOf("c"), rowOf("d")]);
});

it("ends a job when the user stops it, keeps what it found and starts nothing more", async () => {
  const starts: string[][] = [];
  const { rows, error } = await play(player({ b: "hang" }, starts), undefined, AbortSignal.timeout(20));
  expect(rows).toEqual([rowOf("a"), rowOf("b", "stopped")]);
  expect(error).toBe("stopped");
  expect(starts).toHaveLength(1);
  const before = await play(player({}, starts), undefined, AbortSignal.abort());
  expect(before).toEqual({ rows: [], error: "stopped" });
  expect(starts).toHaveLength(1);
});
