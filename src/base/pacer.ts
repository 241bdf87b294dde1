/** Long work in short stretches, so that a page goes on answering. */

/** Milliseconds of work between pauses: within a frame. */
const STRETCH = 12;

/** Resolves after the event loop has had a turn. */
function turn(): Promise<void> {
  const { scheduler } = globalThis as { scheduler?: { yield?: () => Promise<void> } };
  if (scheduler?.yield) return scheduler.yield();
  // Timers would wait: 4 ms when nested, a second in pages that are not visible.
  return new Promise((resolve) => {
    const { port1, port2 } = new MessageChannel();
    port1.addEventListener("message", () => {
      port1.close();
      resolve();
    });
    port1.start();
    port2.postMessage(0);
  });
}

/** What a generator returns, its pieces done at once. */
export function finish<T>(work: Generator<unknown, T>): T {
  let step = work.next();
  while (!step.done) step = work.next();
  return step.value;
}

export class Pacer {
  #since = performance.now();

  get #due(): boolean {
    return performance.now() - this.#since >= STRETCH;
  }

  /** Call it between pieces of work: gives way when the thread has been kept for long enough. */
  async pause(): Promise<void> {
    if (!this.#due) return;
    await turn();
    this.#since = performance.now();
  }

  /** What a generator returns, with pauses between its pieces. */
  async finish<T>(work: Generator<unknown, T>): Promise<T> {
    for (;;) {
      await this.pause();
      let step = work.next();
      while (!step.done && !this.#due) step = work.next();
      if (step.done) return step.value;
    }
  }
}
