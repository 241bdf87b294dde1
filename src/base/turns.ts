/** Taking turns with something that one piece of work at a time may use. */
export class Turns {
  #last: Promise<unknown> = Promise.resolve();

  /** Resolves when everybody who asked before has called what they got. Call the result at least once, whatever happens. */
  async take(): Promise<() => void> {
    const before = this.#last;
    let release!: () => void;
    this.#last = new Promise<void>((resolve) => (release = resolve));
    await before;
    return release;
  }

  /** Does `work` when it has its turn, and returns or throws what it does. */
  async run<T>(work: () => Promise<T>): Promise<T> {
    const release = await this.take();
    try {
      return await work();
    } finally {
      release();
    }
  }

  /** Resolves when all work that was asked for before has ended. */
  async ended(): Promise<void> {
    (await this.take())();
  }
}
