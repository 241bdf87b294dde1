/** How far the work on a photograph is: one fraction, in which each stage has the share of its time. */
import type { ColorizeStage } from "../colorizer/stage-clock";
import type { LoadProgress } from "../weights/model/progress";
import { textOf, type ColorizeTexts } from "./texts";

export type ProgressStage = "download" | "compile" | ColorizeStage;

/** Detail of the `progress` event. */
export interface ColorizeProgress {
  readonly stage: ProgressStage;
  /** 0 to 1 of the expected time until `load`. It never falls while one photograph is coloured. */
  readonly fraction: number;
  /** Bytes of the model's files; both are 0 where the model was loaded earlier, `total` also while it is unknown. */
  readonly loaded: number;
  readonly total: number;
  /** Whether all bytes so far came from this device, where an earlier visit stored them. */
  readonly fromCache: boolean;
}

/** Milliseconds by stage; `cached` is the download from this device. */
type Times = Record<ProgressStage | "cached", number>;

/**
 * What is expected before this page has measured anything: 61 MB at 50 Mbit/s, and for colouring the times of llvmpipe on two processor
 * cores (inception-table, 451x300).
 */
const FIRST: Times = {
  download: 10_000,
  cached: 500,
  compile: 1500,
  prepare: 40,
  luminance: 140,
  embedding: 230,
  chroma: 630,
  recombine: 60,
};

const COLORIZE: readonly ColorizeStage[] = ["prepare", "luminance", "embedding", "chroma", "recombine"];

/** What this page measured, by model. */
const measured = new Map<string, Times>();

/** The progress of colouring one photograph. */
export class JobProgress {
  readonly #report: (progress: ColorizeProgress) => void;
  /** Of this model, shared by its jobs. */
  readonly #times: Times;
  #stage: ProgressStage | undefined;
  #since = performance.now();
  /** The stages to come before `load`; a model that was loaded earlier needs neither download nor compilation. */
  #plan: readonly ProgressStage[] = COLORIZE;
  #now: ColorizeProgress = { stage: "download", fraction: 0, loaded: 0, total: 0, fromCache: false };

  constructor(model: string, report: (progress: ColorizeProgress) => void) {
    this.#report = report;
    this.#times = measured.get(model) ?? { ...FIRST };
    measured.set(model, this.#times);
  }

  load({ stage, loaded, total, fromCache }: LoadProgress): void {
    const before = stage === "compile" && loaded === total && this.#stage === undefined;
    if (before) return;
    this.#plan = ["download", "compile", ...COLORIZE];
    const bytes = stage === "download" ? { loaded, total } : {};
    this.#enter(stage, total > 0 ? loaded / total : 0, { ...bytes, fromCache });
  }

  colorize(stage: ColorizeStage): void {
    this.#enter(stage, 0);
  }

  /** Reports the whole as done. */
  end(): void {
    this.#measure();
    this.#now = { ...this.#now, fraction: 1 };
    this.#report(this.#now);
  }

  /** Reports that `part` (0 to 1) of a stage is done. */
  #enter(stage: ProgressStage, part: number, facts: Partial<ColorizeProgress> = {}): void {
    if (stage !== this.#stage) this.#measure();
    this.#stage = stage;
    const next = { ...this.#now, ...facts, stage };
    const time = (one: ProgressStage): number => this.#times[one === "download" && next.fromCache ? "cached" : one];
    const sum = (stages: readonly ProgressStage[]): number => stages.reduce((all, one) => all + time(one), 0);
    const done = sum(this.#plan.slice(0, this.#plan.indexOf(stage))) + part * time(stage);
    this.#now = { ...next, fraction: Math.max(this.#now.fraction, done / sum(this.#plan)) };
    this.#report(this.#now);
  }

  /** Keeps the time of the stage that ends. */
  #measure(): void {
    const now = performance.now();
    if (this.#stage) {
      const cached = this.#stage === "download" && this.#now.fromCache;
      this.#times[cached ? "cached" : this.#stage] = now - this.#since;
    }
    this.#since = now;
  }
}

/** "Downloading the model: 5 of 61 MB". */
export function progressText(texts: ColorizeTexts, { stage, loaded, total, fromCache }: ColorizeProgress): string {
  if (stage === "compile") return textOf(texts, "compile");
  if (stage !== "download") return textOf(texts, "colorize");
  if (total === 0) return textOf(texts, "loading");
  if (fromCache) return textOf(texts, "cached");
  const megabytes = (bytes: number): string => (bytes / 1e6).toFixed(0);
  return textOf(texts, "download", { loaded: megabytes(loaded), total: megabytes(total) });
}
