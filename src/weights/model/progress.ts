/** Progress of loading a model. Networks compile while other files are still downloading. */

/** The state of loading: bytes of the model's files, or steps of compilation. */
export interface LoadProgress {
  readonly stage: "download" | "compile";
  readonly loaded: number;
  /** 0 while it is unknown. */
  readonly total: number;
  /** Whether all bytes so far come from this device's cache. */
  readonly fromCache: boolean;
}

/** Reports downloads until all files are read, and compilation after that. `loaded` never decreases, even when a file is fetched again. */
export class ProgressReport {
  readonly #report: ((progress: LoadProgress) => void) | undefined;
  #arrived = false;
  #loaded = 0;
  #fromCache = true;
  /** Of two steps: the first network is compiled; all of the model is ready. */
  #compiled = 0;

  constructor(report: ((progress: LoadProgress) => void) | undefined) {
    this.#report = report;
  }

  download({ loaded, total, fromCache }: Omit<LoadProgress, "stage">): void {
    if (this.#arrived) return;
    this.#loaded = Math.max(this.#loaded, loaded);
    this.#fromCache = fromCache;
    this.#report?.({ stage: "download", loaded: this.#loaded, total, fromCache });
    this.#arrived = total > 0 && loaded === total;
    this.#compile();
  }

  /** A network is compiled. */
  ready(): void {
    this.#compiled = Math.max(this.#compiled, 1);
    this.#compile();
  }

  /** All networks are compiled and bound for a picture. */
  complete(): void {
    this.#compiled = 2;
    this.#compile();
  }

  #compile(): void {
    if (!this.#arrived) return;
    this.#report?.({ stage: "compile", loaded: this.#compiled, total: 2, fromCache: this.#fromCache });
  }
}
