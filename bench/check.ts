/** Compares measured ratios with a committed baseline, and fails those that dropped by more than noise. */
import type { Ratio } from "./ratios";
import { softwareDriverName } from "./steps/adapter";

/** The content of bench/results/quick-baseline.json: ratios by adapter, then by key. */
export interface Baseline {
  readonly adapters: Readonly<
    Record<string, Readonly<Record<string, { readonly ratio: number; readonly noise: number }>>>
  >;
}

export interface Verdict {
  readonly key: string;
  readonly now: number | undefined;
  readonly before: number;
  /** The lowest ratio that passes. */
  readonly least: number;
  readonly passed: boolean;
}

/** Drops below this share are never reported, because machines differ. */
const SMALLEST_FALL = 0.2;
/** Drops above this share are always reported, whatever the noise. */
const LARGEST_FALL = 0.5;
/** Allowed drop in standard errors: with normally distributed noise, one run in three million exceeds it. */
const SIGMAS = 5;

/** The lowest ratio that passes against `before`, given the noise of both measurements. */
export function leastRatio(before: { ratio: number; noise: number }, noiseNow: number): number {
  const fall = 1 - Math.exp(-SIGMAS * Math.hypot(before.noise, noiseNow));
  return before.ratio * (1 - Math.min(LARGEST_FALL, Math.max(SMALLEST_FALL, fall)));
}

/**
 * Returns a verdict for every ratio of this adapter in the baseline; ratios that this run did not measure fail. Undefined when
 * the baseline lacks the adapter.
 */
export function check(baseline: Baseline, adapter: string, ratios: readonly Ratio[]): Verdict[] | undefined {
  const known = baseline.adapters[driverName(adapter)];
  if (!known) return undefined;
  return Object.entries(known).map(([key, before]): Verdict => {
    const found = ratios.find((ratio) => ratio.key === key);
    const least = leastRatio(before, found?.noise ?? 0);
    return { key, now: found?.ratio, before: before.ratio, least, passed: found !== undefined && found.ratio >= least };
  });
}

/** Returns the baseline with the adapter's ratios replaced. */
export function updated(baseline: Baseline, adapter: string, ratios: readonly Ratio[]): Baseline {
  const round = (value: number): number => Number(value.toPrecision(3));
  const entries = ratios.map(({ key, ratio, noise }) => [key, { ratio: round(ratio), noise: round(noise) }]);
  return { adapters: { ...baseline.adapters, [driverName(adapter)]: Object.fromEntries(entries) } };
}

/** A software driver's name without the parts that depend on processor and version. */
export function driverName(adapter: string): string {
  return softwareDriverName(adapter)?.toLowerCase() ?? adapter;
}
