/** Summarises the figures of single photographs by set. */
import type { NeutralPixels, Scores } from "./metrics";

/** One photograph that every method coloured. */
export interface Row {
  readonly name: string;
  readonly set: string;
  readonly width: number;
  readonly height: number;
  /** Colourfulness of the photograph itself. */
  readonly truth: number;
  /** Scores of the photograph without colour, the baseline of every method. */
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
  /** Share of the neutral pixels of all photographs that stayed neutral, 0 to 1; absent where no photograph has any. */
  readonly neutralKept?: number;
  /** Frechet distance to the photographs, of all sets together, where that was measured: see frechet.ts. */
  readonly frechet?: number;
}

export interface MethodSummary extends MeanScores {
  /** colourfulness over the photographs'; 0 to 1 and above. */
  readonly colourfulnessRatio: number;
  /** 1 - abRmse / grey's. */
  readonly abRmseBelowGrey: number;
  readonly abRmsePooledBelowGrey: number;
  readonly psnrAboveGrey: number;
  /** Share of the photographs whose ab-RMSE is below grey's, 0 to 1. */
  readonly nearerThanGrey: number;
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
  const sum = (pick: (neutral: NeutralPixels) => number): number =>
    scores.reduce((total, { neutral }) => total + pick(neutral), 0);
  const neutral = sum(({ count }) => count);
  return {
    psnr: mean(scores.map((s) => s.psnr)),
    ssim: mean(scores.map((s) => s.ssim)),
    ...abRmse(scores.map((s) => s.abSquared)),
    ciede2000: mean(scores.map((s) => s.ciede2000)),
    colourfulness,
    colourfulnessDifference: colourfulness - truth,
    ...(neutral > 0 && { neutralKept: sum(({ kept }) => kept) / neutral }),
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
      nearerThanGrey: mean(rows.map((row) => Number(row.methods[name]!.abSquared < row.grey.abSquared))),
    };
    return [name, shuffled.length === rows.length ? { ...summary, shuffled: abRmse(shuffled) } : summary];
  });
  return { photographs: rows.length, truthColourfulness: truth, grey, methods: Object.fromEntries(methods) };
}

/** By set, "all" first; the sets apart where there are several. `frechet`: distances over all photographs, by method and for grey. */
export function summarise(
  rows: readonly Row[],
  frechet?: Readonly<Record<string, number>>,
): Record<string, SetSummary> {
  const sets = [...new Set(rows.map(({ set }) => set))];
  const apart = sets.length > 1 ? sets : [];
  const ofSet = (set: string): SetSummary => summariseSet(rows.filter((row) => row.set === set));
  const all = summariseSet(rows);
  const measured = frechet ? withFrechet(all, frechet) : all;
  return Object.fromEntries([["all", measured], ...apart.map((set) => [set, ofSet(set)] as const)]);
}

function withFrechet(set: SetSummary, frechet: Readonly<Record<string, number>>): SetSummary {
  const methods = Object.entries(set.methods).map(([name, method]) => [name, { ...method, frechet: frechet[name] }]);
  return { ...set, grey: { ...set.grey, frechet: frechet["grey"] }, methods: Object.fromEntries(methods) };
}

/** Figures by which photographs can be ordered; higher is better. */
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
