/** Statistics of repeated measurements. */

/** Milliseconds of repeats: the median, the quartiles, and the number of repeats. */
export interface Spread {
  readonly median: number;
  readonly low: number;
  readonly high: number;
  readonly repeats: number;
}

/** The value below which a share of the sorted values lies, interpolated between neighbours. `share`: 0 to 1. */
function quantile(sorted: readonly number[], share: number): number {
  const at = share * (sorted.length - 1);
  const below = Math.floor(at);
  const above = Math.min(below + 1, sorted.length - 1);
  return sorted[below]! + (at - below) * (sorted[above]! - sorted[below]!);
}

export function median(values: readonly number[]): number {
  if (values.length === 0) return NaN;
  return quantile(
    [...values].sort((a, b) => a - b),
    0.5,
  );
}

export function spreadOf(values: readonly number[]): Spread | undefined {
  if (values.length === 0 || values.some((value) => !Number.isFinite(value))) return undefined;
  const sorted = [...values].sort((a, b) => a - b);
  const at = (share: number): number => quantile(sorted, share);
  return { median: at(0.5), low: at(0.25), high: at(0.75), repeats: values.length };
}

/**
 * Standard error of the median of ln(value), from the quartiles: for normal noise sigma = IQR / 1.349 and a median
 * varies by sqrt(pi / 2) sigma / sqrt(n). A share: 0.05 means that the median is known to about 5 %.
 */
export function noiseOf(values: readonly number[]): number {
  const logs = [...values].map(Math.log).sort((a, b) => a - b);
  if (logs.length < 2) return Infinity;
  const sigma = (quantile(logs, 0.75) - quantile(logs, 0.25)) / 1.349;
  return (Math.sqrt(Math.PI / 2) * sigma) / Math.sqrt(logs.length);
}
