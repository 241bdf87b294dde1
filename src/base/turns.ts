/** A lock: grants access to one caller at a time, in the order of their calls. */
export class Turns {
  #last: Promise<unknown> = Promise.resolve();

  /** Resolves with a release function once all earlier callers have released. The caller must call it, even after an error. */
  async take(): Promise<() => void> {
    const before = this.#last;
    let release!: () => void;
    this.#last = new Promise<void>((resolve) => (release = resolve));
    await before;
    return release;
  }

  /** Waits for its turn, then runs `work`; returns its result or throws its error. */
  async run<T>(work: () => Promise<T>): Promise<T> {
    const release = await this.take();
    try {
      return await work();
    } finally {
      release();
    }
  }

  /** Resolves when all earlier callers have released. */
  async ended(): Promise<void> {
    (await this.take())();
  }
}
