/** Splits long work into short stretches, so that a page stays responsive. */

/** Milliseconds of work between pauses; less than a frame. */
const STRETCH = 12;

/** Resolves after the event loop has had a turn. */
function turn(): Promise<void> {
  const { scheduler } = globalThis as { scheduler?: { yield?: () => Promise<void> } };
  if (scheduler?.yield) return scheduler.yield();
  // Timers are too slow: they wait 4 ms when nested, and a second in hidden pages.
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

/** Elements between two yields of a loop over a long list: well under a millisecond of work. A yield each costs more than most loops. */
const PART = 256;

/** Calls `visit` with each element, as a generator that yields now and then, and where a generator that `visit` returns does. */
export function* visiting<T>(
  list: readonly T[],
  visit: (element: T, index: number) => Generator<undefined, void> | void,
): Generator<undefined> {
  for (let i = 0; i < list.length; i++) {
    const work = visit(list[i]!, i);
    if (work) yield* work;
    if (i % PART === PART - 1) yield;
  }
}

/** `list.map(make)` as a generator that yields now and then. */
export function* mapping<T, U>(list: readonly T[], make: (element: T) => U): Generator<undefined, U[]> {
  const made: U[] = [];
  yield* visiting(list, (element) => void made.push(make(element)));
  return made;
}

/** Elements of arithmetic between two yields: some milliseconds of the slowest functions. */
export const PIECE = 2 ** 14;

/**
 * Calls `visit` with the bounds of one part of 0..count after another, as a generator that yields between them. `cost` is the work for
 * one index, in elements.
 */
export function* inParts(count: number, visit: (from: number, to: number) => void, cost = 1): Generator<undefined> {
  const part = Math.max(1, Math.floor(PIECE / cost));
  for (let from = 0; from < count; from += part) {
    visit(from, Math.min(count, from + part));
    yield;
  }
}

/** Runs a generator to its end without pauses; returns its return value. */
export function finish<T>(work: Generator<unknown, T>): T {
  let step = work.next();
  while (!step.done) step = work.next();
  return step.value;
}

export class Pacer {
  readonly #signal: AbortSignal | undefined;
  /** Says that work goes on. */
  readonly beat: () => void;
  #since = performance.now();

  /** Pauses throw the reason of `signal` once it is aborted. `beat` is called at each pause. */
  constructor(signal?: AbortSignal, beat: () => void = () => undefined) {
    this.#signal = signal;
    this.beat = beat;
  }

  get #due(): boolean {
    return performance.now() - this.#since >= STRETCH;
  }

  /** Call it between pieces of work. It yields to the event loop when the last yield was long enough ago. */
  async pause(): Promise<void> {
    if (this.#due) {
      await turn();
      this.beat();
      this.#since = performance.now();
    }
    this.#signal?.throwIfAborted();
  }

  /** Runs a generator to its end with pauses between its pieces; resolves with its return value. */
  async finish<T>(work: Generator<unknown, T>): Promise<T> {
    for (;;) {
      await this.pause();
      let step = work.next();
      while (!step.done && !this.#due) step = work.next();
      if (step.done) return step.value;
    }
  }
}
