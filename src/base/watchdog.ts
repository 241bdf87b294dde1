/** Ends waiting for a device that no longer answers. */
import { DeviceError } from "./errors";
import { checkNumber, HANG_TIMEOUT } from "./option-checks";

/** Watches work that says when it goes on. */
export class Watchdog {
  /** On a software driver, ten times as many milliseconds may pass. */
  software = false;
  readonly #where: string;
  readonly #timeout: number;
  #beats = 0;

  /** `where`: for the error. `timeout`: milliseconds without progress. Throws InputError for a wrong one. */
  constructor(where: string, timeout = 60_000) {
    this.#where = where;
    this.#timeout = checkNumber(HANG_TIMEOUT, timeout);
  }

  /** Says that work goes on. */
  readonly beat = (): void => {
    this.#beats++;
  };

  /**
   * `work`, or a DeviceError when there was no beat for too long; then calls `onHang`. Time in which this thread or the whole computer
   * stood still does not count.
   */
  async watch<T>(work: Promise<T>, onHang: () => void): Promise<T> {
    const period = Math.min(1000, this.#timeout / 4);
    let [beats, idle, last] = [this.#beats, 0, performance.now()];
    let timer: ReturnType<typeof setInterval> | undefined;
    const hang = new Promise<never>((_, reject) => {
      timer = setInterval(() => {
        const now = performance.now();
        idle = beats === this.#beats ? idle + Math.min(now - last, 2 * period) : 0;
        [beats, last] = [this.#beats, now];
        const limit = this.#timeout * (this.software ? 10 : 1);
        if (idle < limit) return;
        clearInterval(timer);
        const received = `none in ${limit / 1000} s`;
        const hint = "Use a smaller size, close other pages that use the GPU, or allow more time with hangTimeout.";
        reject(new DeviceError({ where: this.#where, expected: "progress", received, hint }));
        onHang();
      }, period);
    });
    try {
      return await Promise.race([work, hang]);
    } finally {
      clearInterval(timer);
    }
  }
}
