/** Compares long float arrays fast and says where and by how much they differ. */

export interface Tolerance {
  /** Largest allowed |actual - expected|. */
  readonly abs?: number;
  /** Allowed difference relative to the expected array's range (max - min). */
  readonly range?: number;
}

export function maxError(
  actual: ArrayLike<number>,
  expected: ArrayLike<number>,
): { index: number; error: number; range: number } {
  let index = 0;
  let error = -1;
  let low = Infinity;
  let high = -Infinity;
  for (let i = 0; i < expected.length; i++) {
    const e = expected[i]!;
    const a = actual[i]!;
    const d = Object.is(a, e) || a === e ? 0 : Math.abs(a - e);
    if (!(d <= error)) {
      error = Number.isNaN(d) ? Infinity : d;
      index = i;
      if (error === Infinity) return { index, error, range: 1 };
    }
    // One infinite value would allow any error beside it.
    if (Number.isFinite(e)) {
      low = Math.min(low, e);
      high = Math.max(high, e);
    }
  }
  return { index, error, range: Math.max(0, high - low) };
}

export function expectClose(
  actual: ArrayLike<number>,
  expected: ArrayLike<number>,
  tolerance: Tolerance,
  label = "values",
): void {
  if (actual.length !== expected.length)
    throw new Error(`${label}: ${actual.length} elements instead of ${expected.length}`);
  if (expected.length === 0) throw new Error(`${label}: nothing to compare`);
  const { index, error, range } = maxError(actual, expected);
  const allowed = Math.max(tolerance.abs ?? 0, (tolerance.range ?? 0) * range);
  if (!(error <= allowed))
    throw new Error(
      `${label}: at ${index} of ${expected.length}: ${actual[index]} instead of ${expected[index]}, off by ${error}; allowed ${allowed}`,
    );
}
