/** Progress of loading a model, whose networks are made ready while the rest still comes in. */

/** Where loading is: bytes of the model's files, or networks made ready. */
export interface LoadProgress {
  readonly stage: "download" | "compile";
  readonly loaded: number;
  /** 0 while it is not known. */
  readonly total: number;
}

/** Reports downloads until all is there, and only then what is ready. */
export class ProgressReport {
  readonly #report: ((progress: LoadProgress) => void) | undefined;
  #arrived = false;
  #ready = 0;

  constructor(report: ((progress: LoadProgress) => void) | undefined) {
    this.#report = report;
  }

  download(loaded: number, total: number): void {
    if (this.#arrived) return;
    this.#report?.({ stage: "download", loaded, total });
    this.#arrived = total > 0 && loaded === total;
    this.#compile();
  }

  /** Called three times: for each network, and when both fit a picture. */
  ready(): void {
    this.#ready++;
    this.#compile();
  }

  #compile(): void {
    if (this.#arrived) this.#report?.({ stage: "compile", loaded: [0, 1, 1, 2][this.#ready]!, total: 2 });
  }
}
