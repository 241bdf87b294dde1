/** Times stages one after the other, and stops between them when aborted. */
import type { ColorizeTimings } from "./result";

export type ColorizeStage = "prepare" | "luminance" | "embedding" | "chroma" | "recombine";

export class StageClock {
  readonly #start: number;
  readonly signal: AbortSignal | undefined;
  readonly #onStage: ((stage: ColorizeStage) => void) | undefined;
  readonly #times: Record<ColorizeStage, number> = { prepare: 0, luminance: 0, embedding: 0, chroma: 0, recombine: 0 };
  #stage: ColorizeStage = "prepare";
  #since: number;

  /** Starts in stage "prepare". */
  constructor(signal: AbortSignal | undefined, onStage?: (stage: ColorizeStage) => void) {
    this.#start = this.#since = performance.now();
    this.signal = signal;
    this.#onStage = onStage;
    onStage?.("prepare");
  }

  /** Ends the current stage and starts another. Throws the signal's reason when aborted. */
  next(stage: ColorizeStage): void {
    this.#lap();
    this.signal?.throwIfAborted();
    this.#stage = stage;
    this.#onStage?.(stage);
  }

  #lap(): void {
    const now = performance.now();
    this.#times[this.#stage] += now - this.#since;
    this.#since = now;
  }

  /** Ends the last stage. */
  end(): ColorizeTimings {
    this.#lap();
    return { ...this.#times, total: this.#since - this.#start };
  }
}
