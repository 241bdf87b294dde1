/** From figures of single photographs to those of sets. */
import type { Scores } from "./metrics";

/** One photograph that every method coloured. */
export interface Row {
  readonly name: string;
  readonly set: string;
  readonly width: number;
  readonly height: number;
  /** Colourfulness of the photograph itself. */
  readonly truth: number;
  /** The photograph without colour: what every method has to beat. */
  readonly grey: Scores;
  /** By method. */
  readonly methods: Readonly<Record<string, Scores>>;
  /** By method: abSquared with the embedding of another photograph. */
  readonly shuffled?: Readonly<Record<string, number>>;
}

/** Means over the photographs of a set. */
export interface MeanScores {
  readonly psnr: number;
  readonly ssim: number;
  /** Mean over photographs of the root of abSquared. */
  readonly abRmse: number;
  /** Root of the mean of abSquared over photographs. */
  readonly abRmsePooled: number;
  readonly ciede2000: number;
  readonly colourfulness: number;
  /** colourfulness minus the photographs'. */
  readonly colourfulnessDifference: number;
}

export interface MethodSummary extends MeanScores {
  /** colourfulness over the photographs'; 0 to 1 and above. */
  readonly colourfulnessRatio: number;
  /** 1 - abRmse / grey's. */
  readonly abRmseBelowGrey: number;
  readonly abRmsePooledBelowGrey: number;
  readonly psnrAboveGrey: number;
  /** ab-RMSE with embeddings of other photographs, where that was measured. */
  readonly shuffled?: Pick<MeanScores, "abRmse" | "abRmsePooled">;
}

export interface SetSummary {
  readonly photographs: number;
  readonly truthColourfulness: number;
  readonly grey: MeanScores;
  readonly methods: Readonly<Record<string, MethodSummary>>;
}

function mean(values: readonly number[]): number {
  return values.reduce((a, b) => a + b, 0) / values.length;
}

function abRmse(squares: readonly number[]): Pick<MeanScores, "abRmse" | "abRmsePooled"> {
  return { abRmse: mean(squares.map(Math.sqrt)), abRmsePooled: Math.sqrt(mean(squares)) };
}

function meanScores(scores: readonly Scores[], truth: number): MeanScores {
  const colourfulness = mean(scores.map((s) => s.colourfulness));
  return {
    psnr: mean(scores.map((s) => s.psnr)),
    ssim: mean(scores.map((s) => s.ssim)),
    ...abRmse(scores.map((s) => s.abSquared)),
    ciede2000: mean(scores.map((s) => s.ciede2000)),
    colourfulness,
    colourfulnessDifference: colourfulness - truth,
  };
}

function summariseSet(rows: readonly Row[]): SetSummary {
  const truth = mean(rows.map((row) => row.truth));
  const grey = meanScores(
    rows.map((row) => row.grey),
    truth,
  );
  const methods = Object.keys(rows[0]!.methods).map((name): [string, MethodSummary] => {
    const ours = meanScores(
      rows.map((row) => row.methods[name]!),
      truth,
    );
    const shuffled = rows.map((row) => row.shuffled?.[name]).filter((square) => square !== undefined);
    const summary = {
      ...ours,
      colourfulnessRatio: ours.colourfulness / truth,
      abRmseBelowGrey: 1 - ours.abRmse / grey.abRmse,
      abRmsePooledBelowGrey: 1 - ours.abRmsePooled / grey.abRmsePooled,
      psnrAboveGrey: ours.psnr - grey.psnr,
    };
    return [name, shuffled.length === rows.length ? { ...summary, shuffled: abRmse(shuffled) } : summary];
  });
  return { photographs: rows.length, truthColourfulness: truth, grey, methods: Object.fromEntries(methods) };
}

/** By set, "all" first; the sets apart where there are several. */
export function summarise(rows: readonly Row[]): Record<string, SetSummary> {
  const sets = [...new Set(rows.map(({ set }) => set))];
  const apart = sets.length > 1 ? sets : [];
  const ofSet = (set: string): SetSummary => summariseSet(rows.filter((row) => row.set === set));
  return Object.fromEntries([["all", summariseSet(rows)], ...apart.map((set) => [set, ofSet(set)] as const)]);
}

/** What photographs can be ordered by; higher is better. */
export const RANKS = {
  gain: (row: Row, method: string): number => Math.sqrt(row.grey.abSquared) - Math.sqrt(row.methods[method]!.abSquared),
  "ab-rmse": (row: Row, method: string): number => -row.methods[method]!.abSquared,
  psnr: (row: Row, method: string): number => row.methods[method]!.psnr,
  ssim: (row: Row, method: string): number => row.methods[method]!.ssim,
  ciede2000: (row: Row, method: string): number => -row.methods[method]!.ciede2000,
} as const;
export type Rank = keyof typeof RANKS;

/** All photographs, worst first. */
export function ranked<T extends Row>(rows: readonly T[], method: string, rank: Rank): T[] {
  return [...rows].sort((a, b) => RANKS[rank](a, method) - RANKS[rank](b, method));
}
