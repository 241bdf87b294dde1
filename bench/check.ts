/** Whether ratios have fallen against a committed result by more than noise. */
import type { Ratio } from "./ratios";

/** Committed in bench/results/quick-baseline.json: ratios by adapter, then by key. */
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

/** Falls below this share are never reported: machines differ. */
const SMALLEST_FALL = 0.2;
/** Above it nothing is left of the check, whatever the noise was. */
const LARGEST_FALL = 0.5;
/** Standard errors that a ratio may fall: by chance it does so in one run of three million, were noise normal. */
const SIGMAS = 5;

/** The lowest ratio that is still the same as `before`, given the noise of both measurements. */
export function leastRatio(before: { ratio: number; noise: number }, noiseNow: number): number {
  const fall = 1 - Math.exp(-SIGMAS * Math.hypot(before.noise, noiseNow));
  return before.ratio * (1 - Math.min(LARGEST_FALL, Math.max(SMALLEST_FALL, fall)));
}

/**
 * One verdict for every ratio of this adapter in the baseline; one that was not measured now has failed. Undefined when
 * the baseline does not know the adapter.
 */
export function check(baseline: Baseline, adapter: string, ratios: readonly Ratio[]): Verdict[] | undefined {
  const known = baseline.adapters[adapterClass(adapter)];
  if (!known) return undefined;
  return Object.entries(known).map(([key, before]): Verdict => {
    const found = ratios.find((ratio) => ratio.key === key);
    const least = leastRatio(before, found?.noise ?? 0);
    return { key, now: found?.ratio, before: before.ratio, least, passed: found !== undefined && found.ratio >= least };
  });
}

/** The baseline with these ratios as what is to be held on their adapter. */
export function updated(baseline: Baseline, adapter: string, ratios: readonly Ratio[]): Baseline {
  const round = (value: number): number => Number(value.toPrecision(3));
  const entries = ratios.map(({ key, ratio, noise }) => [key, { ratio: round(ratio), noise: round(noise) }]);
  return { adapters: { ...baseline.adapters, [adapterClass(adapter)]: Object.fromEntries(entries) } };
}

/** A software driver's name without what varies with the processor or the version. */
export function adapterClass(adapter: string): string {
  return /swiftshader|llvmpipe/i.exec(adapter)?.[0].toLowerCase() ?? adapter;
}
