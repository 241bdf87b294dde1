/** Measures the tasks of a page's main thread. */
import type { Page } from "puppeteer";

/** An event of Chromium's trace. Times are in microseconds. */
interface TraceEvent {
  readonly name: string;
  readonly pid: number;
  readonly tid: number;
  readonly args?: { readonly name?: string };
  /** Processor time of the thread. */
  readonly tdur?: number;
}

/**
 * The milliseconds of processor time of every task of the page's main thread while `work` runs, the longest first. PerformanceObserver's
 * "longtask" measures time on the clock, which on a busy machine is that of other programs.
 */
export async function mainThreadTasks(page: Page, work: () => Promise<unknown>): Promise<number[]> {
  const client = await page.createCDPSession();
  const events: TraceEvent[] = [];
  client.on("Tracing.dataCollected", ({ value }) => events.push(...(value as unknown as TraceEvent[])));
  await client.send("Tracing.start", {
    transferMode: "ReportEvents",
    traceConfig: { includedCategories: ["toplevel", "disabled-by-default-devtools.timeline"] },
  });
  await work();
  // A later task answers this, so the last one of `work` has ended and is in the trace.
  await page.evaluate(() => new Promise((resolve) => setTimeout(resolve)));
  const complete = new Promise((resolve) => client.once("Tracing.tracingComplete", resolve));
  await client.send("Tracing.end");
  await complete;
  await client.detach();
  const thread = ({ pid, tid }: TraceEvent): string => `${pid} ${tid}`;
  const mains = events.filter(({ name, args }) => name === "thread_name" && args?.name === "CrRendererMain");
  const threads = new Set(mains.map(thread));
  const tasks = events.filter((event) => /(^|::)RunTask$/.test(event.name) && threads.has(thread(event)));
  return tasks.map(({ tdur = 0 }) => tdur / 1000).sort((a, b) => b - a);
}
