/** Progress of loading a model, whose networks are made ready while the rest still comes in. */

/** Where loading is: bytes of the model's files, or networks made ready. */
export interface LoadProgress {
  readonly stage: "download" | "compile";
  readonly loaded: number;
  /** 0 while it is not known. */
  readonly total: number;
  /** Whether all bytes so far were kept on this device by an earlier visit. */
  readonly fromCache: boolean;
}

/** Reports downloads until all is there, and only then what is ready. `loaded` never falls: a file that is fetched again counts from where it was. */
export class ProgressReport {
  readonly #report: ((progress: LoadProgress) => void) | undefined;
  #arrived = false;
  #loaded = 0;
  #fromCache = true;
  #ready = 0;

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

  /** Called three times: for each network, and when both fit a picture. */
  ready(): void {
    this.#ready++;
    this.#compile();
  }

  #compile(): void {
    if (!this.#arrived) return;
    this.#report?.({ stage: "compile", loaded: [0, 1, 1, 2][this.#ready]!, total: 2, fromCache: this.#fromCache });
  }
}
